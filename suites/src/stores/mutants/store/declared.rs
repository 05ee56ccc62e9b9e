//! What the stores here declare.

use super::base::BUCKETS;
use crate::declaration::{Capabilities, Claim, Consistency, Declaration};

/// What the stores here declare: two buckets, no streams, and what the profile demands of reads.
pub fn declaration() -> Declaration {
    let buckets = BUCKETS.map(String::from).to_vec();
    Declaration {
        capabilities: Capabilities { creates_buckets: false, buckets, streaming: false, ..Default::default() },
        consistency: Consistency { claims: vec![Claim::ReadYourWrites], ..Default::default() },
        ..Default::default()
    }
}

/// As [`declaration`], of stores that open any bucket.
pub(crate) fn creating_buckets() -> Declaration {
    let mut declaration = declaration();
    declaration.capabilities.creates_buckets = true;
    declaration.capabilities.buckets.clear();
    declaration
}
