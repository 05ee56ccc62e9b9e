//! `kvspec judge` on recordings of others, and what it says of where in a file things are.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use kvspec::report::Exit;
use kvspec::report::diagram::Charset;
use kvspec::report::human::Palette;
use kvspec_cli::format::Format;
use kvspec_cli::judge_command::{Options, run};
use kvspec_reference::consistency::Level;
use kvspec_reference::consistency::budget::DEFAULT_STEPS;

static STOP: AtomicBool = AtomicBool::new(false);

fn options(file: &Path) -> Options {
    Options {
        html: None,
        file: file.to_owned(),
        require: None,
        initial: None,
        proof: None,
        levels: None,
        steps: DEFAULT_STEPS,
        when_read: || (),
        stop: &STOP,
        convergence: None,
        format: Format::Human,
        palette: Palette::PLAIN,
        width: 80,
        charset: Charset::Boxes,
    }
}

fn judge(options: &Options) -> (Exit, String) {
    let (mut out, mut complaints) = (Vec::new(), Vec::new());
    let exit = run(options, &mut out, &mut complaints).unwrap();
    (exit, String::from_utf8([out, complaints].concat()).unwrap())
}

/// Writes a recording into a folder.
fn recording(folder: &tempfile::TempDir, text: &str) -> std::path::PathBuf {
    let file = folder.path().join("recording");
    std::fs::write(&file, text).unwrap();
    file
}

const BEGINS_AT_ZERO: &str = "{:process 0, :type :invoke, :f :read, :value nil}
{:process 0, :type :ok, :f :read, :value 0}
{:process 0, :type :invoke, :f :write, :value 180}
{:process 0, :type :ok, :f :write, :value 180}
{:process 0, :type :invoke, :f :read, :value nil}
{:process 0, :type :ok, :f :read, :value 180}
";

#[test]
fn what_registers_begin_with_can_be_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = recording(&folder, BEGINS_AT_ZERO);
    let require = Some(Level::Linearizable);
    let (exit, text) = judge(&Options { require, ..options(&file) });
    assert_eq!(exit, Exit::NotConformant, "{text}");
    // What is printed of a value is not its bytes, so 0 is no part of 180.
    assert!(text.contains("KVE-INT-01") && !text.contains("part"), "{text}");
    assert!(text.contains("--initial"), "{text}");
    let begun = |initial: &str| Options { require, initial: Some(initial.into()), ..options(&file) };
    let (exit, text) = judge(&begun("0"));
    assert_eq!(exit, Exit::Conformant, "{text}");
    let (exit, text) = judge(&begun("1"));
    assert!(exit == Exit::NotConformant && text.contains("expected  \"1\""), "{text}");
    let model = format!("#knossos.model.CASRegister{{:value 0}}\n{BEGINS_AT_ZERO}");
    let (exit, text) = judge(&Options { require, ..options(&recording(&folder, &model)) });
    assert!(
        exit == Exit::Conformant && text.contains("note: the recording says that registers begin with 0"),
        "{text}"
    );
}

/// A proof names the line of each operation, and is a recording that breaks the same level.
#[test]
fn a_proof_is_found_in_the_file_and_judged_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from(
        "{\"kvspec\":\"history\",\"version\":1,\"profile\":\"eventual@0.1.0\",\"clock\":\"ns\"}\n\
         {\"initial\":\"v0\",\"bucket\":\"b\",\"key\":\"k\"}\n\n",
    );
    let operation = |session: u32, what: &str, invoke: u64| {
        format!(
            "{{\"session\":{session},{what},\"bucket\":\"b\",\"key\":\"k\",\"invoke\":{invoke},\"return\":{},\"outcome\":\"ok\"}}\n",
            invoke + 5
        )
    };
    for i in 1..=20u64 {
        let time = 1_000_000 + i * 100;
        text += &operation(0, &format!("\"op\":\"set\",\"value\":\"v{i}\""), time);
        let seen = if i == 15 { 13 } else { i };
        text += &operation(1, &format!("\"op\":\"get\",\"result\":\"v{seen}\""), time + 50);
    }
    let file = recording(&folder, &text);
    for level in [Level::Linearizable, Level::MonotonicReads, Level::Sequential] {
        let proof = folder.path().join("proof.jsonl");
        let (exit, report) = judge(&Options { require: Some(level), proof: Some(proof.clone()), ..options(&file) });
        assert_eq!(exit, Exit::NotConformant, "{report}");
        // The stale read is the thirtieth operation, after a header, an initial value and an empty line.
        assert!(report.contains("#29: line 33, 1001550 to 1001555: session 1: get b/k -> \"v13\""), "{report}");
        let (exit, again) = judge(&Options { require: Some(level), ..options(&proof) });
        assert_eq!(exit, Exit::NotConformant, "{again}");
        let lines = std::fs::read_to_string(&proof).unwrap().lines().count();
        assert!(lines <= 8, "{lines} lines");
    }
    let good = recording(&folder, BEGINS_AT_ZERO);
    let nothing = Options { initial: Some("0".into()), proof: Some(folder.path().join("none")), ..options(&good) };
    let (exit, report) = judge(&nothing);
    assert!(exit == Exit::Usage && report.contains("nothing to write"), "{report}");
}

/// Writes that overlap are in no certain order, and each session may have seen its own: that is said.
#[test]
fn findings_name_the_rules_that_they_rest_on() {
    let folder = tempfile::tempdir().unwrap();
    let header = "{\"kvspec\":\"history\",\"version\":1,\"profile\":\"eventual@0.1.0\",\"clock\":\"counter\"}\n";
    let operation = |session: u32, what: &str, invoke: u64, end: u64| {
        format!(
            "{{\"session\":{session},{what},\"bucket\":\"b\",\"key\":\"k\",\"invoke\":{invoke},\"return\":{end},\"outcome\":\"ok\"}}\n"
        )
    };
    let both_ways = [
        operation(0, "\"op\":\"set\",\"value\":\"a\"", 1, 3),
        operation(1, "\"op\":\"set\",\"value\":\"b\"", 2, 4),
        operation(0, "\"op\":\"get\",\"result\":\"b\"", 5, 7),
        operation(1, "\"op\":\"get\",\"result\":\"a\"", 6, 8),
    ];
    let (_, text) = judge(&options(&recording(&folder, &format!("{header}{}", both_ways.concat()))));
    assert!(text.contains("read-your-writes     kept: certainly-older"), "{text}");
    assert!(text.contains("certainly-older: a write is older than another only where"), "{text}");
    let read = |invoke: u64| operation(0, "\"op\":\"get\",\"result\":\"v1\"", invoke, invoke + 1);
    let (_, text) = judge(&options(&recording(&folder, &format!("{header}{}{}", read(1), read(3)))));
    assert!(text.contains("causal               broken: thin-air"), "{text}");
    assert!(text.contains("monotonic-reads      not exercised"), "{text}");
    assert!(text.contains("thin-air: a read of what nothing wrote"), "{text}");
    // What is written only later is no thin air.
    let later = operation(1, "\"op\":\"set\",\"value\":\"v1\"", 8, 9);
    let (_, text) = judge(&options(&recording(&folder, &format!("{header}{}{later}", read(1)))));
    assert!(text.contains("integrity            broken\n") && !text.contains("thin-air"), "{text}");
}
