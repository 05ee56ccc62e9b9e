//! Which dialect a host offers, found by trying.

use super::dialect::{Cursor, Dialect, GetMany, Increment, VERSIONS};

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
        let whole = VERSIONS.map(Dialect::whole);
        // As a large runtime ships the second draft.
        let with_keys = Dialect { get_many: Some(GetMany::KeyWithValueOrNone), ..whole[1] };
        for dialect in [whole[0], whole[1], with_keys] {
            match links(&dialect)? {
                Ok(()) => return Ok(Ok(dialect)),
                Err(refusal) => refusals.push((dialect, refusal)),
            }
        }
        let published = VERSIONS.map(Dialect::store);
        let others = published.map(|dialect| Dialect { cursor: dialect.cursor.other(), ..dialect });
        for dialect in published.into_iter().chain(others) {
            match links(&dialect)? {
                Ok(()) => return dialect.with_what_links(|dialect| Ok(links(dialect)?.is_ok())).map(Ok),
                Err(refusal) => refusals.push((dialect, refusal)),
            }
        }
        Ok(Err(refusals))
    }

    /// This dialect, of which `store` links, with every other interface that links, too.
    fn with_what_links<E>(self, mut links: impl FnMut(&Dialect) -> Result<bool, E>) -> Result<Dialect, E> {
        let mut first_of = |candidates: &[Dialect]| {
            for dialect in candidates {
                if links(dialect)? {
                    return Ok(Some(*dialect));
                }
            }
            Ok(None)
        };
        let mut found = self;
        let increments = Increment::ALL.map(|increment| Dialect { increment: Some(increment), ..self });
        if let Some(with_increment) = first_of(&increments)? {
            found = first_of(&[Dialect { cas: true, ..with_increment }])?.unwrap_or(with_increment);
        }
        let batches = GetMany::ALL.map(|answer| Dialect { get_many: Some(answer), ..found });
        Ok(first_of(&batches)?.unwrap_or(found))
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

    /// A host of this dialect: it links what asks for no more, and for nothing else.
    fn search(host: Dialect) -> (Result<Dialect, usize>, usize) {
        let mut tries = 0;
        let found = Dialect::search(|dialect| {
            tries += 1;
            let fits = dialect.version == host.version
                && dialect.cursor == host.cursor
                && (dialect.increment.is_none() || dialect.increment == host.increment)
                && (!dialect.cas || host.cas)
                && (dialect.get_many.is_none() || dialect.get_many == host.get_many);
            Ok::<_, ()>(if fits { Ok(()) } else { Err(()) })
        });
        (found.unwrap().map_err(|refusals| refusals.len()), tries)
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
                        let host = Dialect { cursor, increment, cas, get_many, ..Dialect::store(version) };
                        assert_eq!(search(host).0, Ok(host));
                    }
                }
            }
        }
        assert_eq!(search(Dialect::whole(VERSIONS[0])), (Ok(Dialect::whole(VERSIONS[0])), 1));
    }

    #[test]
    fn a_host_that_offers_nothing_is_asked_seven_times_and_one_that_does_not_start_once() {
        assert_eq!(search(Dialect { version: "0.3.0", ..Dialect::store(VERSIONS[0]) }), (Err(7), 7));
        let mut tries = 0;
        let ended = Dialect::search(|_| {
            tries += 1;
            Err::<Result<(), ()>, _>("it does not start")
        });
        assert_eq!((ended.unwrap_err(), tries), ("it does not start", 1));
    }
}
