//! Which dialect a host offers, found by trying.

use super::dialect::{Dialect, GetMany, Increment, VERSIONS};

impl Dialect {
    /// The dialect of a host, found by trying: `links` says whether the probe of a dialect runs there, or
    /// why not. What is published whole is tried first, so that most hosts are asked once or twice.
    ///
    /// # Errors
    /// When not even a `store` links: what was tried, in order, with what the host said.
    pub fn search<E>(mut links: impl FnMut(&Dialect) -> Result<(), E>) -> Result<Dialect, Vec<(Dialect, E)>> {
        let mut refusals = Vec::new();
        let whole = VERSIONS.map(Dialect::whole);
        // As a large runtime ships the second draft.
        let with_keys = Dialect { get_many: Some(GetMany::KeyWithValueOrNone), ..whole[1] };
        let stores = VERSIONS.map(Dialect::store);
        for dialect in [whole[0], whole[1], with_keys] {
            match links(&dialect) {
                Ok(()) => return Ok(dialect),
                Err(refusal) => refusals.push((dialect, refusal)),
            }
        }
        for dialect in stores {
            match links(&dialect) {
                Ok(()) => return Ok(dialect.with_what_links(|dialect| links(dialect).is_ok())),
                Err(refusal) => refusals.push((dialect, refusal)),
            }
        }
        Err(refusals)
    }

    /// This dialect, of which `store` links, with every other interface that links, too.
    fn with_what_links(self, mut links: impl FnMut(&Dialect) -> bool) -> Dialect {
        let mut first_of = |candidates: &[Dialect]| candidates.iter().copied().find(|dialect| links(dialect));
        let mut found = self;
        let increments = Increment::ALL.map(|increment| Dialect { increment: Some(increment), ..self });
        if let Some(with_increment) = first_of(&increments) {
            found = first_of(&[Dialect { cas: true, ..with_increment }]).unwrap_or(with_increment);
        }
        let batches = GetMany::ALL.map(|answer| Dialect { get_many: Some(answer), ..found });
        first_of(&batches).unwrap_or(found)
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
            if fits { Ok(()) } else { Err(()) }
        });
        (found.map_err(|refusals| refusals.len()), tries)
    }

    #[test]
    fn every_host_is_found_out() {
        for (version, increment, cas) in [
            (VERSIONS[0], None, false),
            (VERSIONS[0], Some(Increment::Unsigned), false),
            (VERSIONS[0], Some(Increment::Signed), false),
            (VERSIONS[1], Some(Increment::Signed), false),
            (VERSIONS[1], Some(Increment::Signed), true),
        ] {
            for get_many in [None].into_iter().chain(GetMany::ALL.map(Some)) {
                let host = Dialect { increment, cas, get_many, ..Dialect::store(version) };
                assert_eq!(search(host).0, Ok(host));
            }
        }
        assert_eq!(search(Dialect::whole(VERSIONS[0])), (Ok(Dialect::whole(VERSIONS[0])), 1));
    }

    #[test]
    fn a_host_that_offers_none_is_asked_five_times() {
        let nothing = Dialect { cursor: super::super::Cursor::Text, ..Dialect::store(VERSIONS[0]) };
        assert_eq!(search(nothing), (Err(5), 5));
    }
}
