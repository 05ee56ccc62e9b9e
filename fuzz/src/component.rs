//! A component, with feedback from inside it.
//!
//! The component is the file that the environment variable `KVSPEC_FUZZ_COMPONENT` names, or
//! `component.wasm` beside the program: engines that distribute targets start them without
//! variables. Its counters are handed to libFuzzer beside those of the host.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

use arbitrary::Unstructured;
use kvspec::subject::LoadError;
use kvspec_component::component::Options;
use kvspec_coverage::Layout;
use kvspec_fuzzing::{ComponentTarget, Leak, Prototype, Target};
use kvspec_suites::Declaration;
use kvspec_suites::workloads::generate::{Size, from_unstructured};

use crate::{Checked, Looked, Wrong, canary, is_canary_wanted};

/// How workloads are sized: a call into a component costs more than one into Rust.
const SIZE: Size = Size { sessions: 3, steps: 32, value_bytes: 2_000, pause: std::time::Duration::from_secs(60) };

/// How many bytes libFuzzer watches. Components with more to tell share some.
const COUNTERS: usize = 1 << 17;

/// How close a comparison can come: all 64 bits agree and 1 more, or fewer; 0 is one not reached.
const CLOSENESSES: usize = 65;

/// libFuzzer finds this section by its name, reads it after each input and zeroes it.
// The attribute is unsafe because a wrong section can break a program; this one holds plain bytes
// that nothing else uses, and atomics may be written by anybody.
// Nothing here reads it: without `used`, it would be optimised away.
#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = "__libfuzzer_extra_counters"))]
static EXTRA_COUNTERS: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

thread_local! {
    static TARGET: RefCell<Option<ComponentTarget>> = const { RefCell::new(None) };
}

/// Loads the component before the first input. Where there is none, that is said, and the program
/// ends: it is no find.
pub fn load_or_exit() {
    match load() {
        Ok(loaded) => TARGET.set(Some(loaded)),
        Err(why) => {
            eprintln!("error: {why}");
            std::process::exit(2);
        }
    }
}

/// Runs the bytes against the component.
///
/// # Errors
/// What is wrong.
///
/// # Panics
/// Before [`load_or_exit`].
pub fn run(bytes: &[u8]) -> Checked {
    TARGET.with_borrow_mut(|target| check(target.as_mut().expect("it is loaded first"), bytes))
}

fn load() -> Result<ComponentTarget, String> {
    let beside = || Some(std::env::current_exe().ok()?.with_file_name("component.wasm")).filter(|file| file.exists());
    let file = std::env::var_os("KVSPEC_FUZZ_COMPONENT").map(PathBuf::from).or_else(beside);
    let file =
        file.ok_or("no component: set KVSPEC_FUZZ_COMPONENT=store.wasm, or lay component.wasm beside the program")?;
    let bug = ("KVSPEC_BUG".to_owned(), canary::COMPONENT_BUG.to_owned());
    let environment = if is_canary_wanted() { vec![bug] } else { Vec::new() };
    target(&file, Options { environment, ..Options::default() }).map_err(|error| error.to_string())
}

/// The component in this file as a target. Leaks of memory are no finds: to see one, a workload is run
/// for so long that libFuzzer takes it for a hang.
///
/// # Errors
/// When it cannot be loaded.
pub fn target(file: &Path, options: Options) -> Result<ComponentTarget, LoadError> {
    let (prototype, _) = Prototype::load(file, options, Declaration::default())?;
    Ok(prototype.target(1).ignoring(&[Leak::Memory]))
}

/// Runs the bytes against this target, and hands what they reached to libFuzzer.
///
/// # Errors
/// What is wrong.
pub fn check(target: &mut ComponentTarget, bytes: &[u8]) -> Checked {
    let mut bytes = Unstructured::new(bytes);
    let Ok(workload) = from_unstructured(&Declaration::default(), SIZE, &mut bytes) else { return Ok(Looked::No) };
    let execution = target.execute(&workload).map_err(|why| Wrong(format!("fault of kvspec: {why}")))?;
    target.regions(&mut |regions| {
        for_each_counter(regions, |at, count| {
            EXTRA_COUNTERS[at].fetch_max(count, Ordering::Relaxed);
        });
    });
    match execution.finds.first() {
        Some(find) => Err(Wrong(format!("{find}\n\n{workload:?}"))),
        None => Ok(Looked::Yes),
    }
}

/// The counters that are not zero, by their place among those of libFuzzer.
///
/// libFuzzer tells the values of a counter apart by classes: 16 to 31 are one, 32 to 127 are one. That
/// suits edges, but hides how close a comparison came. So each closeness of each comparison has a
/// counter of its own, which is 1 or 0.
fn for_each_counter(regions: &mut dyn Iterator<Item = (Layout, &[u8])>, mut visit: impl FnMut(usize, u8)) {
    let mut first = 0;
    for (layout, region) in regions {
        let (edges, comparisons) = layout.split(region);
        for (at, count) in (first..).zip(edges).filter(|(_, count)| **count != 0) {
            visit(at % COUNTERS, *count);
        }
        first += edges.len();
        for (at, closeness) in (first..).step_by(CLOSENESSES).zip(comparisons).filter(|(_, c)| **c != 0) {
            visit((at + usize::from(*closeness) - 1) % COUNTERS, 1);
        }
        first += comparisons.len() * CLOSENESSES;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Two edges and two comparisons.
    const LAYOUT: Layout = Layout { edges: 2, comparisons: 2, operand_pairs: 0, word_pairs: 0, resources: 0 };

    /// What libFuzzer tells apart: of each counter, the class of its value.
    fn features(regions: &[[u8; 4]]) -> BTreeSet<(usize, u32)> {
        let mut features = BTreeSet::new();
        let mut regions = regions.iter().map(|region| (LAYOUT, &region[..]));
        for_each_counter(&mut regions, |at, value| {
            assert!(at < COUNTERS);
            let class = match value {
                0..=3 => u32::from(value),
                4..=127 => value.ilog2() + 2 - u32::from((64..128).contains(&value)),
                128.. => 8,
            };
            features.insert((at, class));
        });
        features
    }

    #[test]
    fn each_closeness_of_each_comparison_is_a_feature_of_its_own() {
        let of = |first, second| features(&[[0, 0, first, second]]);
        assert_eq!(of(0, 0), BTreeSet::new());
        let all: Vec<_> = (1..=65).flat_map(|closeness| [of(closeness, 0), of(0, closeness)]).collect();
        assert!(all.iter().all(|features| features.len() == 1));
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 130, "{all:?}");
        assert_eq!(of(20, 40).len(), 2);
    }

    #[test]
    fn edges_and_regions_share_no_counter_while_there_are_enough() {
        let region = |at: usize| std::array::from_fn::<u8, 4, _>(|byte| u8::from(byte == at));
        let zero = [0; 4];
        let alone = (0..4).flat_map(|at| [features(&[region(at), zero]), features(&[zero, region(at)])]);
        let all: BTreeSet<_> = alone.flatten().collect();
        assert_eq!(all.len(), 8);
        assert_eq!(features(&[[7, 0, 0, 0]]).len(), 1);
        assert_ne!(features(&[[1, 0, 0, 0]]), features(&[[7, 0, 0, 0]]));
    }
}
