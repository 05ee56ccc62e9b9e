//! From a saved input of a target to a small workload.

use kvspec_fuzz::{canary, inputs, store_single_session};
use kvspec_reference::InMemory;
use kvspec_reference::interface::{Bucket, Implementation, Result, Subject, fresh};
use kvspec_reference::workload::{Call, Step};
use kvspec_suites::workloads::property::Regression;

/// The first of some inputs that shows something wrong.
fn first_kept(subject: &dyn Subject) -> Regression {
    let store = store_single_session::store(subject);
    inputs::noise(2, 2_000).find_map(|input| store.regression(&input).ok()).expect("an input shows it")
}

/// A store that panics on each deletion, or as it starts.
#[derive(Default)]
struct Panicking(InMemory);

struct PanicsOnDeletion(Box<dyn Bucket>);

impl Implementation for Panicking {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        Ok(Box::new(PanicsOnDeletion(self.0.open(name)?)))
    }
}

impl Bucket for PanicsOnDeletion {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.0.get(key)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.0.set(key, value)
    }

    fn delete(&self, _key: &str) -> Result<()> {
        panic!("nothing can be deleted")
    }

    fn exists(&self, key: &str) -> Result<bool> {
        self.0.exists(key)
    }
}

#[test]
fn a_wrong_answer_is_kept() {
    let kept = first_kept(&fresh(|_| canary::ShortensLongValues::default()));
    assert!(kept.requirement == "KVE-INT-03" && kept.file.workload.steps.len() <= 3, "{kept}");
}

#[test]
fn a_panic_of_the_store_is_kept() {
    let kept = first_kept(&fresh(|_| Panicking::default()));
    let steps = &kept.file.workload.steps;
    assert_eq!(kept.requirement, "KVE-ERR-01", "{kept}");
    assert!(matches!(&steps[..], [Step::Call { call: Call::Delete { .. }, .. }]), "{kept}");
}

#[test]
fn a_panic_as_the_store_starts_is_kept() {
    let kept = first_kept(&fresh(|_| -> Panicking { panic!("it cannot start") }));
    assert_eq!(kept.requirement, "KVE-ERR-01", "{kept}");
}
