//! The text of a report as it grows: how wide it is, and how it is folded.

use std::fmt::{self, Write as _};

use kvspec_reference::History;
use kvspec_reference::anomaly::visible;

use crate::report::diagram;

/// How wide a report is where nothing else is known, and the widest it is, in columns.
pub const WIDTH: usize = 100;
/// How far drawings are indented.
const DRAWING_INDENT: usize = 4;
/// Where the text beside a label begins.
pub(super) const INDENT: &str = "            ";

/// A report as it is written.
pub struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// An empty one of so many columns.
    pub fn of_width(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// Writes one character.
    pub fn push(&mut self, c: char) {
        self.text.push(c);
    }

    /// What was written.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// How many columns a drawing may take.
    pub(super) fn drawing_width(&self) -> usize {
        self.width.saturating_sub(DRAWING_INDENT)
    }
}

impl fmt::Write for Page {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.write_str(text)
    }
}

pub(super) fn draw(out: &mut Page, history: &History, operations: &[usize]) {
    indent(out, &diagram::draw(history, operations, out.drawing_width()));
}

pub(super) fn indent(out: &mut Page, drawing: &str) {
    for line in drawing.lines() {
        let _ = writeln!(out, "{:DRAWING_INDENT$}{line}", "");
    }
}

/// A label and its text, folded beside it.
pub fn labelled(out: &mut Page, label: &str, text: &str) {
    paragraph(out, &format!("  {label:<8}  "), INDENT, text);
}

pub(super) fn paragraph(out: &mut Page, first: &str, rest: &str, text: &str) {
    folded(out, first, rest, &visible(text));
}

/// Names of cases, beside a label: those of a group together.
pub(super) fn names(out: &mut Page, label: &str, names: &[&str]) {
    let group_of = |name: &str| name.rsplit_once("::").map_or("", |(group, _)| group).to_owned();
    let in_words = |chunk: &[&str]| match chunk {
        [name] => (*name).to_owned(),
        _ => {
            let claims: Vec<&str> = chunk.iter().map(|name| name.rsplit("::").next().unwrap_or(name)).collect();
            format!("{}::{{{}}}", group_of(chunk[0]), claims.join(", "))
        }
    };
    let groups: Vec<String> = names.chunk_by(|a, b| group_of(a) == group_of(b)).map(in_words).collect();
    folded(out, &format!("  {label:<8}  "), INDENT, &format!("{} more: {}", names.len(), groups.join(", ")));
}

/// Text of ours, however long.
fn folded(out: &mut Page, first: &str, rest: &str, text: &str) {
    let options = textwrap::Options::new(out.width).initial_indent(first).subsequent_indent(rest);
    let _ = writeln!(out, "{}", textwrap::fill(text, options.break_words(false)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_folded_at_the_width_of_the_page() {
        for width in [40, 100] {
            let mut page = Page::of_width(width);
            labelled(&mut page, "because", &"word ".repeat(60));
            let text = page.take();
            let longest = text.lines().map(str::len).max().unwrap_or(0);
            assert!((width - 5..=width).contains(&longest), "{width}:\n{text}");
            assert!(text.lines().skip(1).all(|line| line.starts_with(INDENT)), "{text}");
        }
    }
}
