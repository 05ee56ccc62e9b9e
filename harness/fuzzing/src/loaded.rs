//! A loaded component and where its counters are.

use kvspec_component::component::ComponentSubject;
use kvspec_coverage::Region;

/// What all searches in one component share.
pub(super) struct Loaded {
    pub(super) subject: ComponentSubject,
    pub(super) regions: Vec<Region>,
}
