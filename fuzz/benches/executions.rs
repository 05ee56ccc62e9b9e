//! Executions a second, one table:
//! `cargo bench -p kvspec-fuzz --no-default-features --bench executions`.
//!
//! All rows run the same inputs, round after round, for about as long. The bare loops are what one
//! would write by hand around the same store: they call it and judge nothing. What libFuzzer itself
//! costs comes on top of the first three rows alike.

use std::path::Path;
use std::time::{Duration, Instant};

use kvspec_component::component::Options;
use kvspec_fuzz::{bare, inputs, store_single_session};
use kvspec_fuzzing::{ComponentTarget, Prototype, Target};
use kvspec_suites::Declaration;
use kvspec_suites::workloads::generate::{Size, from_seed};
use kvspec_tests::guest;

/// How many different inputs there are.
const INPUTS: usize = 512;

/// How long a row is measured, at least; whole rounds are measured.
const MEASURED: Duration = Duration::from_secs(2);

fn main() {
    // `cargo test` runs benches, too: then nothing is measured.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("{:58} {:>12} {:>12}", "", "executions/s", "operations/s");
    let bytes: Vec<Vec<u8>> = inputs::noise(1, INPUTS).collect();
    let by_hand = row("bare loop, decoded by hand", || bytes.iter().map(|bytes| bare::by_hand(bytes)).sum());
    let bare = row("bare loop, the generator's workloads", || bytes.iter().map(|bytes| bare::run(bytes)).sum());
    let target = row("target store_single_session: recorded and judged", || {
        bytes.iter().for_each(|bytes| kvspec_fuzz::or_panic(store_single_session::run(bytes)));
        0
    });
    println!("the target against the bare loops: {:.2} of {:.2}", target / bare, target / by_hand);

    let file = guest::store("");
    for (name, prototype) in [("as it is", load(&file, false)), ("instrumented", load(&file, true))] {
        for (life, renew_after) in [("fresh", 1), ("renewed after 8", 8), ("after 32", 32), ("after 128", 128)] {
            let mut target = prototype.target(1).renewed_after(renew_after);
            row(&format!("component, {name}, {life}"), || all_workloads(&mut target));
        }
    }
}

/// Measures rounds; a round gives how many operations it made. Gives the executions a second.
fn row(name: &str, mut round: impl FnMut() -> u64) -> f64 {
    round();
    let (start, mut rounds, mut operations) = (Instant::now(), 0_u32, 0);
    while start.elapsed() < MEASURED {
        operations += round();
        rounds += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    let executions = f64::from(rounds) * INPUTS as f64 / seconds;
    let operations = if operations == 0 { String::new() } else { format!("{:.0}", operations as f64 / seconds) };
    println!("{name:58} {executions:>12.0} {operations:>12}");
    executions
}

fn all_workloads(target: &mut ComponentTarget) -> u64 {
    let size = Size { value_bytes: 1_024, ..Size::default() };
    let workloads = (0..INPUTS as u64).map(|seed| from_seed(&Declaration::default(), size, seed));
    workloads
        .map(|workload| {
            let execution = target.execute(&workload).expect("the component runs");
            assert!(execution.finds.is_empty(), "{:?}", execution.finds);
            // A search reads the counters each time.
            target.regions(&mut |regions| {
                std::hint::black_box(
                    regions.map(|(_, region)| region.iter().filter(|c| **c != 0).count()).sum::<usize>(),
                );
            });
            execution.history.records().len() as u64
        })
        .sum()
}

fn load(file: &Path, instrumented: bool) -> Prototype {
    let bytes = std::fs::read(file).expect("the guest was built");
    let load = if instrumented { Prototype::from_bytes } else { Prototype::uncounted };
    load(&bytes, Options::default(), Declaration::default()).unwrap_or_else(|error| panic!("{error}")).0
}
