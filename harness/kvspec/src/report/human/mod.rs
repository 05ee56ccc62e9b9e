//! The report for a terminal: terse when good, evidence when not.

mod anomaly;
mod conclusion;
mod exploration;
mod failure;
mod groups;
mod look;
mod page;
mod replay;

use std::fmt::Write as _;

use super::cause::causes;
use crate::run::event::{Conclusion, Event, Listener};

use groups::Detail;

pub use super::replay::Replay;
pub use anomaly::{anomaly_text, requirement_text};
pub use failure::{concurrent_text, exploration_text, failure_text};
pub use look::{Look, Palette};
pub use page::{Page, WIDTH, labelled};
pub use replay::replay_text;

/// Reports a run when it has ended.
pub struct Terminal<P> {
    /// How the report is shown.
    pub look: Look,
    /// Whether it names the cases that passed, too.
    pub verbose: bool,
    /// Where it goes.
    pub print: P,
}

impl<P: FnMut(&str) + Send> Listener for Terminal<P> {
    fn hear(&mut self, event: &Event<'_>) {
        if let Event::Concluded(conclusion) = event {
            (self.print)(&text(conclusion, self.look, self.verbose));
        }
    }
}

/// The whole report of a run.
pub fn text(conclusion: &Conclusion<'_>, look: Look, verbose: bool) -> String {
    let Conclusion { header, run, met, replay } = conclusion;
    let Look { palette, width } = look;
    let out = &mut Page::of_width(width);
    let version = env!("CARGO_PKG_VERSION");
    let _ = writeln!(out, "kvspec {version}: {} against {}, seed {}", header.profile, header.target, header.seed);
    for found in &header.found {
        let _ = writeln!(out, "{}", palette.doubtful(found));
    }
    out.push('\n');
    let causes = causes(run, met);
    let detail = match (verbose, causes.is_empty()) {
        (true, _) => Detail::Cases,
        (false, true) => Detail::Groups,
        (false, false) => Detail::Count,
    };
    groups::groups(out, &run.cases, palette, detail);
    if let Some(exploration) = &run.exploration {
        exploration::summary(out, exploration, palette);
    }
    if let Some(concurrency) = &run.concurrency {
        exploration::concurrency_summary(out, concurrency, palette);
    }
    match detail {
        Detail::Count => {
            let _ = writeln!(out, "  (--verbose says what was skipped, and what was observed)");
        }
        Detail::Groups | Detail::Cases => groups::observations(out, &run.cases, palette),
    }
    failure::causes(out, &causes, run, replay, palette);
    failure::undecided(out, &run.cases, replay, palette);
    out.push('\n');
    conclusion::expectations(out, met, palette);
    conclusion::conclusion(out, header, run, &causes, met, palette);
    out.take()
}
