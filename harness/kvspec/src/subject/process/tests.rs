use super::*;

#[test]
fn what_is_missing_is_named() {
    let no_file = ProcessHost::new("host run {probe}", None).err().unwrap().to_string();
    assert!(no_file.contains("--probe-file FILE") && no_file.contains("kvspec probe"), "{no_file}");
    let absent = ProcessHost::new("host {probe}", Some(Path::new("nowhere.wasm"))).err().unwrap().to_string();
    assert!(absent.contains("nowhere.wasm") && absent.contains("no such file"), "{absent}");
    let no_program = ProcessHost::new("kvspec-no-such-program", None).err().unwrap().to_string();
    assert!(no_program.contains("kvspec-no-such-program"), "{no_program}");
}

#[cfg(unix)]
#[test]
fn a_program_that_is_no_probe_is_refused() {
    let error = ProcessHost::new("echo hello", None).err().unwrap().to_string();
    assert!(error.contains("\"hello\"") && error.contains("no greeting"), "{error}");
    let silent = ProcessHost::new("true", None).err().unwrap().to_string();
    assert!(silent.contains("ended"), "{silent}");
}

/// A host of this shell script, which begins after the greeting.
#[cfg(unix)]
fn host(script: &str) -> ProcessHost {
    let command = format!("sh -c 'echo kvspec-probe 1 store@0.2.0-draft; {script}'");
    ProcessHost::new(&command, None).unwrap()
}

/// More than a pipe holds.
#[cfg(unix)]
const LARGE: &[u8] = &[7; 1 << 20];

#[cfg(unix)]
#[test]
fn a_host_that_stops_reading_does_not_answer() {
    let host = host("read call; echo ok; exec sleep 100000").with_call_timeout(Duration::from_millis(100));
    // The first call is answered, however slow the machine is.
    let bucket = loop {
        if let Ok(bucket) = host.start(1).unwrap().open("b") {
            break bucket;
        }
    };
    for _ in 0..2 {
        let failure = bucket.set("k", LARGE).unwrap_err();
        assert!(matches!(&failure, Failure::Unanswered(why) if why.contains("within 100ms")), "{failure}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_answer_is_the_fault_of_the_host() {
    for (said, why) in [
        ("echo hello", "answered \"hello\""),
        ("printf \"\\377\\n\"", "not UTF-8"),
        ("head -c 70000000 /dev/zero", "more than 67108864 bytes"),
    ] {
        let host = host(&format!("read call; {said}; cat"));
        let failure = host.start(1).unwrap().open("b").map(drop).unwrap_err();
        assert!(matches!(&failure, Failure::Trap(text) if text.contains(why)), "{failure}");
    }
}

#[cfg(unix)]
#[test]
fn a_restart_lets_the_host_end_by_itself() {
    let file = std::env::temp_dir().join(format!("kvspec-orderly-{}", std::process::id()));
    let host = host(&format!("while read call; do echo ok; done; echo ended >> {}", file.display()));
    let running = host.start(1).unwrap();
    let bucket = running.open("b").unwrap();
    running.restart().unwrap().unwrap();
    let kept = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(kept, "ended\n");
    assert!(bucket.set("k", b"v").is_err(), "its process is gone");
}

#[cfg(unix)]
#[test]
fn who_waits_for_a_greeting_is_told() {
    let mut silent = Conversation::start(&["cat".into()], hangs(CALL_TIMEOUT)).unwrap();
    let told = std::cell::Cell::new(0);
    let heard = silent.hear_patiently(Duration::ZERO, Duration::ZERO, &|| told.set(told.get() + 1));
    assert!(matches!(heard, Err(Failure::Unanswered(_))), "{heard:?}");
    assert_eq!(told.get(), 1);
}

#[test]
fn a_command_line_that_is_wrong_is_no_fault_of_the_host() {
    for command in ["", "host 'open", "host {probe}"] {
        let error = ProcessHost::new(command, None).err().unwrap();
        assert!(matches!(error, HostError::CommandLine(_)), "{error}");
    }
    assert!(matches!(ProcessHost::new("kvspec-no-such-program", None).err(), Some(HostError::Host(_))));
}

#[cfg(unix)]
#[test]
fn a_process_that_ends_is_a_trap() {
    let command = "sh -c 'echo kvspec-probe 1 store@0.2.0-draft; read call; echo ok; read call; echo sorry >&2'";
    let host = ProcessHost::new(command, None).unwrap();
    let store = host.start(1).unwrap();
    let bucket = store.open("b").unwrap();
    let failure = bucket.get("k").unwrap_err();
    assert!(matches!(&failure, Failure::Trap(why) if why.contains("ended") && why.contains("sorry")), "{failure}");
}
