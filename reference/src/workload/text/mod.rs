//! The text form of a workload: printing and parsing.
//!
//! ```text
//! file      = "kvspec workload 1" header* step*          one line each; "#" starts a comment
//! header    = "profile" NAME | "sessions" N
//! step      = N "get" name name | N "exists" name name | N "delete" name name
//!           | N "set" name name value | N "reopen" name | "wait" duration | "quiesce"
//! name      = a bare word of letters, digits, "_", "-", "." | quoted
//! value     = quoted | "stamp(" session "." operation length ")" | "repeat(" quoted N ")"
//! quoted    = '"' with the escapes \n \r \t \0 \\ \" \' \xNN (a byte) \u{…} (a code point) '"'
//! duration  = N ("ns" | "us" | "ms" | "s")
//! ```

mod line;
mod print;

use std::fmt;
use std::time::Duration;

use super::{Call, SESSIONS_MAX, Step, Workload};
use line::Line;

const FIRST_LINE: &str = "kvspec workload 1";
/// The most bytes that all its values have together.
const ALL_VALUES_BYTES_MAX: usize = 256 << 20;
/// The longest that all its waits last together: clocks count nanoseconds in 64 bits.
const WAITS_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What is wrong with a workload file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and how to fix it.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

/// A parsed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadFile {
    /// The profile it was made for.
    pub profile: String,
    /// The workload.
    pub workload: Workload,
}

/// Reads a workload file.
///
/// # Errors
/// [`ParseError`] with the place of the first fault.
pub fn parse(text: &str) -> Result<WorkloadFile, ParseError> {
    // Some editors mark the beginning of a file.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate();
    match lines.next() {
        Some((_, line)) if line.trim_end() == FIRST_LINE => {}
        _ => {
            let message = format!("a workload begins with the line \"{FIRST_LINE}\"");
            return Err(ParseError { line: 1, column: 1, message });
        }
    }
    let mut file = WorkloadFile { profile: "eventual@0.1.0".into(), workload: Workload::default() };
    let (mut profile_given, mut sessions_given) = (false, false);
    let mut asked = Asked::default();
    for (index, text) in lines {
        let mut line = Line { text, at: 0, number: index + 1 };
        line.blanks();
        if line.is_done() {
            continue;
        }
        let start = line.at;
        let word = line.bare_word("a session number, \"wait\", \"quiesce\", \"profile\" or \"sessions\"")?;
        match word {
            "profile" => {
                line.blanks();
                let name = line.rest().split('#').next().unwrap_or_default().trim_end();
                if profile_given {
                    return Err(line.error_at(start, "the profile is given twice"));
                }
                if name.is_empty() {
                    return Err(line.error("expected the name of a profile, such as eventual@0.1.0"));
                }
                line.at += name.len();
                file.profile = name.to_owned();
                profile_given = true;
            }
            "sessions" => {
                if sessions_given {
                    return Err(line.error_at(start, "the number of sessions is given twice"));
                }
                line.blanks();
                file.workload.sessions = line.number("a number of sessions")?;
                sessions_given = true;
                if !(1..=SESSIONS_MAX).contains(&file.workload.sessions) {
                    return Err(line.error_at(start, format!("a workload has 1 to {SESSIONS_MAX} sessions")));
                }
            }
            "wait" => {
                line.blanks();
                let duration = line.duration()?;
                asked.wait = asked.wait.saturating_add(duration);
                if asked.wait > WAITS_MAX {
                    return Err(line.error_at(start, "all waits of a workload together last at most a year"));
                }
                file.workload.steps.push(Step::Wait(duration));
            }
            "quiesce" => file.workload.steps.push(Step::Quiesce),
            _ => {
                let Ok(session) = word.parse::<u16>() else {
                    let message = match word.bytes().all(|b| b.is_ascii_digit()) {
                        true => format!("a workload has 1 to {SESSIONS_MAX} sessions, numbered from 0"),
                        false => format!(
                            "expected a step, found \"{word}\"; a step is a session number and its call, \"wait\" or \"quiesce\""
                        ),
                    };
                    return Err(line.error_at(start, message));
                };
                if !sessions_given {
                    return Err(line.error_at(start, "a line \"sessions N\" must come before the first step"));
                }
                if session >= file.workload.sessions {
                    let message = format!("session {session} is not among the {} declared", file.workload.sessions);
                    return Err(line.error_at(start, message));
                }
                line.blanks();
                let call = line.call()?;
                if let Call::Set { value, .. } = &call {
                    asked.bytes = asked.bytes.saturating_add(value.length());
                    if asked.bytes > ALL_VALUES_BYTES_MAX {
                        let message = format!("all values of a workload have at most {ALL_VALUES_BYTES_MAX} bytes");
                        return Err(line.error_at(start, message));
                    }
                }
                file.workload.steps.push(Step::Call { session, call });
            }
        }
        line.blanks();
        if !line.is_done() {
            return Err(line.error("unexpected text at the end of the line"));
        }
    }
    if !sessions_given {
        let message = "no line \"sessions N\"".into();
        return Err(ParseError { line: text.lines().count().max(1), column: 1, message });
    }
    Ok(file)
}

/// What the lines so far ask for.
#[derive(Default)]
struct Asked {
    wait: Duration,
    bytes: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "kvspec workload 1
profile eventual@0.1.0
sessions 2

0 set b k stamp(0.1 64)
1 get b k
0 delete b \"a key\\n\\u{e9}\"
1 reopen b
0 set b \"\" \"\\x00\\xff\\\"\"
0 set b z repeat(\"a\" 100)
wait 500ms
1 exists b k
quiesce
";

    #[test]
    fn the_text_form_comes_back_the_same() {
        let file = parse(EXAMPLE).unwrap();
        assert_eq!(file.workload.steps.len(), 9);
        assert_eq!(file.to_string(), EXAMPLE);
        assert_eq!(parse(&file.to_string()).unwrap(), file);
        assert_eq!(parse(&format!("\u{feff}{EXAMPLE}")).unwrap(), file);
    }

    #[test]
    fn faults_are_named_with_their_place() {
        let start = "kvspec workload 1\nsessions 1\n";
        for (line, column, message) in [
            ("0 put b k", 3, "unknown operation"),
            ("1 get b k", 1, "not among the 1 declared"),
            ("0 get b", 8, "expected a key"),
            ("0 get b k extra", 11, "unexpected text"),
            ("0 set b a//b \"v\"", 9, "quote a name with other characters than letters, digits, _ - .: \"a//b\""),
            ("0 get b /k", 9, "quote a name"),
            ("0 set b k \"abc", 11, "not closed"),
            ("0 set b k \"\\q\"", 12, "unknown escape"),
            ("0 set b k \"\\xg0\"", 12, "two hexadecimal"),
            ("0 set b k \"\\u{d800}\"", 12, "code point"),
            ("0 set b k repeat(\"ab\" 99999999999)", 11, "at most"),
            ("wait 5h", 6, "unit"),
            ("0 set b k \"\\x+f\"", 12, "two hexadecimal"),
            ("0 set b k stamp(70000.1 9)", 17, "too large"),
            ("wait 18446744073709551615ns", 1, "at most a year"),
            ("wait 9999999999999999999999s", 6, "too large"),
            ("99999 get b k", 1, "1 to 1024 sessions"),
            ("profile", 8, "the name of a profile"),
            ("zzz", 1, "expected a step"),
            ("sessions 1", 1, "given twice"),
        ] {
            let error = parse(&format!("{start}{line}\n")).unwrap_err();
            assert_eq!((error.line, error.column), (3, column), "{line}: {error}");
            assert!(error.message.contains(message), "{line}: {error}");
        }
        let values = "0 set b k repeat(\"a\" 67108864)\n".repeat(5);
        let error = parse(&format!("{start}{values}")).unwrap_err();
        assert_eq!((error.line, error.message.contains("all values")), (7, true), "{error}");
        let twice = parse("kvspec workload 1\nprofile a # first\nprofile b\n").unwrap_err();
        assert_eq!((twice.line, twice.message.contains("given twice")), (3, true), "{twice}");
        assert_eq!(parse("kvspec workload 1\nprofile a # first\nsessions 1\n").unwrap().profile, "a");
        assert!(parse("hello").unwrap_err().message.contains("begins with the line"));
        assert!(parse("kvspec workload 1\n").unwrap_err().message.contains("sessions"));
    }
}
