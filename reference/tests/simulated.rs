//! The simulated store keeps what its documentation claims.

use std::time::Duration;

use kvspec_reference::interface::{Bucket, Implementation, Subject};
use kvspec_reference::random::Random;
use kvspec_reference::stores::simulated::{Bug, Parameters, Simulated, subject};

/// A handle for each of many sessions, so that all replicas are reached.
fn handles(store: &dyn Implementation) -> Vec<Box<dyn Bucket>> {
    (0..24).map(|_| store.open("b").unwrap()).collect()
}

/// Writes a few times, lets `settle` pass, and counts the handles that do not read the last write.
fn behind(simulated: &Simulated, seed: u64, settle: Duration) -> usize {
    let store = simulated.start(seed).unwrap();
    let clock = store.clock().unwrap();
    let handles = handles(&*store);
    let mut random = Random::new(seed);
    let mut last = None;
    for i in 0..1 + random.below(6) {
        let handle = &handles[random.below(handles.len() as u64) as usize];
        last = (!random.chance(300)).then(|| i.to_string().into_bytes());
        match &last {
            Some(value) => handle.set("k", value).unwrap(),
            None => handle.delete("k").unwrap(),
        }
        clock.advance(Duration::from_micros(random.below(150_000)));
    }
    clock.advance(settle);
    handles.iter().filter(|h| h.get("k").unwrap() != last || h.exists("k").unwrap() != last.is_some()).count()
}

#[test]
fn all_replicas_hold_the_last_write_within_the_bound_and_not_much_earlier() {
    let healthy = subject(None);
    let bound = healthy.parameters.convergence_bound();
    for seed in 0..2_000 {
        assert_eq!(behind(&healthy, seed, bound), 0, "seed {seed}");
        // What settled stays, also when tombstones are forgotten.
        assert_eq!(behind(&healthy, seed, bound * 5), 0, "seed {seed}");
    }
    let stale = (0..2_000).filter(|seed| behind(&healthy, *seed, Duration::ZERO) > 0).count();
    assert!(stale > 200, "truly eventual: {stale} of 2,000 are behind at first");
    let late = (0..2_000).filter(|seed| behind(&healthy, *seed, bound / 4) > 0).count();
    assert!(late > 5, "the bound is needed: {late} of 2,000 are behind after a quarter of it");
}

#[test]
fn the_bound_holds_whatever_the_parameters() {
    let mut random = Random::new(3);
    for seed in 0..1_000 {
        let ms = |n: u64| n * 1_000_000;
        let parameters = Parameters {
            replicas: random.between(1, 6) as usize,
            delay_ns: (ms(random.between(0, 5)), ms(random.between(5, 400))),
            loss_per_mille: random.between(0, 1000),
            tries: random.between(0, 5),
            retry_ns: ms(random.between(1, 100)),
            sync_period_ns: ms(random.between(1, 200)),
            partition_max_ns: ms(random.between(0, 500)),
            partition_per_mille: random.between(0, 1000),
            skew_ns: random.between(0, ms(20)),
            wandering_per_mille: random.between(0, 1000),
            failure_per_mille: 0,
        };
        let bound = parameters.convergence_bound();
        let simulated = Simulated { parameters, bug: None };
        assert_eq!(behind(&simulated, seed, bound), 0, "seed {seed}: {simulated:?}");
    }
}

#[test]
fn long_times_pass_quickly() {
    let healthy = subject(None);
    let store = healthy.start(1).unwrap();
    let clock = store.clock().unwrap();
    let handles = handles(&*store);
    handles[0].set("k", b"v").unwrap();
    handles[1].delete("j").unwrap();
    let before = clock.now_ns();
    let century = Duration::from_secs(100 * 365 * 86_400);
    clock.advance(century);
    assert_eq!(clock.now_ns() - before, century.as_nanos() as u64);
    assert!(handles.iter().all(|h| h.get("k").unwrap().as_deref() == Some(b"v")));
}

#[test]
fn bugs_have_names() {
    for bug in Bug::ALL {
        assert_eq!(bug.name().parse(), Ok(bug));
    }
    let error = "lost".parse::<Bug>().unwrap_err().to_string();
    assert!(error.contains("\"lost\" is no bug") && error.contains("lost-tombstone"), "{error}");
}
