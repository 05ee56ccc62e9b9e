use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use super::*;
use crate::probe::{EventualDialect, StoreDialect, VERSIONS};

/// A runtime that greets as the probe of this dialect, refuses all others, and then does as it likes.
fn runtime(
    offered: Dialect,
    then: impl Fn(BufReader<File>, File) -> std::result::Result<(), String> + Send + Sync + 'static,
) -> std::result::Result<Embedded, HostError> {
    let compile = |bytes: &[u8]| {
        let words = greeting_in(bytes);
        if words.ends_with(&offered.words()) { Ok(words) } else { Err("import not found".to_owned()) }
    };
    Embedded::new(compile, move |words: &String, input, mut output| {
        writeln!(output, "{words}").map_err(|e| e.to_string())?;
        then(BufReader::new(input), output)
    })
}

fn greeting_in(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let start = text.find("kvspec-probe").unwrap();
    text[start..].lines().next().unwrap().to_owned()
}

const STORE: fn() -> Dialect = || StoreDialect::whole(VERSIONS[1]).into();

fn open(host: &Embedded) -> Failure {
    host.start(1).unwrap().open("b").map(drop).unwrap_err()
}

#[test]
fn the_dialect_that_is_not_refused_is_found() {
    for dialect in [STORE(), EventualDialect::PUBLISHED.into()] {
        let host = runtime(dialect, |mut input, _| input.fill_buf().map(drop).map_err(|e| e.to_string())).unwrap();
        assert_eq!((host.dialect(), host.profile(), host.offer()), (dialect, dialect.profile(), dialect.to_string()));
    }
}

#[test]
fn a_runtime_that_ends_early_fails_or_panics_is_a_trap_in_its_words() {
    let wait = |mut input: BufReader<File>| drop(input.read(&mut [0]));
    let ends = runtime(STORE(), move |input, _| {
        wait(input);
        Ok(())
    })
    .unwrap();
    let fails = runtime(STORE(), move |input, _| {
        wait(input);
        Err("the disk is gone".into())
    });
    let panics = runtime(STORE(), move |input, _| {
        wait(input);
        panic!("no such row")
    });
    let garbles = runtime(STORE(), move |input, mut output| {
        wait(input);
        writeln!(output, "hello").map_err(|e| e.to_string())
    });
    for (host, words) in [
        (ends, "ended by itself, without an error"),
        (fails.unwrap(), "the runtime ended: the disk is gone"),
        (panics.unwrap(), "tests.rs:"),
        (garbles.unwrap(), "\"hello\""),
    ] {
        let failure = open(&host);
        assert!(matches!(&failure, Failure::Trap(why) if why.contains(words)), "{failure}");
    }
}

#[test]
fn a_runtime_that_hangs_has_no_answer_and_keeps_nobody_waiting() {
    let host = runtime(STORE(), |mut input, _output| {
        // It reads to the end, which comes when nobody waits any more, and answers nothing.
        input.read_to_end(&mut Vec::new()).map(drop).map_err(|e| e.to_string())
    });
    let host = host.unwrap().with_call_timeout(Duration::from_millis(1));
    let failure = open(&host);
    assert!(
        matches!(&failure, Failure::Unanswered(why) if why.contains("no answer to open-bucket within 1ms") || why.contains("no answer to open within 1ms")),
        "{failure}"
    );
}

#[test]
fn a_runtime_in_which_no_probe_runs_is_refused_with_what_it_said() {
    let refusal = Embedded::new(|_| Err::<(), _>("it has no such import"), |(), _, _| Ok(())).err().unwrap();
    let text = refusal.to_string();
    assert!(text.contains("to the probes for 11 dialects: trap") && text.contains("it has no such import"), "{text}");
    let silent = Embedded::new(|_| Ok::<_, String>(()), |(), _, _| Ok(())).err().unwrap().to_string();
    assert!(silent.contains("ended by itself, without an error"), "{silent}");
}
