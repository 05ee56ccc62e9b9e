//! What the probe says of itself when it starts.

use std::time::Duration;

use kvspec_reference::Profile;
use kvspec_reference::interface::{Failure, Result};
use kvspec_reference::profile::UnknownProfile;

use super::conversation::Conversation;
use crate::probe::{Dialect, UnknownDialect};

/// How long a host may take to start the probe: it may compile it first.
pub const START_TIMEOUT: Duration = Duration::from_secs(60);
/// After how long somebody who waits for that wants to know it.
const SLOW_START: Duration = Duration::from_secs(3);

/// The interface that the probe serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::subject) struct Greeting {
    pub(in crate::subject) profile: Profile,
    pub(super) has_atomics: bool,
    pub(super) has_cas: bool,
    pub(super) has_batch: bool,
    /// Of a generated probe, which is told functions by number.
    pub(in crate::subject) dialect: Option<Dialect>,
}

/// What the probe says of itself first; `waits` is called when that takes long.
///
/// # Errors
/// A trap when it says something else, or ends; no answer in time.
pub(in crate::subject) fn greeting(conversation: &mut Conversation, waits: &dyn Fn()) -> Result<Greeting> {
    let line = conversation.hear_patiently(SLOW_START, START_TIMEOUT, waits)?;
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["kvspec-probe", "1", profile, ..] => Ok(Greeting {
            profile: profile
                .parse()
                .map_err(|unknown: UnknownProfile| Failure::Trap(format!("its probe: {unknown}")))?,
            has_atomics: words.contains(&"atomics"),
            has_cas: words.contains(&"cas"),
            has_batch: words.contains(&"batch"),
            dialect: None,
        }),
        ["kvspec-probe", "2", dialect] => {
            let dialect: Dialect =
                dialect.parse().map_err(|unknown: UnknownDialect| Failure::Trap(format!("its probe: {unknown}")))?;
            let profile = dialect.profile();
            let (has_atomics, has_cas, has_batch) = match dialect {
                Dialect::Eventual(_) => (false, false, false),
                Dialect::Store(of) => (of.increment.is_some(), of.cas, of.get_many.is_some()),
            };
            Ok(Greeting { profile, has_atomics, has_cas, has_batch, dialect: Some(dialect) })
        }
        _ => Err(Failure::Trap(format!("it said {:?}, which is no greeting of a probe", line))),
    }
}
