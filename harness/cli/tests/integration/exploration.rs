//! Random workloads: what they keep to where time is real, and what a broken promise comes to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use kvspec::run::exploration::{Budget, Unwatched, Watch, explore};
use kvspec::subject::native::Native;
use kvspec::{Bucket, Declaration, Failure, Implementation, Result, Subject, fresh};
use kvspec_suites::Verdict;
use kvspec_suites::workloads::property::Regression;

/// Forgets to delete. It lives in real time.
#[derive(Default, Clone)]
struct NeverDeletes(Rc<RefCell<BTreeMap<String, Vec<u8>>>>);

impl Implementation for NeverDeletes {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let _ = name;
        Ok(Box::new(self.clone()))
    }
}

impl Bucket for NeverDeletes {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.0.borrow().get(key).cloned())
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.0.borrow_mut().insert(key.into(), value.into());
        Ok(())
    }

    fn delete(&self, _key: &str) -> Result<()> {
        Ok(())
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.0.borrow().contains_key(key))
    }
}

fn bound_of(milliseconds: u64) -> Declaration {
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(milliseconds);
    declaration.capabilities.buckets = vec!["only".into()];
    declaration.capabilities.creates_buckets = false;
    declaration
}

const ALL: Budget = Budget { cases: None, time: None };

#[test]
fn shrinking_is_short_where_each_run_waits() {
    let many = Budget { cases: Some(64), time: None };
    let exploration = explore(&Native(fresh(|_| NeverDeletes::default())), &bound_of(1), 1, many, &mut Unwatched);
    let failure = exploration.search.failure.expect("a delete that does nothing is found");
    assert!((1..=60).contains(&failure.executions), "{}", failure.executions);
    assert!(failure.workload.operation_count() <= failure.found.operation_count());

    let exploration = explore(&Native(fresh(|_| NeverDeletes::default())), &bound_of(0), 1, ALL, &mut Unwatched);
    assert!(exploration.search.failure.expect("it is found").is_minimal);
}

/// Interrupts as soon as a failure is found.
#[derive(Default)]
struct Impatient {
    found: Vec<Regression>,
}

impl Watch for Impatient {
    fn is_interrupted(&mut self) -> bool {
        !self.found.is_empty()
    }

    fn found(&mut self, regression: &Regression) {
        self.found.push(regression.clone());
    }
}

#[test]
fn an_interruption_ends_the_shrinking_and_the_workload_is_known() {
    let mut watch = Impatient::default();
    let exploration = explore(&Native(fresh(|_| NeverDeletes::default())), &bound_of(0), 1, ALL, &mut watch);
    let failure = exploration.search.failure.as_ref().expect("it is found");
    assert_eq!((failure.executions, failure.is_minimal), (0, false));
    assert_eq!(watch.found, [failure.regression()]);
}

#[test]
fn a_subject_that_traps_as_it_starts_fails() {
    struct Trapping;
    impl Subject for Trapping {
        fn start(&self, _seed: u64) -> Result<Box<dyn Implementation + '_>> {
            Err(Failure::Trap("unreachable".into()))
        }
    }
    let exploration = explore(&Trapping, &bound_of(0), 1, ALL, &mut Unwatched);
    assert_eq!(exploration.verdict(), Verdict::Fail);
    let case = kvspec_suites::cases::all()[0];
    let run = kvspec::run::run_one(case, &Trapping, &bound_of(0), 1);
    assert_eq!(run.report.verdict, Verdict::Fail);
    assert_eq!(run.report.anomalies[0].requirement.as_str(), "KVE-ERR-01");
}
