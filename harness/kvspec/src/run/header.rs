//! What a report says of a run as a whole.

/// What a report says of the run as a whole.
#[derive(Debug, Clone, serde::Serialize)]
pub struct RunHeader {
    /// The profile that was tested.
    pub profile: String,
    /// The target as the user named it, or the built-in store.
    pub target: String,
    /// The seed.
    pub seed: u64,
    /// What was found by trying, where no configuration declares it; a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<String>,
}
