//! How far a run is, on standard error.

use indicatif::{ProgressBar, ProgressStyle};
use kvspec::run::{Event, Listener};

/// Shows how far a run is, until it has ended.
pub struct Progress {
    /// What shows it.
    pub bar: ProgressBar,
}

impl Listener for Progress {
    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::CaseStarted(case) => self.bar.set_message(case.name),
            Event::CaseEnded(_) => self.bar.inc(1),
            Event::SearchProgress { workloads, tried } => self.bar.set_message(format!("{tried} {workloads}")),
            Event::ViolationFound(_) => self.bar.set_message("a random workload failed; it is being shrunk"),
            Event::Concluded(_) => self.bar.finish_and_clear(),
            Event::RunStarted(_) | Event::NotKept(_) | Event::Interrupted(_) => {}
        }
    }
}

/// A progress bar of so many steps.
pub fn bar(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}").expect("the template is valid");
    ProgressBar::new(steps as u64).with_style(style)
}
