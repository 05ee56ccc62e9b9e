//! The judgement for a terminal: a few lines when all is well, the proof when it is not.

use std::fmt::Write as _;

use kvspec_recording::Format;
use kvspec_reference::Anomaly;
use kvspec_reference::RequirementId;
use kvspec_reference::anomaly::visible;
use kvspec_reference::consistency::staleness::Distribution;
use kvspec_reference::consistency::{Finding, Level};
use kvspec_reference::history::ClockUnit;

use super::names::with_numbers;
use super::promise::unknown_promise;
use super::rules::Rule;
use super::{Judgement, NO_BOUND, Proof};
use kvspec::configuration::promised;
use kvspec::report::Exit;
use kvspec::report::diagram::{self, Charset};
use kvspec::report::human::Palette;
use kvspec::report::verdict::Tone;

/// How many anomalies, and how many proofs, are told in full.
const TOLD_MAX: usize = 3;
/// How many operations of a proof have a line each.
const LISTED_MAX: usize = 32;

/// The whole report. Drawings take at most `width` columns.
pub fn text(judgement: &Judgement<'_>, palette: Palette, width: usize, charset: Charset) -> String {
    let teller = Teller { judgement, palette, width, charset };
    let mut out = String::new();
    teller.head(&mut out);
    teller.notes(&mut out);
    teller.ladder(&mut out);
    teller.anomalies(&mut out);
    teller.proofs(&mut out);
    teller.staleness(&mut out);
    teller.conclusion(&mut out);
    out
}

struct Teller<'a> {
    judgement: &'a Judgement<'a>,
    palette: Palette,
    width: usize,
    charset: Charset,
}

impl Teller<'_> {
    fn head(&self, out: &mut String) {
        let history = self.judgement.history;
        let mut sessions: Vec<u16> = history.records().iter().map(|record| record.session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        let _ = writeln!(
            out,
            "{}: {}, {} of {} on {}",
            self.judgement.file,
            self.judgement.format.name(),
            counted(history.records().len(), "operation"),
            counted(sessions.len(), "session"),
            counted(history.registers().len(), "register"),
        );
    }

    fn notes(&self, out: &mut String) {
        for note in self.judgement.notes {
            let _ = writeln!(out, "note: {}", visible(note));
        }
    }

    /// A line a level; one line in all where the strongest level is kept, as it implies the others.
    fn ladder(&self, out: &mut String) {
        let ladder = &self.judgement.ladder;
        if ladder.finding(Level::Linearizable) == Some(&Finding::Kept) {
            let _ = writeln!(out, "{}, and so every weaker level", self.palette.good("linearizable"));
            return;
        }
        out.push('\n');
        let width = Level::ALL.iter().map(|level| level.name().len()).max().unwrap_or(0);
        for (level, finding, name, why) in self.judgement.levels() {
            let painted = match finding {
                Some(Finding::Kept) => self.palette.good(name),
                Some(Finding::Broken(_)) => self.palette.bad(name),
                _ => self.palette.doubtful(name),
            };
            let why = match (why, self.judgement.rule(level)) {
                (Some(why), _) => format!(": {why}"),
                (None, Some((Rule::Implied, Some(by)))) if finding == Some(&Finding::Kept) => {
                    format!(": implied by {}", by.name())
                }
                (None, Some((rule @ (Rule::ThinAir | Rule::CertainlyOlder), _))) => format!(": {}", rule.name()),
                (None, _) => String::new(),
            };
            let _ = writeln!(out, "  {:width$}  {painted}{why}", level.name());
        }
        for rule in self.judgement.rules().filter(|rule| matches!(rule, Rule::ThinAir | Rule::CertainlyOlder)) {
            let text = format!("{}: {}", rule.name(), rule.text());
            let options = textwrap::Options::new(self.width.max(40)).initial_indent("  ").subsequent_indent("    ");
            let _ = writeln!(out, "\n{}", textwrap::fill(&text, options));
        }
    }

    fn anomalies(&self, out: &mut String) {
        let anomalies = &self.judgement.anomalies;
        for anomaly in anomalies.iter().take(TOLD_MAX) {
            self.anomaly(out, anomaly);
        }
        if anomalies.len() > TOLD_MAX {
            let _ = writeln!(out, "\n{} more; see --format json", counted(anomalies.len() - TOLD_MAX, "violation"));
        }
        if self.may_begin_with_values() {
            let _ = writeln!(out, "\nIf the registers begin with a value, --initial VALUE says so.");
        }
    }

    /// Whether a value out of thin air is in a recording of others, which does not say what registers begin with.
    fn may_begin_with_values(&self) -> bool {
        let is_thin_air = |anomaly: &Anomaly| anomaly.requirement == RequirementId::KveInt01;
        let is_said = !self.judgement.history.calls().initial.is_empty();
        self.judgement.format != Format::JsonLines && !is_said && self.judgement.anomalies.iter().any(is_thin_air)
    }

    fn anomaly(&self, out: &mut String, anomaly: &Anomaly) {
        let _ = writeln!(out, "\n{} is violated:\n", self.palette.bad(anomaly.requirement.as_str()));
        self.drawing(out, &anomaly.operations);
        let _ = writeln!(out, "  expected  {}", self.palette.good(&anomaly.expected));
        let _ = writeln!(out, "  actual    {}", self.palette.bad(&anomaly.actual));
        self.because(out, &anomaly.because);
    }

    /// What an anomaly has told of the promised levels is not told again.
    fn proofs(&self, out: &mut String) {
        let promised = promised(self.judgement.history.header().profile.parse().unwrap_or_default());
        let is_told = |level: &Level| !self.judgement.anomalies.is_empty() && promised.contains(level);
        let untold = |proof: &Proof| {
            let levels: Vec<Level> = proof.levels.iter().copied().filter(|level| !is_told(level)).collect();
            (!levels.is_empty()).then(|| Proof { levels, ..proof.clone() })
        };
        let proofs: Vec<Proof> = self.judgement.proofs.iter().filter_map(untold).collect();
        for proof in proofs.iter().take(TOLD_MAX) {
            self.proof(out, proof);
        }
        if proofs.len() > TOLD_MAX {
            let _ = writeln!(out, "\n{} more; see --format json", counted(proofs.len() - TOLD_MAX, "proof"));
        }
    }

    fn proof(&self, out: &mut String, proof: &Proof) {
        let names: Vec<&str> = proof.levels.iter().map(|level| level.name()).collect();
        let names = format!("{} {}", self.palette.bad(&names.join(", ")), if names.len() == 1 { "is" } else { "are" });
        let is_drawn = |anomaly: &&Anomaly| anomaly.operations == proof.operations;
        if let Some(anomaly) = self.judgement.anomalies.iter().take(TOLD_MAX).find(is_drawn) {
            let _ = writeln!(out, "\n{names} broken by the same operations as {}", anomaly.requirement);
            return;
        }
        let _ = writeln!(out, "\n{names} broken:\n");
        let history = self.judgement.history;
        let drawing = diagram::draw_numbered_with(history, &proof.operations, self.width, self.charset);
        let _ = writeln!(out, "{drawing}");
        self.because(out, &with_numbers(history, &proof.operations, &proof.because));
        self.listed(out, &proof.operations);
    }

    /// The operations of a proof by their numbers, with their lines and times in the file.
    fn listed(&self, out: &mut String, operations: &[usize]) {
        let history = self.judgement.history;
        for (place, &index) in operations.iter().take(LISTED_MAX).enumerate() {
            let label = if place == 0 { "  with      " } else { "            " };
            let record = &history.records()[index];
            let line = self.judgement.lines.get(index).map(|line| format!(" line {line},")).unwrap_or_default();
            let time = |rank| history.time(rank).map_or_else(|| "no end".to_owned(), |time| time.to_string());
            let times = format!("{} to {}", time(record.invoke), time(record.response));
            let _ = writeln!(out, "{label}#{index}:{line} {times}: {}", history.operation_text(index));
        }
        if operations.len() > LISTED_MAX {
            let _ = writeln!(out, "            and {} more; see --format json", operations.len() - LISTED_MAX);
        }
    }

    /// Nothing where no read was behind, or where all is well.
    fn staleness(&self, out: &mut String) {
        let staleness = &self.judgement.staleness;
        if self.judgement.ladder.finding(Level::Linearizable) == Some(&Finding::Kept) {
            return;
        }
        let time = |units: u64| match self.judgement.history.header().clock {
            ClockUnit::Nanoseconds => diagram::duration_text(units),
            ClockUnit::Counter => counted(usize::try_from(units).unwrap_or(usize::MAX), "event"),
        };
        if staleness.versions.max > 0 {
            let of = counted(usize::try_from(staleness.versions.count).unwrap_or(usize::MAX), "read");
            let _ = writeln!(out, "\nstaleness of {of} (lower bounds)");
            figures(out, "versions", &staleness.versions, |versions| versions.to_string());
            figures(out, "time", &staleness.time, time);
        }
        if staleness.convergence.max > 0 {
            let of = counted(usize::try_from(staleness.convergence.count).unwrap_or(usize::MAX), "register");
            let _ = writeln!(out, "\ntime to convergence of {of}");
            figures(out, "time", &staleness.convergence, time);
        }
    }

    fn drawing(&self, out: &mut String, operations: &[usize]) {
        let drawing = diagram::draw_with(self.judgement.history, operations, self.width, self.charset);
        let _ = writeln!(out, "{drawing}");
    }

    fn conclusion(&self, out: &mut String) {
        let (tone, text) = conclusion_text(self.judgement);
        let painted = match tone {
            Tone::Good => self.palette.good(&text),
            Tone::Bad => self.palette.bad(&text),
            Tone::Doubtful => self.palette.doubtful(&text),
        };
        let _ = writeln!(out, "\n{painted}");
    }

    fn because(&self, out: &mut String, lines: &[String]) {
        for (i, line) in lines.iter().enumerate() {
            let label = if i == 0 { "  because   " } else { "            " };
            let options =
                textwrap::Options::new(self.width.max(40)).initial_indent(label).subsequent_indent("              ");
            let _ = writeln!(out, "{}", textwrap::fill(&visible(line), options.break_words(false)));
        }
    }
}

/// What the judge came to, in a sentence.
pub(super) fn conclusion_text(judgement: &Judgement<'_>) -> (Tone, String) {
    let profile = &judgement.history.header().profile;
    let required = judgement.required.map(Level::name);
    let finding = judgement.required.and_then(|level| judgement.ladder.finding(level));
    match (judgement.exit, required) {
        (Exit::Interrupted, _) => (Tone::Doubtful, "interrupted: this is what was decided by then".into()),
        (Exit::Conformant, None) => (Tone::Good, format!("nothing here breaks {profile}")),
        (Exit::Conformant, Some(level)) => (Tone::Good, format!("{level}, as required")),
        (Exit::NotConformant, Some(level)) if matches!(finding, Some(Finding::Broken(_))) => {
            (Tone::Bad, format!("NOT {level}, which is required"))
        }
        (Exit::NotConformant, _) => (Tone::Bad, format!("NOT CONFORMANT to {profile}")),
        (_, Some(level)) => (Tone::Doubtful, format!("{level} is required, and whether it is kept is not known")),
        (_, None) => (Tone::Doubtful, why_undecided(judgement)),
    }
}

/// Why nothing that is promised is broken, and it is not known to be kept either.
fn why_undecided(judgement: &Judgement<'_>) -> String {
    let profile = &judgement.history.header().profile;
    if judgement.ladder.finding(Level::Integrity) != Some(&Finding::Kept) {
        return "nothing is known: no operation saw a value".into();
    }
    match unknown_promise(promised(profile.parse().unwrap_or_default()), &judgement.ladder) {
        Some(level) => format!("nothing here breaks {profile}, but whether {} is kept is not known", level.name()),
        None => format!("nothing here breaks {profile}, but convergence was not judged: {NO_BOUND}"),
    }
}

fn figures(out: &mut String, name: &str, figures: &Distribution, text: impl Fn(u64) -> String) {
    let Distribution { count, p50, p90, p99, max } = *figures;
    let [p50, p90, p99, max] = [p50, p90, p99, max].map(text);
    let _ = match count {
        1 => writeln!(out, "  {name:8}  {max}"),
        _ => writeln!(out, "  {name:8}  median {p50}, 90 % {p90}, 99 % {p99}, greatest {max}"),
    };
}

/// `1 session`, `1,000,000 operations`.
pub(super) fn counted(count: usize, what: &str) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn counts_are_grouped_in_thousands() {
        let texts = [(1, "1 x"), (0, "0 xs"), (999, "999 xs"), (1_000, "1,000 xs"), (1_234_567, "1,234,567 xs")];
        for (count, text) in texts {
            assert_eq!(counted(count, "x"), text);
        }
    }
}
