//! Signals and limits of time: wherever kvspec is, it ends with the report so far.

use crate::component::{Code, LOOP};
use crate::specimen::{Running, start};

const SIGNALS: [i32; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// Sends a signal when this holds.
fn interrupt_when(running: &Running, signal: i32, holds: impl Fn(&Running) -> bool) {
    while !holds(running) {
        std::thread::yield_now();
    }
    let process = i32::try_from(running.process.id()).expect("a process has an i32");
    // SAFETY: it is a child of ours that was not waited for, so the number is its.
    assert_eq!(unsafe { libc::kill(process, signal) }, 0);
}

#[test]
fn a_get_that_would_take_an_hour() {
    let code = Code {
        fields: "(global $gets (mut i32) (i32.const 0))".into(),
        get: format!(
            "(global.set $gets (i32.add (global.get $gets) (i32.const 1))) \
             (if (i32.gt_u (global.get $gets) (i32.const 1)) (then (drop (block (result i32) {LOOP})))) {}",
            Code::default().get
        ),
        ..Code::default()
    };
    let file = code.file("get-takes-long");
    let file = file.to_str().expect("the folder has a UTF-8 name");
    for signal in SIGNALS {
        let running = start(&["run", file, "--call-timeout", "1h", "--format", "jsonl", "--filter", "eventual::get"]);
        interrupt_when(&running, signal, |running| running.output().contains("head"));
        running.end().ends(130, &["interrupted"]);
    }
}

#[test]
fn a_reset_that_would_take_an_hour() {
    let script =
        crate::scratch("reset-hour.sh", b"echo kvspec-probe 1 store@0.2.0-draft; while read -r call; do echo ok; done");
    let host = format!("sh {}", script.to_str().expect("the folder has a UTF-8 name"));
    for signal in SIGNALS {
        let running = start(&["run", "--host", &host, "--reset", "sleep 3600"]);
        interrupt_when(&running, signal, |running| running.processes().len() > 1);
        running.end().ends(130, &[]);
    }
}

#[test]
fn a_host_that_answers_after_an_hour() {
    let script = "echo kvspec-probe 1 store@0.2.0-draft; while read -r operation rest; do calls=$((calls + 1)); \
                  if [ $calls -gt 7 ]; then sleep 3600; fi; \
                  case $operation in get) echo ok - ;; exists) echo ok false ;; *) echo ok ;; esac; done";
    let script = crate::scratch("answers-late.sh", script.as_bytes());
    let host = format!("sh {}", script.to_str().expect("the folder has a UTF-8 name"));
    for signal in SIGNALS {
        let case = "eventual::keys::case_matters";
        let running = start(&["run", "--host", &host, "--call-timeout", "1h", "--filter", case, "--format", "jsonl"]);
        interrupt_when(&running, signal, |running| running.output().contains("head") && running.processes().len() > 2);
        running.end().ends(130, &["\"fail\":0", "interrupted"]);
    }
}

#[test]
fn a_host_that_does_not_greet_for_an_hour() {
    for signal in SIGNALS {
        let running = start(&["run", "--host", "sh -c 'sleep 3600; sleep 3600'"]);
        interrupt_when(&running, signal, |running| running.processes().len() > 2);
        running.end().ends(130, &[]);
    }
}

#[test]
fn a_limit_of_time_for_the_whole() {
    let file = Code { get: LOOP.into(), ..Code::default() }.file("get-loops-long");
    let file = file.to_str().expect("the folder has a UTF-8 name");
    let arguments = ["run", file, "--call-timeout", "1h", "--total-timeout", "500ms"];
    start(&arguments).end().ends(130, &["--total-timeout: 500ms have passed"]);
    let random = ["--cases", "100000000", "--total-timeout", "500ms", "--filter", "random_workloads"];
    start(&random).end().ends(130, &["ending with a report", "kvspec: interrupted"]);
}
