//! The requirements of `eventual@0.1.0`.

mod cite;
mod consistency;
mod errors;
mod operations;
mod places;
mod values;

use super::entry::Requirement;

pub(super) const GROUPS: &[&[Requirement]] = &[
    places::BUCKETS,
    operations::REQUIREMENTS,
    places::KEYS,
    values::REQUIREMENTS,
    errors::REQUIREMENTS,
    consistency::REQUIREMENTS,
];
