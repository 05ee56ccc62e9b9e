//! A component, with feedback from inside it.
//!
//! The component is the file that the environment variable `KVSPEC_FUZZ_COMPONENT` names, or
//! `component.wasm` beside the program: engines that distribute targets start them without
//! variables. Its counters are handed to libFuzzer beside those of the host.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

use arbitrary::Unstructured;
use kvspec::fuzzing::{ComponentTarget, Prototype, Target};
use kvspec::subject::LoadError;
use kvspec::subject::component::Options;
use kvspec_suites::Declaration;
use kvspec_suites::generate::{Size, from_unstructured};

use crate::{Checked, Looked, Wrong, canary, is_canary_wanted};

/// How workloads are sized: a call into a component costs more than one into Rust.
const SIZE: Size = Size { sessions: 3, steps: 32, value_bytes: 2_000, pause: std::time::Duration::from_secs(60) };

/// How many bytes libFuzzer watches. Components with more edges share some.
const COUNTERS: usize = 1 << 17;

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

/// The component in this file as a target.
///
/// # Errors
/// When it cannot be loaded.
pub fn target(file: &Path, options: Options) -> Result<ComponentTarget, LoadError> {
    let (prototype, _) = Prototype::load(file, options, Declaration::default())?;
    Ok(prototype.target(1))
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
        let counted = regions.flat_map(|(layout, region)| {
            let (edges, comparisons) = layout.split(region);
            edges.iter().chain(comparisons)
        });
        let counters = counted.zip((0..COUNTERS).cycle());
        counters.filter(|(count, _)| **count != 0).for_each(|(count, at)| {
            EXTRA_COUNTERS[at].store(*count, Ordering::Relaxed);
        });
    });
    match execution.finds.first() {
        Some(find) => Err(Wrong(format!("{find}\n\n{workload:?}"))),
        None => Ok(Looked::Yes),
    }
}
