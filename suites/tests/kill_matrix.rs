//! The suite against its mutants, and against correct stores that look broken.

use kvspec_suites::{cases, kill_matrix};

#[test]
fn no_unusual_store_is_failed() {
    let matrix = kill_matrix::run(0..3, &cases::all());
    let alarms = matrix.false_alarms();
    assert!(alarms.is_empty(), "{} false alarms\n{}", alarms.len(), alarms.join("\n"));
    assert!(matrix.unusual.iter().all(|row| row.passed > 0), "{}", matrix.unusual_text());
}
