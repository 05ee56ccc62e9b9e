//! The requirements of `store@0.2.0`, both drafts. Where the drafts agree, the first is cited.
//!
//! What the four operations demand is the same as in `eventual@0.1.0`: those requirements keep their
//! IDs, and cite this text besides their own. Those of value resources, which it does not have, are not
//! shared, nor is the contested one on strong reads, which KVS-RYW-01 decides.

mod atomics;
mod batch;
mod cite;
mod listing;
mod reads;
mod swaps;

use super::entry::Requirement;

pub(super) const GROUPS: &[&[Requirement]] =
    &[reads::REQUIREMENTS, listing::REQUIREMENTS, atomics::REQUIREMENTS, swaps::REQUIREMENTS, batch::REQUIREMENTS];
