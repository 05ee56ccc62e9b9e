//! Hosts that do harm: shell scripts in the place of a runtime with the probe.

use crate::specimen::{Met, meet};

/// A store whose pairs are variables of a shell; `{odd}` comes before each answer. It lists nothing.
const STORE: &str = r#"echo kvspec-probe 1 store@0.2.0-draft
while read -r operation handle key value; do
  calls=$((calls + 1))
  {odd}
  eval "pair=\${bucket_$handle}_$key"
  case $operation in
    open) eval "bucket_$handle=pair_$key"; echo ok ;;
    get) eval "echo ok \${$pair:--}" ;;
    set) eval "$pair=$value"; echo ok ;;
    delete) unset "$pair"; echo ok ;;
    exists) eval "echo ok \${$pair:+true}" | sed 's/^ok$/ok false/' ;;
    list-keys) echo "ok -" ;;
    *) echo ok ;;
  esac
done
"#;

fn run_with(name: &str, odd: &str, options: &[&str]) -> Met {
    let script = crate::scratch(&format!("{name}.sh"), STORE.replace("{odd}", odd).as_bytes());
    let host = format!("sh {}", script.to_str().expect("the folder has a UTF-8 name"));
    let mut arguments = vec!["run", "--host", &host, "--cases", "0", "--call-timeout", "5s"];
    arguments.extend(options);
    meet(&arguments)
}

fn run(name: &str, odd: &str) -> Met {
    run_with(name, odd, &["--filter", "eventual::get"])
}

/// From the seventh call on, so that the first check is passed.
fn later(what: &str) -> String {
    format!("if [ \"$calls\" -gt 6 ]; then {what}; fi")
}

#[test]
fn an_answer_without_end() {
    run("endless-line", &later("cat /dev/zero")).ends(1, &["more than 67108864 bytes"]);
}

#[test]
fn a_line_of_millions_of_words() {
    let words = "printf ok; yes ' x' | head -c 20000000 | tr -d '\\n'; echo; continue";
    run("words", &format!("if [ $operation = get ]; then {words}; fi")).ends(69, &["words"]);
}

#[test]
fn an_answer_that_is_no_text() {
    run("no-text", &later("printf '\\377\\n'")).ends(1, &["not UTF-8"]);
}

#[test]
fn an_answer_that_is_none() {
    run("chatter", &later("echo 'listening on port 80'")).ends(1, &["the probe answered \"listening on port 80\""]);
}

#[test]
fn escapes_in_an_answer() {
    run("escapes", &later("printf '\\033[2Jgone\\n'")).ends(1, &["\\u{1b}[2Jgone"]);
}

#[test]
fn digits_that_are_none() {
    let odd = "if [ $operation = get ]; then echo 'ok xzz'; continue; fi";
    run("digits", odd).ends(69, &["the probe answered \"xzz\""]);
}

#[test]
fn a_host_that_stops_answering() {
    run("silent", &later("exec sleep 100000")).ends(3, &["no answer to "]);
}

#[test]
fn a_host_that_never_answers() {
    run("mute", "exec sleep 100000").ends(69, &["had no answer", "no answer to open within 5s"]);
}

#[test]
fn a_host_that_stops_reading() {
    let odd = later("exec <&-; exec sleep 100000");
    run_with("deaf", &odd, &["--filter", "eventual::sizes"]).ends(3, &["no answer to "]);
}

#[test]
fn a_host_that_ends() {
    run("ends", &later("echo sorry >&2; exit 3")).ends(1, &["exit status: 3", "it said: sorry"]);
}

#[test]
fn a_host_that_is_killed() {
    run("killed", &later("kill -9 $$")).ends(1, &["signal: 9"]);
}

#[test]
fn a_host_that_complains_without_end() {
    run("complains", &later("head -c 100000000 /dev/zero | tr '\\0' x >&2; exit 1")).ends(1, &["the process ended"]);
}

#[test]
fn children_that_hold_the_pipes() {
    run("children", &later("sleep 100000 & sleep 100000 & exit 1")).ends(1, &["the process ended"]);
}

#[test]
fn a_host_that_does_not_greet() {
    meet(&["run", "--host", "sh -c 'exit 3'"]).ends(69, &["exit status: 3"]);
    meet(&["run", "--host", "echo hello"]).ends(69, &["no greeting"]);
    meet(&["run", "--host", "no-such-program"]).ends(69, &["no-such-program cannot be started"]);
}

#[test]
fn a_greeting_without_end() {
    meet(&["run", "--host", "cat /dev/zero"]).ends(69, &["more than 67108864 bytes"]);
}

#[test]
fn a_reset_that_says_yes_without_end() {
    run_with(
        "reset-yes",
        "",
        &["--filter", "eventual::get::absent_key_is_none", "--reset", "sh -c 'yes | head -c 1000000000'"],
    )
    .ends(0, &["1 passed"]);
}

#[test]
fn a_reset_that_fails() {
    run_with("reset-fails", "", &["--reset", "sh -c 'echo no database >&2; exit 3'"])
        .ends(69, &["exit status: 3", "no database"]);
}

#[test]
fn a_reset_that_fails_later() {
    let count = crate::scratch("reset-count", b"");
    let count = count.to_str().expect("the folder has a UTF-8 name");
    let reset = format!("sh -c 'echo >> {count}; test $(wc -l < {count}) -lt 8 || {{ echo disk full >&2; exit 3; }}'");
    run_with("reset-later", "", &["--filter", "eventual::get", "--reset", &reset]).ends(69, &["disk full"]);
}
