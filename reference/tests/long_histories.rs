//! A million operations: the finding is right, the witness small, the memory bounded.

mod random;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use kvspec_reference::History;
use kvspec_reference::consistency::ladder::Checker;
use kvspec_reference::consistency::register::{linearizable, regular, sessions};
use kvspec_reference::consistency::{Finding, convergence, integrity, staleness};
use kvspec_reference::history::sub_history::sub_history;
use random::large::{self, Load};

const MILLION: usize = 1_000_000;
/// Sessions and keys of the long histories.
const SHAPES: [(usize, usize); 3] = [(64, 1_000), (16, 16), (64, 1)];

/// Counts the bytes in use, and the most there were.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// One test at a time: the count is of the whole process.
static ALONE: Mutex<()> = Mutex::new(());

// SAFETY: every call is passed on to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let in_use = IN_USE.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(in_use, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `check` finds, and the most bytes it held for each operation.
fn measured(history: &History, check: fn(&History) -> Finding) -> (Finding, usize) {
    let before = IN_USE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let finding = check(history);
    (finding, (PEAK.load(Relaxed) - before) / history.records().len())
}

#[test]
fn a_million_operations_are_kept_in_60_bytes_each() {
    let _alone = ALONE.lock();
    let checks: [(&str, Checker); 7] = [
        ("linearizable", linearizable::check),
        ("regular", regular::check),
        ("integrity", integrity::check),
        ("convergent", convergence::check),
        ("last write", convergence::check_last_write),
        ("read your writes", sessions::check_read_your_writes),
        ("monotonic reads", sessions::check_monotonic_reads),
    ];
    for (sessions, keys) in SHAPES {
        let history = large::history(7, &Load::plain(MILLION, sessions, keys));
        for (name, check) in checks {
            let (finding, bytes) = measured(&history, check);
            println!("{name}, {sessions} sessions, {keys} keys: {bytes} bytes an operation, {finding:?}");
            // A register under load never pauses; that must not read as kept.
            let paused = keys > 1 || !matches!(name, "convergent" | "last write");
            let expected = if paused { finding == Finding::Kept } else { matches!(finding, Finding::NotExercised(_)) };
            assert!(expected, "{name}: {finding:?}");
            assert!(bytes < 60, "{name}: {bytes} bytes an operation");
        }
    }
}

#[test]
fn one_stale_read_among_a_million_is_named() {
    let _alone = ALONE.lock();
    for (sessions, keys) in SHAPES {
        for load in [Load::plain(MILLION, sessions, keys), Load::with_deletes(MILLION, sessions, keys)] {
            let mut history = large::history(8, &load);
            let stale = large::make_one_read_stale(&mut history);
            let Finding::Broken(witness) = linearizable::check(&history) else { panic!("the stale read is missed") };
            println!("{sessions} sessions, {keys} keys: {:#?}", witness.because);
            assert!(witness.operations.contains(&stale), "{:?} is without {stale}", witness.operations);
            assert!(witness.operations.len() <= 8, "{} operations", witness.operations.len());
            let part = sub_history(&history, &witness.operations);
            assert!(matches!(linearizable::check(&part), Finding::Broken(_)), "{}", random::text(&part));
            assert!(matches!(regular::check(&history), Finding::Broken(w) if w.operations.contains(&stale)));
            let staleness = staleness::measure(&history);
            assert!(staleness.versions.max >= 2, "the stale read is two versions behind: {staleness:?}");
        }
    }
}

/// Values that repeat leave the zones; the search still ends where few operations overlap.
#[test]
fn repeated_values_are_judged_too() {
    let _alone = ALONE.lock();
    let load = Load { value_pool: 3, ..Load::with_exists(100_000, 8, 64) };
    let history = large::history(9, &load);
    assert_eq!(linearizable::check(&history), Finding::Kept);
}
