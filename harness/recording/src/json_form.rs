//! Forms written in JSON, as the EDN that says the same: names of fields are keywords.

use std::collections::BTreeMap;

use clojure_reader::edn::Edn;
use serde_json::Value;

/// Whether a text is the beginning of a form.
pub(super) enum Incomplete {
    Yes,
    /// It is none.
    No {
        /// Where, in bytes.
        at: usize,
        /// What is wrong.
        problem: String,
    },
}

/// The first form of a text, and what comes after it.
///
/// # Errors
/// When the text holds no whole one.
pub(super) fn first_of(text: &str) -> Result<(Edn<'static>, &str), Incomplete> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => Ok((as_edn(value), &text[values.byte_offset()..])),
        Some(Err(error)) if !error.is_eof() => {
            let line_start =
                text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
            let whole = error.to_string();
            let problem = whole.split(" at line ").next().unwrap_or(&whole);
            let at = (line_start + error.column().saturating_sub(1)).min(text.len());
            Err(Incomplete::No { at, problem: format!("this is no JSON: {problem}") })
        }
        _ => Err(Incomplete::Yes),
    }
}

fn as_edn(value: Value) -> Edn<'static> {
    match value {
        Value::Null => Edn::Nil,
        Value::Bool(value) => Edn::Bool(value),
        Value::String(text) => Edn::Str(text.into()),
        Value::Array(items) => Edn::Vector(items.into_iter().map(as_edn).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| {
                let name = name.strip_prefix(':').map(str::to_owned).unwrap_or(name);
                (Edn::Key(name.into()), as_edn(value))
            });
            Edn::Map(fields.collect::<BTreeMap<_, _>>())
        }
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Edn::Int(integer),
            (None, float) => Edn::Double(float.unwrap_or(f64::NAN).into()),
        },
    }
}
