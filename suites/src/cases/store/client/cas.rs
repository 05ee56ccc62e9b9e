//! A compare-and-swap of a client.

use kvspec_reference::anomaly::{name_text, value_text};
use kvspec_reference::history::Kind;
use kvspec_reference::interface::{CompareAndSwap, Swap};
use kvspec_reference::workload::recorder::Recorded;

use super::handle::Client;
use super::record::state_text;
use crate::case::check::{Check, Checked};

/// How often a swap is tried that nothing stands against. A store may fail some without need, as where a
/// transaction covers more than the key; one that fails so many in a row has no swap.
const TRIES_MAX: usize = 16;

/// A compare-and-swap under way.
pub(in crate::cases::store) struct Cas<'c> {
    pub(super) inner: Box<dyn CompareAndSwap>,
    pub(super) client: &'c Client,
    pub(super) key: String,
    /// What `current` gave, once it was asked.
    pub(super) remembered: Option<Option<Vec<u8>>>,
}

impl<'c> Cas<'c> {
    /// `current` gives this state.
    pub(in crate::cases::store) fn remembers(&mut self, check: &mut Check<'_>, state: Option<&[u8]>) -> Checked<()> {
        let call = format!("current of the cas on {}", name_text(&self.key));
        let current = self.client.persist(check, &[], || Ok(self.inner.current()))?;
        let seen = self.client.told(check, &call, current, state_text)?;
        self.remembered = Some(seen.clone());
        let expected = state.map(<[u8]>::to_vec);
        check.holds(seen == expected, || (format!("{call} is {}", state_text(&expected)), state_text(&seen)))
    }

    /// `swap`: the fresh handle when it failed.
    pub(in crate::cases::store) fn swap(self, check: &mut Check<'_>, value: &[u8]) -> Checked<Option<Cas<'c>>> {
        let Self { inner, client, key, remembered } = self;
        check.needs_value_bytes(value.len())?;
        check.needs_room(&client.bucket_name, &key, value.len())?;
        let call = format!("swap {} to {}", name_text(&key), value_text(value));
        let end = |swap: &Swap| if matches!(swap, Swap::Done) { "swapped".into() } else { "failed".into() };
        check.recorder().wait_to_write(&client.bucket_name, &key);
        let invoke = check.recorder().stamp();
        let result = client.write_once(check, &key, "swap", || Ok(inner.swap(value)))?;
        // A swap that failed wrote nothing; one of an unknown state is told as the write that it is.
        if !matches!(result, Ok(Swap::Failed(_))) {
            let (kind, value) = match &remembered {
                Some(expected) if result.is_ok() => {
                    (Kind::CompareAndSwap, Recorded::Swapped { expected: expected.as_deref(), new: value })
                }
                _ => (Kind::Set, Recorded::Bytes(value)),
            };
            client.tells(check, invoke, (kind, &key), &result, value);
        }
        match client.told(check, &call, result, end)? {
            Swap::Done => {
                check.note_state(&client.bucket_name, &key, true);
                Ok(None)
            }
            Swap::Failed(inner) => Ok(Some(Cas { inner, client, key, remembered: None })),
        }
    }

    /// `swap` succeeds while nobody else writes: at once, or when it is tried again. That it failed without
    /// need is reported.
    pub(in crate::cases::store) fn swaps(mut self, check: &mut Check<'_>, value: &[u8]) -> Checked<()> {
        for tries in 1..=TRIES_MAX {
            match self.swap(check, value)? {
                None => {
                    if tries > 1 {
                        check.observe(format!(
                            "a swap succeeded only at try {tries}, though nobody else wrote to the key"
                        ));
                    }
                    return check.holds(true, Default::default);
                }
                Some(fresh) => self = fresh,
            }
        }
        check.holds(false, || {
            let seen = format!("it failed {TRIES_MAX} times, each with the handle of the failure before");
            ("the swap succeeds, since nobody else writes to the key".into(), seen)
        })
    }

    /// `swap` fails, and gives a fresh handle.
    pub(in crate::cases::store) fn swap_fails(self, check: &mut Check<'_>, value: &[u8]) -> Checked<Cas<'c>> {
        let fresh = self.swap(check, value)?;
        check.holds(fresh.is_some(), || ("the swap fails".into(), "it succeeded".into()))?;
        Ok(fresh.unwrap_or_else(|| unreachable!("a swap that did not fail was refuted")))
    }
}
