//! Files and declarations that do harm.

use crate::component::Code;
use crate::specimen::meet;

fn configured(name: &str, text: &str, exit: i32, says: &[&str]) {
    let file = crate::scratch(name, text.as_bytes());
    let (component, config) = (Code::default().file("plain"), file.to_str().expect("the folder has a UTF-8 name"));
    let component = component.to_str().expect("the folder has a UTF-8 name");
    meet(&["run", component, "--config", config, "--filter", "eventual::key_limits", "--cases", "0", "--verbose"])
        .ends(exit, says);
}

#[test]
fn limits_that_are_declared_and_not_allocated() {
    let text = "[limits]\nmax_key_bytes = 2000000000\nmax_value_bytes = 2000000000\nmax_keys = 2000000000\n";
    configured("large-limits.toml", text, 1, &["max_key_bytes = 2000000000 is above the"]);
}

#[test]
fn a_time_that_is_none() {
    configured("no-time.toml", "call_timeout = \"soon\"\n", 2, &["500ms"]);
}

#[test]
fn a_configuration_of_the_file_system() {
    meet(&["run", "--config", "/dev/null"]).ends(0, &["conformant"]);
    meet(&["run", "/dev/null"]).ends(69, &["is not WebAssembly"]);
    meet(&["run", "/"]).ends(69, &["cannot be read"]);
}

#[test]
fn a_file_whose_name_escapes() {
    meet(&["run", "\u{1b}[2J\u{ad}\u{e0041}.wasm"]).ends(69, &["\\u{1b}[2J\\u{ad}\\u{e0041}.wasm"]);
    meet(&["judge", "\u{1b}[2J\u{ad}.jsonl"]).ends(2, &["\\u{1b}[2J\\u{ad}.jsonl"]);
    meet(&["replay", "\u{1b}[2J\u{ad}.workload"]).ends(2, &["\\u{1b}[2J\\u{ad}.workload"]);
}

#[test]
fn a_report_on_a_full_disk() {
    let text =
        meet(&["--bug", "lost-tombstone", "--filter", "eventual::delete", "--cases", "0", "--junit", "/dev/full"]);
    text.ends(1, &["--junit /dev/full: cannot be written", "NOT CONFORMANT"]);
}
