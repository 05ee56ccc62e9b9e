//! Which requirement an anomaly names: that of the call or the state which is wrong, and not whatever the
//! case was about.

use kvspec_reference::RequirementId::{self, *};
use kvspec_reference::interface::Subject;
use kvspec_reference::workload::recorder::ManualClock;

use crate::case::{Verdict, run_case};
use crate::cases;
use crate::stores::mutants;

/// The requirement that this case names of this mutant, and its texts.
fn told(mutant: &str, case: &str) -> (RequirementId, String) {
    let mutant = mutants::all().iter().find(|m| m.name == mutant).unwrap_or_else(|| panic!("no mutant {mutant}"));
    let name = format!("eventual::{case}");
    let case = cases::find(&name).unwrap_or_else(|| panic!("no case {name}"));
    let store = mutant.start(1).unwrap();
    let report = run_case(
        case,
        kvspec_reference::Profile::Eventual,
        &*store,
        &ManualClock::default(),
        &(mutant.declaration)(),
        1,
    );
    assert_eq!(report.verdict, Verdict::Fail, "{}: {name}", mutant.name);
    let anomaly = &report.anomalies[0];
    let text = format!("{} | {} | {}", anomaly.expected, anomaly.actual, anomaly.because.join(" | "));
    (anomaly.requirement, text)
}

fn names(mutant: &str, case: &str, requirement: RequirementId, words: &str) {
    let (named, text) = told(mutant, case);
    assert_eq!(named, requirement, "{mutant}: {case}: {text}");
    assert!(text.contains(words), "{mutant}: {case}: {text}");
}

#[test]
fn an_error_refutes_what_its_call_promises() {
    let tried = "the case set out to try KVE-CON-02";
    names("set-after-delete-is-an-error", "convergence::a_last_set_wins", KveDel03, tried);
    let tried = "the case set out to try KVE-INT-01";
    let case = "integrity::interleaved_sessions_read_what_was_set";
    names("set-after-delete-is-an-error", case, KveDel03, tried);
    let tried = "the case set out to try KVE-CON-03";
    names("first-call-after-an-idle-hour-fails", "convergence::a_converged_value_stays", KveGet01, tried);
    let case = "key_limits::an_operation_touches_its_key_alone";
    names("second-delete-is-an-error", case, KveDel02, "delete of bucket-a/m succeeds");
    names("get-of-absent-is-an-error", "convergence::a_last_delete_wins", KveGet02, "get of bucket-a/k succeeds");
    // Where the claim is that a call succeeds, it keeps the blame.
    let case = "errors::refused_calls_are_followed_by_normal_work";
    names("sixteen-errors-exhaust-the-store", case, KveErr02, "get of bucket-a/k succeeds");
}

#[test]
fn what_only_disturbs_is_blamed_for_itself() {
    let case = "incoming::a_set_after_the_get_does_not_reach_it";
    names("set-of-present-is-an-error", case, KveSet02, "set of bucket-a/k succeeds");
    names("incoming-value-reads-the-newest-data", case, KveInc03, "another session wrote to the key");
}

#[test]
fn setting_up_names_the_set_by_what_the_key_was() {
    names("set-of-absent-is-an-error", "exists::values_that_look_false_exist", KveSet01, "");
    names("set-of-present-is-ignored", "exists::values_that_look_false_exist", KveSet02, "");
    names("set-of-absent-is-an-error", "buckets::unusual_names_break_nothing", KveSet01, "");
}

#[test]
fn older_states_are_no_matter_of_integrity() {
    let case = "integrity::values_of_neighbours_never_leak";
    names("delete-does-nothing", case, KveDel01, "the case set out to try KVE-INT-03");
    names("set-of-present-is-ignored", case, KveCon02, "the case set out to try KVE-INT-03");
    names("set-of-present-is-ignored", "integrity::values_are_never_torn", KveCon02, "");
    // What was never in the key is.
    names("pages-of-a-large-overwrite-reach-others-one-by-one", "integrity::values_are_never_torn", KveInt03, "");
    let case = "integrity::interleaved_buckets_keep_their_values";
    names("buckets-are-one", case, KveInt03, "and never at this key");
}

#[test]
fn a_key_that_was_never_gone_did_not_come_back() {
    for mutant in ["delete-does-nothing", "delete-leaves-empty-value"] {
        for case in [
            "crossings::deleted_keys_stay_deleted_while_others_are_set",
            "values::equal_values_under_two_keys_are_two",
            "convergence::a_deleted_key_stays_deleted",
            "buckets::a_life_in_one_bucket_leaves_another",
        ] {
            names(mutant, case, KveDel01, "");
        }
    }
    let case = "crossings::deleted_keys_stay_deleted_while_others_are_set";
    names("deleted-keys-come-back-on-the-next-set", case, KveKey02, "only k2 was set");
    let case = "convergence::a_deleted_key_stays_deleted";
    names("deleted-key-comes-back-after-a-minute", case, KveCon03, "");
}

#[test]
fn lost_data_is_no_fault_of_opening() {
    names("dropping-a-handle-clears-the-bucket", "handles::handles_are_given_back", KveBkt03, "");
    names("seventeenth-handle-fails", "handles::hundreds_of_handles_are_open_at_once", KveBkt04, "open of");
}

#[test]
fn a_value_that_is_not_set_yet_is_from_the_future() {
    names("outgoing-value-shows-before-it-is-set", "outgoing::a_body_is_not_stored_before_set", KveInt02, "");
    let case = "outgoing::an_abandoned_stream_stores_nothing";
    names("streamed-value-that-is-dropped-unset-shows", case, KveInt01, "");
}
