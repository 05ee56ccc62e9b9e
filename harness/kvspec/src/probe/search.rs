//! Which dialect a host offers, found by trying.

use super::dialect::{Cursor, Dialect, EventualDialect, GetMany, Increment, StoreDialect, VERSIONS};

/// The dialect that was found, or what was tried in vain, in order, each with why it does not link.
pub type Found<R> = Result<Dialect, Vec<(Dialect, R)>>;

impl Dialect {
    /// The dialect of a host, found by trying: `links` says whether the probe of a dialect runs there, or why
    /// not. What is published whole is tried first, so that most hosts are asked once or twice.
    ///
    /// # Errors
    /// That of `links`, which ends the search.
    pub fn search<R, E>(mut links: impl FnMut(&Dialect) -> Result<Result<(), R>, E>) -> Result<Found<R>, E> {
        let mut refusals = Vec::new();
        let whole = VERSIONS.map(StoreDialect::whole);
        // As a large runtime ships the second draft.
        let with_keys = StoreDialect { get_many: Some(GetMany::KeyWithValueOrNone), ..whole[1] };
        let of_eventual = EventualDialect::all().map(Dialect::from);
        for dialect in [whole[0], whole[1], with_keys].map(Dialect::from).into_iter().chain(of_eventual) {
            match links(&dialect)? {
                Ok(()) => return Ok(Ok(dialect)),
                Err(refusal) => refusals.push((dialect, refusal)),
            }
        }
        let published = VERSIONS.map(StoreDialect::store);
        let others = published.map(|dialect| StoreDialect { cursor: dialect.cursor.other(), ..dialect });
        for dialect in published.into_iter().chain(others) {
            match links(&dialect.into())? {
                Ok(()) => return dialect.with_what_links(|dialect| Ok(links(&dialect.into())?.is_ok())).map(Ok),
                Err(refusal) => refusals.push((dialect.into(), refusal)),
            }
        }
        Ok(Err(refusals))
    }
}

impl StoreDialect {
    /// This dialect, of which `store` links, with every other interface that links, too.
    fn with_what_links<E>(self, mut links: impl FnMut(Self) -> Result<bool, E>) -> Result<Dialect, E> {
        let mut first_of = |candidates: &[Self]| {
            for dialect in candidates {
                if links(*dialect)? {
                    return Ok(Some(*dialect));
                }
            }
            Ok(None)
        };
        let mut found = self;
        let increments = Increment::ALL.map(|increment| Self { increment: Some(increment), ..self });
        if let Some(with_increment) = first_of(&increments)? {
            found = first_of(&[Self { cas: true, ..with_increment }])?.unwrap_or(with_increment);
        }
        let batches = GetMany::ALL.map(|answer| Self { get_many: Some(answer), ..found });
        Ok(first_of(&batches)?.unwrap_or(found).into())
    }
}

impl Cursor {
    fn other(self) -> Cursor {
        match self {
            Cursor::Number => Cursor::Text,
            Cursor::Text => Cursor::Number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host that links what asks for no more than this, and nothing else.
    fn search(host: impl Into<Dialect>) -> (Result<Dialect, usize>, usize) {
        let (host, mut tries) = (host.into(), 0);
        let found = Dialect::search(|dialect| {
            tries += 1;
            Ok::<_, ()>(if fits(&host, dialect) { Ok(()) } else { Err(()) })
        });
        (found.unwrap().map_err(|refusals| refusals.len()), tries)
    }

    fn fits(host: &Dialect, dialect: &Dialect) -> bool {
        match (host, dialect) {
            (Dialect::Store(host), Dialect::Store(dialect)) => {
                dialect.version == host.version
                    && dialect.cursor == host.cursor
                    && (dialect.increment.is_none() || dialect.increment == host.increment)
                    && (!dialect.cas || host.cas)
                    && (dialect.get_many.is_none() || dialect.get_many == host.get_many)
            }
            _ => host == dialect,
        }
    }

    #[test]
    fn every_host_is_found_out() {
        for version in VERSIONS {
            for cursor in Cursor::ALL {
                for (increment, cas) in [
                    (None, false),
                    (Some(Increment::Unsigned), false),
                    (Some(Increment::Signed), false),
                    (Some(Increment::Signed), true),
                ] {
                    for get_many in [None].into_iter().chain(GetMany::ALL.map(Some)) {
                        let host = StoreDialect { cursor, increment, cas, get_many, ..StoreDialect::store(version) };
                        assert_eq!(search(host).0, Ok(host.into()));
                    }
                }
            }
        }
        let usual = StoreDialect::whole(VERSIONS[0]);
        assert_eq!(search(usual), (Ok(usual.into()), 1));
        for host in EventualDialect::all() {
            assert_eq!(search(host).0, Ok(host.into()));
        }
    }

    #[test]
    fn a_host_that_offers_nothing_is_asked_eleven_times_and_one_that_does_not_start_once() {
        let nothing = StoreDialect { version: "0.3.0", ..StoreDialect::store(VERSIONS[0]) };
        assert_eq!(search(nothing), (Err(11), 11));
        let mut tries = 0;
        let ended = Dialect::search(|_| {
            tries += 1;
            Err::<Result<(), ()>, _>("it does not start")
        });
        assert_eq!((ended.unwrap_err(), tries), ("it does not start", 1));
    }
}
