//! From a line to its fields, and what most likely happened to one that cannot be read.

use crate::Fault;
use crate::lines::Line;

/// Where a field's name stands in a line, in bytes; 0 when it is not there. Within a string its
/// quotes would be escaped, so the first match before a colon is the field.
pub(super) fn column_of(line: &Line<'_>, field: &str) -> usize {
    let name = format!("\"{field}\"");
    let text = String::from_utf8_lossy(line.bytes);
    let is_name = |at: &usize| text[at + name.len()..].trim_start().starts_with(':');
    text.match_indices(&name).map(|(at, _)| at).find(is_name).unwrap_or(0)
}

pub(super) fn parse<'a, T: serde::Deserialize<'a>>(line: &Line<'a>) -> Result<T, Fault> {
    // serde would take an array for the fields in order.
    if line.bytes.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return Err(line.fault(0, "the line is no JSON object", "write one JSON object a line"));
    }
    serde_json::from_slice(line.bytes).map_err(|error| json_fault(line, &error))
}

/// Says of an error of JSON what most likely happened to the file.
fn json_fault(line: &Line<'_>, error: &serde_json::Error) -> Fault {
    let at = error.column().saturating_sub(1);
    let whole = error.to_string();
    let message = whole.split(" at line ").next().unwrap_or(&whole);
    let sessions = line.bytes.windows(9).filter(|window| window == b"\"session\"").count();
    match error.classify() {
        serde_json::error::Category::Eof if !line.is_ended => line.fault(
            line.bytes.len(),
            "the file ends in the middle of this line",
            "the recording was cut off: remove the line; if its operation wrote, record it with outcome unknown",
        ),
        _ if message == "trailing characters" && line.bytes.get(at) == Some(&b'{') => {
            line.fault(at, "a second object begins on this line", "write one object a line")
        }
        _ if sessions > 1 => line.fault(
            at,
            format!("two lines have run into each other ({message})"),
            "let one writer write whole lines, or lock the file for each line",
        ),
        serde_json::error::Category::Eof => {
            line.fault(line.bytes.len(), "the line ends before its object does", "write each object on one line")
        }
        serde_json::error::Category::Data if message.starts_with("unknown field") => {
            line.fault(at, message, "correct the name, or remove the field")
        }
        serde_json::error::Category::Data => match too_large(line, at) {
            Some(digits) => {
                let problem = format!("the integer {digits} is too large: the greatest is 18,446,744,073,709,551,615");
                line.fault(at.saturating_sub(digits.len()), problem, "times and numbers are integers of 64 bits")
            }
            None => line.fault(at, message, "see the format's description"),
        },
        _ => line.fault(at, format!("this is no JSON: {message}"), "write one JSON object a line, in UTF-8"),
    }
}

/// The digits that end at or about this byte, where they are no integer of 64 bits.
fn too_large<'a>(line: &Line<'a>, at: usize) -> Option<&'a str> {
    let end = line.bytes.get(at..)?.iter().position(|b| !b.is_ascii_digit()).map_or(line.bytes.len(), |more| at + more);
    let before = line.bytes[..end].iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let digits = std::str::from_utf8(&line.bytes[end - before..end]).ok()?;
    (digits.len() > 19 && digits.parse::<u64>().is_err()).then_some(digits)
}
