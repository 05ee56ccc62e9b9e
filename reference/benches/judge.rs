//! The judge beside the fastest peer on crates.io, porcupine-rs, on the same histories in one run.
//!
//! `cargo bench -p kvspec-reference --bench judge` measures everything; add a filter such as
//! `linearizable/1000000` for a part, or `tables` for the tables alone. The throughput is in operations of the history a second. At
//! the end a table gives the ratio to the peer, each measured as the fastest of a few runs; the
//! peer gets 10 s for each history.

#[path = "../tests/random/mod.rs"]
mod random;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use kvspec_reference::History;
use kvspec_reference::consistency::register::{linearizable, regular, sessions};
use kvspec_reference::consistency::{Finding, convergence, integrity, staleness};
use random::large::{self, Load};
use random::peer;

/// Operations, sessions, keys.
const SHAPES: [(usize, usize, usize); 10] = [
    (1_000, 4, 1),
    (1_000, 16, 1),
    (1_000, 64, 1),
    (10_000, 16, 16),
    (100_000, 4, 1),
    (100_000, 64, 16),
    (100_000, 64, 1_000),
    (1_000_000, 64, 1_000),
    (1_000_000, 16, 16),
    (1_000_000, 64, 1),
];

/// The long ones of them.
const MILLIONS: [(usize, usize, usize); 3] = [(1_000_000, 64, 1_000), (1_000_000, 16, 16), (1_000_000, 64, 1)];

const CHECKS: [(&str, Check); 7] = [
    ("linearizable", linearizable::check),
    ("integrity", integrity::check),
    ("convergence", convergence::check),
    ("last write", convergence::check_last_write),
    ("read your writes", sessions::check_read_your_writes),
    ("monotonic reads", sessions::check_monotonic_reads),
    ("regular", regular::check),
];

/// How often a check is repeated for one reading of the processor time, which ticks in
/// milliseconds.
const RUNS: u32 = 20;

/// How long the peer may take for one history.
const PEER_LIMIT: Duration = Duration::from_secs(10);

type Check = fn(&History) -> Finding;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .without_plots()
        .configure_from_args();
    linearizability(&mut criterion);
    other_levels(&mut criterion);
    criterion.final_summary();
    // A filter asks for a part of the measurements; `--test` only for a trial run.
    if std::env::args().skip(1).all(|argument| argument == "--bench" || argument == "tables") {
        fastest_of_each_level();
        ratios();
    }
}

/// The short table for those who do not read distributions; time on the processor, so that other
/// work on the machine disturbs it less.
fn fastest_of_each_level() {
    println!("\n{:>60} {:>12}", "million operations a CPU second", "kvspec");
    for shape @ (operations, sessions, keys) in MILLIONS {
        let plain = large::history(1, &Load::plain(operations, sessions, keys));
        let deletes = large::history(2, &Load::with_deletes(operations, sessions, keys));
        let mut runs = CHECKS.map(|(name, check)| (name, "good", check, &plain)).to_vec();
        runs.push(("linearizable", "with deletes", linearizable::check, &deletes));
        for (name, kind, check, history) in runs {
            let run = || {
                for _ in 0..RUNS {
                    assert!(!matches!(black_box(check(history)), Finding::Broken(_)), "{name} is kept");
                }
            };
            let time = (0..3).map(|_| on_cpu(run)).min().expect("there are runs") / RUNS;
            let name = format!("{name}: {}", named(kind, shape));
            println!("{name:>75} {:>12.1}", operations as f64 / time.as_secs_f64() / 1e6);
        }
    }
}

fn named(kind: &str, (operations, sessions, keys): (usize, usize, usize)) -> String {
    format!("{operations} operations, {sessions} sessions, {keys} keys, {kind}")
}

fn linearizability(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("linearizable");
    for shape @ (operations, sessions, keys) in SHAPES {
        let good = large::history(1, &Load::plain(operations, sessions, keys));
        let mut bad = good.clone();
        large::make_one_read_stale(&mut bad);
        let deletes = large::history(2, &Load::with_deletes(operations, sessions, keys));
        let exists = large::history(3, &Load::with_exists(operations.min(100_000), sessions, keys));
        let kinds = [("good", &good), ("one stale read", &bad), ("with deletes", &deletes), ("with exists", &exists)];
        for (kind, history) in kinds {
            group.throughput(Throughput::Elements(history.records().len() as u64));
            let id = BenchmarkId::from_parameter(named(kind, shape));
            group.bench_with_input(id, history, |b, history| b.iter(|| linearizable::check(black_box(history))));
        }
    }
    group.finish();
}

fn other_levels(criterion: &mut Criterion) {
    for shape @ (operations, sessions, keys) in MILLIONS {
        let history = large::history(1, &Load::plain(operations, sessions, keys));
        for (name, check) in CHECKS.into_iter().skip(1) {
            let mut group = criterion.benchmark_group(name);
            group.throughput(Throughput::Elements(operations as u64));
            group.bench_function(named("good", shape), |b| b.iter(|| check(black_box(&history))));
            group.finish();
        }
        let mut group = criterion.benchmark_group("staleness");
        group.throughput(Throughput::Elements(operations as u64));
        group.bench_function(named("good", shape), |b| b.iter(|| staleness::measure(black_box(&history))));
        group.finish();
    }
}

/// Our throughput over the peer's, history by history.
fn ratios() {
    println!("\n{:>60} {:>12} {:>12} {:>9}", "linearizable, million operations a second", "kvspec", "peer", "ratio");
    for shape @ (operations, sessions, keys) in SHAPES {
        let good = large::history(1, &Load::plain(operations, sessions, keys));
        let mut bad = good.clone();
        large::make_one_read_stale(&mut bad);
        for (kind, history) in [("good", &good), ("one stale read", &bad)] {
            let ours = fastest(7, || matches!(linearizable::check(history), Finding::Kept));
            assert_eq!(ours.1, kind == "good", "our verdict");
            let input = peer::operations(history);
            let mut answer = None;
            let theirs = fastest(1, || {
                answer = peer::is_linearizable(&input, PEER_LIMIT);
                answer.is_some()
            });
            assert!(answer.is_none_or(|linearizable| linearizable == ours.1), "the peer disagrees");
            let millions = |time: Duration| operations as f64 / time.as_secs_f64() / 1e6;
            let ratio = theirs.0.as_secs_f64() / ours.0.as_secs_f64();
            let (ours, theirs) = (millions(ours.0), millions(theirs.0));
            let name = named(kind, shape);
            match answer {
                Some(_) => println!("{name:>60} {ours:>12.1} {theirs:>12.4} {ratio:>8.0}x"),
                None => println!("{name:>60} {ours:>12.1} {:>12} >{ratio:>7.0}x", "no verdict"),
            }
        }
    }
}

/// The shortest of some runs, and the last answer.
fn fastest(runs: usize, mut run: impl FnMut() -> bool) -> (Duration, bool) {
    let mut best = (Duration::MAX, false);
    for _ in 0..runs {
        let start = Instant::now();
        let answer = black_box(run());
        best = (best.0.min(start.elapsed()), answer);
    }
    best
}

/// How long this thread was on the processor (Linux), or else how long it took.
fn on_cpu(run: impl FnOnce()) -> Duration {
    let spent_ns = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    let (start, start_ns) = (Instant::now(), spent_ns());
    run();
    match (start_ns, spent_ns()) {
        (Some(before), Some(after)) if after > before => Duration::from_nanos(after - before),
        _ => start.elapsed(),
    }
}
