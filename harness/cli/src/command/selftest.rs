//! `kvspec selftest`: the suite against its mutants and its unusual stores.

use kvspec_reference::Profile;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::atomic::Ordering;

use indicatif::ProgressBar;
use kvspec_suites::cases;
use kvspec_suites::kill_matrix::{self, Matrix};

use super::{complain, interrupt, print};
use crate::report::progress::bar;
use kvspec::interruption::INTERRUPTED;
use kvspec::report::Exit;

/// Runs the mutants and the unusual stores of each profile against its cases.
pub(super) fn main(seeds: u64) -> Exit {
    interrupt::hear();
    let progress = match std::io::stderr().is_terminal() {
        true => bar(kill_matrix::store_count()),
        false => ProgressBar::hidden(),
    };
    let mut watch = |store: &'static str| {
        let goes_on = !INTERRUPTED.load(Ordering::Relaxed);
        if goes_on {
            progress.set_message(store);
            progress.inc(1);
        }
        goes_on
    };
    let matrices = [
        (Profile::Eventual, kill_matrix::run_watched(0..seeds, &cases::all(), &mut watch)),
        (Profile::StoreDraft2, kill_matrix::run_store_profile(0..seeds, &mut watch)),
    ];
    progress.finish_and_clear();
    let (mut is_sound, mut stores) = (true, 0);
    for (profile, matrix) in &matrices {
        let (survivors, misnamed, alarms) = (matrix.survivors(), matrix.misnamed(), matrix.false_alarms());
        is_sound &= survivors.is_empty() && misnamed.is_empty() && alarms.is_empty();
        stores += matrix.mutants.len() + matrix.unusual.len();
        print(&matrix_text(profile, matrix, seeds));
    }
    if stores < kill_matrix::store_count() {
        let of = kill_matrix::store_count();
        return complain(Exit::Interrupted, format_args!("interrupted after {stores} of {of} stores"));
    }
    if is_sound { Exit::Conformant } else { Exit::OwnFault }
}

fn matrix_text(profile: &Profile, matrix: &Matrix, seeds: u64) -> String {
    let mut out = format!("{profile}\n\nmutants: which requirement was named first, and by which case\n\n");
    let _ = writeln!(out, "{}\nunusual stores: all must pass\n\n{}", matrix.mutants_text(), matrix.unusual_text());
    let (survivors, misnamed, alarms) = (matrix.survivors(), matrix.misnamed(), matrix.false_alarms());
    let _ = writeln!(
        out,
        "{} mutants: {} survived, {} were killed only under a wrong name; {} unusual stores: {} false alarms \
         ({} cases, {seeds} seeds)\n",
        matrix.mutants.len(),
        survivors.len(),
        misnamed.len(),
        matrix.unusual.len(),
        alarms.len(),
        matrix.case_count,
    );
    for (title, names) in [("survived", survivors), ("wrong name", misnamed)] {
        if !names.is_empty() {
            let _ = writeln!(out, "{title}: {}", names.join(", "));
        }
    }
    for alarm in &alarms {
        let _ = writeln!(out, "false alarm: {alarm}");
    }
    out
}
