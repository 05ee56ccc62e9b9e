//! Unusual stores against cases with as many seeds as wanted, on all processors.

use std::sync::atomic::{AtomicUsize, Ordering};

use kvspec_reference::Profile;
use kvspec_suites::Case;
use kvspec_suites::kill_matrix;
use kvspec_suites::stores::legal::Unusual;

/// With how many seeds each store is run: `KVSPEC_SEEDS`, else a few beside that of the matrix.
pub(crate) fn count() -> u64 {
    std::env::var("KVSPEC_SEEDS").map_or(3, |seeds| seeds.parse().expect("KVSPEC_SEEDS is a number"))
}

/// What the cases wrongly say of these stores: case, seed and report.
pub(crate) fn false_alarms(stores: &[Unusual], profile: Profile, seeds: u64, cases: &[&'static Case]) -> Vec<String> {
    assert!(seeds > 0 && !stores.is_empty() && !cases.is_empty(), "there is something to run");
    let next = AtomicUsize::new(0);
    let run_some = || {
        let mut alarms = Vec::new();
        while let Some(store) = stores.get(next.fetch_add(1, Ordering::Relaxed)) {
            let row = kill_matrix::endure(store, profile, 0..seeds, cases);
            println!("{row}");
            assert_eq!(
                row.passed + row.skipped + row.inconclusive + row.failures.len() as u64,
                seeds * cases.len() as u64,
                "{}: each case ran with each seed",
                store.name
            );
            alarms.extend(row.failures.into_iter().map(|(case, seed, text)| format!("{case} {seed}\n{text}")));
        }
        alarms
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run_some)).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("no case panics")).collect()
    })
}
