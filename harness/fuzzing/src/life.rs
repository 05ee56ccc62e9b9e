//! The life of one instance: it may run several workloads, one after the other.
//!
//! Starting an instance costs, most of all one of an interpreter, so an instance is used again until
//! it is renewed. What is judged is sound only if a workload finds its registers absent, as the
//! model has it. So each workload but the first of a life gets **buckets of its own**: their names
//! begin with its number, which keeps the names different from each other and from those of all
//! other workloads, and keeps confusions that join bucket and key. A component that does not create
//! buckets on opening, or declares a limit of buckets or keys, gets an instance for each workload.
//!
//! What a workload shows may then be owed to those that ran before. That is no false alarm (the
//! calls were valid and in this order), but no small workload shows it. So every find is run again
//! on a fresh instance, alone; if it does not show itself there, all that its instance went through
//! is made one workload, and that is made small ([`Life::as_one_workload`]).

use std::rc::Rc;

use kvspec_reference::Workload;
use kvspec_reference::workload::Step;
use kvspec_suites::Declaration;

use kvspec_component::component::counted::{CountedInstance, Holdings};

/// An instance, and what it went through.
pub(super) struct Life {
    pub(super) instance: Rc<CountedInstance>,
    /// The workloads it ran, with the bucket names that it saw.
    pub(super) ran: Vec<Workload>,
    /// What it held before the last of them, and what after.
    pub(super) held: (Holdings, Holdings),
    /// It broke, or showed something wrong: it is not used again.
    pub(super) is_over: bool,
}

impl Life {
    pub(super) fn of(instance: CountedInstance) -> Self {
        let held = instance.holdings();
        Self { instance: Rc::new(instance), ran: Vec::new(), held: (held.clone(), held), is_over: false }
    }

    /// All it went through as one workload. It differs from what happened in two ways: handles stay
    /// open to the end, and quiescence points read what earlier workloads named, too.
    pub(super) fn as_one_workload(&self) -> Workload {
        Workload {
            sessions: self.ran.iter().map(|workload| workload.sessions).max().unwrap_or(1),
            steps: self.ran.iter().flat_map(|workload| workload.steps.iter().cloned()).collect(),
        }
    }
}

/// Whether an instance of a component that declares this can run several workloads that know
/// nothing of each other.
pub(super) fn can_be_reused(declaration: &Declaration) -> bool {
    let (capabilities, limits) = (&declaration.capabilities, &declaration.limits);
    capabilities.creates_buckets
        && capabilities.buckets.is_empty()
        && limits.max_buckets.is_none()
        && limits.max_keys.is_none()
}

/// The workload with buckets of its own, if it is not the first of its instance (number 0).
pub(super) fn with_own_buckets(workload: &Workload, number: usize) -> Workload {
    let mut own = workload.clone();
    if number == 0 {
        return own;
    }
    for step in &mut own.steps {
        if let Step::Call { call, .. } = step {
            // Of one length and without separators.
            if let Some(bucket) = call.bucket_mut() {
                bucket.insert_str(0, &format!("r{number:08}"));
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::workload::Call;
    use kvspec_reference::workload::text;

    #[test]
    fn workloads_of_one_instance_name_different_buckets() {
        let text = "kvspec workload 1\nsessions 1\n0 set b k \"v\"\n0 get b.c k\nquiesce\n0 reopen b\n";
        let workload = text::parse(text).unwrap().workload;
        assert_eq!(with_own_buckets(&workload, 0), workload);
        let names = |number| {
            let own = with_own_buckets(&workload, number);
            own.steps.iter().filter_map(|step| Some(call(step)?.bucket()?.to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(names(12), ["r00000012b", "r00000012b.c", "r00000012b"]);
        assert!(names(1).iter().all(|name| !names(11).contains(name)));
    }

    fn call(step: &Step) -> Option<&Call> {
        if let Step::Call { call, .. } = step { Some(call) } else { None }
    }
}
