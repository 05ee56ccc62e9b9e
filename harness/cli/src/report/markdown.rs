//! The report as Markdown, for the summary of a CI job: causes first.
//!
//! What a target answered stands in code, or has each mark of Markdown and HTML escaped.

use std::fmt::Write as _;

use kvspec::report::cause::{Cause, causes};
use kvspec::report::human::{Page, Palette, WIDTH, anomaly_text};
use kvspec::report::verdict::{Tone, totals_text, verdict};
use kvspec::run::event::Conclusion;
use kvspec_reference::anomaly::visible;
use kvspec_suites::requirement;

use super::tally;

/// Of longer summaries, GitHub shows nothing: it takes 1 MiB a step. Causes beyond are named alone.
const EVIDENCE_BYTES_MAX: usize = 600 << 10;

/// The whole report.
pub fn text(conclusion: &Conclusion<'_>) -> String {
    let Conclusion { header, run, met, .. } = conclusion;
    let causes = causes(run, met);
    let (tone, sentence) = verdict(header, run, met);
    let mark = match tone {
        Tone::Good => "✅",
        Tone::Bad => "❌",
        Tone::Doubtful => "⚠️",
    };
    let mut out = format!("## {mark} kvspec: {}\n\n", plain(&sentence));
    let _ = writeln!(out, "{}, seed {}\n", code(&header.target), header.seed);
    let _ = writeln!(out, "{}\n", plain(&totals_text(&run.totals())));
    for (number, cause) in (1..).zip(&causes) {
        cause_text(&mut out, number, cause, conclusion);
    }
    expectations(&mut out, conclusion);
    let undecided = tally::undecided(conclusion);
    reasons(&mut out, &format!("{} undecided", count(&undecided)), &undecided);
    let skipped = tally::skipped(conclusion);
    reasons(&mut out, &format!("{} skipped", count(&skipped)), &skipped);
    out
}

fn cause_text(out: &mut String, number: usize, cause: &Cause<'_>, conclusion: &Conclusion<'_>) {
    let smallest = cause.smallest();
    let entry = requirement::find(cause.requirement);
    let _ = writeln!(out, "### {number}. {}\n", plain(&cause.title()));
    let _ = writeln!(out, "**{}** ({}) {}\n", cause.requirement, entry.level, plain(entry.statement));
    if out.len() < EVIDENCE_BYTES_MAX {
        let mut page = Page::of_width(WIDTH);
        anomaly_text(&mut page, &smallest.anomaly, smallest.history, Palette::PLAIN);
        let _ = writeln!(out, "<details><summary>what happened</summary>\n\n{}\n</details>\n", block(&page.take()));
    }
    let _ = writeln!(out, "Seen in {}. To repeat it:\n", code(smallest.name));
    let _ = writeln!(out, "{}", block(&conclusion.replay.of_failure(smallest.name, conclusion.run)));
    let others: Vec<String> = cause.others().map(code).collect();
    if !others.is_empty() {
        let _ = writeln!(out, "Also in {} more: {}\n", others.len(), others.join(", "));
    }
}

/// What failed as expected, and what is to be changed in the file of expectations.
fn expectations(out: &mut String, conclusion: &Conclusion<'_>) {
    let met = conclusion.met;
    for text in met.expired.iter().map(|e| e.expired_text()) {
        let _ = writeln!(out, "- **expired**: {}", plain(&text));
    }
    for text in met.stale.iter().map(|e| e.stale_text()) {
        let _ = writeln!(out, "- **stale**: {}", plain(&text));
    }
    for (name, expectation) in met.known() {
        let _ = writeln!(out, "- known: {}: {}", code(name), plain(&expectation.to_string()));
    }
    if met.expired.len() + met.stale.len() + met.known().len() > 0 {
        out.push('\n');
    }
}

fn count(reasons: &[tally::Reason]) -> usize {
    reasons.iter().map(|reason| reason.cases.len()).sum()
}

fn reasons(out: &mut String, title: &str, reasons: &[tally::Reason]) {
    if reasons.is_empty() {
        return;
    }
    let _ = writeln!(out, "<details><summary>{title}</summary>\n");
    for reason in reasons {
        let names: Vec<String> = reason.cases.iter().map(|name| code(name)).collect();
        let _ = writeln!(out, "- {}: {}", plain(&reason.why), names.join(", "));
    }
    let _ = writeln!(out, "\n</details>\n");
}

/// Text in a line of its own, in which nothing is a mark of Markdown or HTML.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in visible(&text.replace('\n', " ")).chars() {
        if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | '\'' | '"' | '?' | '/' | ';' | '%') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text as code in a line.
fn code(text: &str) -> String {
    let text = visible(&text.replace('\n', " "));
    let fence = "`".repeat(longest_run_of_backticks(&text) + 1);
    // A blank on either side keeps marks at the ends apart from the fence; Markdown drops both.
    if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// Lines as a block of code.
fn block(text: &str) -> String {
    let fence = "`".repeat(longest_run_of_backticks(text).max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_place() {
        assert_eq!(plain("<b>*x*</b> [a](b)\n# c | d"), r"\<b\>\*x\*\</b\> \[a\]\(b\) \# c \| d");
        assert_eq!(plain("a@b `c` &lt; \\ _d_ !x ~y~ $z$"), r"a\@b \`c\` \&lt; \\ \_d\_ \!x \~y\~ \$z\$");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(block("```\n</details>\n"), "````text\n```\n</details>\n````\n");
        assert_eq!(plain("\u{1b}[2J\u{202e}"), r"\\u\{1b\}\[2J\\u\{202e\}");
    }
}
