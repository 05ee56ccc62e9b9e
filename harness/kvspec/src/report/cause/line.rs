//! The line of a failure's text that says what went wrong.

/// The line that says what went wrong: the message of a panic or the cause of a trap, where there is
/// one among names of functions; else the first that says anything.
pub fn telling_line(text: &str) -> &str {
    let text = text.trim();
    let inner = ["trap (", "error (", "no answer ("].iter().find_map(|start| text.strip_prefix(start));
    let text = inner.map_or(text, |inner| inner.strip_suffix(')').unwrap_or(inner));
    // Line ends are escaped where the text comes from an implementation.
    let lines = || text.split('\n').flat_map(|line| line.split("\\n")).map(str::trim).filter(|line| !line.is_empty());
    let message =
        lines().skip_while(|line| !line.contains("panicked at")).nth(1).filter(|_| text.contains("panicked at"));
    let trap = || lines().find(|line| line.contains("wasm trap:"));
    let is_place = |line: &&str| !line.starts_with("Caused by") && !line.starts_with("error while executing");
    message.or_else(trap).or_else(|| lines().find(is_place)).unwrap_or(text)
}

/// The line without what differs from one failure to the next: numbers and addresses.
pub(super) fn normalised(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_ascii_digit() {
            out.push(c);
            continue;
        }
        let is_hexadecimal = c == '0' && chars.next_if_eq(&'x').is_some();
        while chars.next_if(|c| if is_hexadecimal { c.is_ascii_hexdigit() } else { c.is_ascii_digit() }).is_some() {}
        out.push('N');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_comes_before_where() {
        for (text, line) in [
            ("trap (panicked: index 5 is out of range)", "panicked: index 5 is out of range"),
            (
                "trap (error while executing at wasm backtrace:\\n 0: 0x1f - a!b\\nCaused by:\\n wasm trap: unreachable)",
                "wasm trap: unreachable",
            ),
            (
                "trap (thread 'main' panicked at src/lib.rs:7:9:\\nno such key\\nnote: run with RUST_BACKTRACE=1)",
                "no such key",
            ),
            ("error (connection refused)", "connection refused"),
            ("", ""),
        ] {
            assert_eq!(telling_line(text), line);
        }
    }

    #[test]
    fn numbers_do_not_tell_failures_apart() {
        assert_eq!(normalised("index 17 at 0x00fF2a: row 3"), "index N at N: row N");
    }
}
