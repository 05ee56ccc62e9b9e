//! Staleness: how far behind reads were, in versions and in time, and how long stores took to
//! converge.
//!
//! ```text
//! session 0: |-set 1-| |-set 2-| |-set 3-|
//! session 1:                     ^         |-get 1-|     2 versions behind;
//!                                |---------|             behind since 2 was complete
//! ```
//!
//! **Definition** (after Golab, Li, Shah 2011 and Bailis et al. 2012). A read of the state of a
//! write w is k **versions behind** when k ok writes of the register began after w had ended and
//! ended before the read began. It is behind in **time** by what had passed, when it began, since the
//! first of them ended; 0 when k is 0. The initial absence is older than every write. Where several
//! writes fit, the one that ended last is taken, so that both figures are certain lower bounds. A
//! read of a state that nobody wrote is not counted.
//!
//! The **time to convergence** of a register goes from the end of its last write to the invocation
//! of the last read that saw something else than the very last one did; 0 when all agree. Registers
//! without a read after that end are not counted.
//!
//! **Algorithm.** Writes begun after w ended, less those in flight when the read began: one binary
//! search and a look at the writes in flight, O(n (log n + sessions)).

use hdrhistogram::Histogram;

use crate::consistency::register::writers::Writers;
use crate::history::effect::{Seen, seen, written};
use crate::history::{History, Outcome, Rank, Record};

/// How far behind the reads of a history were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staleness {
    /// Versions behind, one figure a read.
    pub versions: Distribution,
    /// Time behind, one figure a read, in units of the history's clock.
    pub time: Distribution,
    /// Time to convergence, one figure a register, in units of the history's clock.
    pub convergence: Distribution,
    /// The index of the read that was most versions behind, the first of several; `None` when none
    /// was behind.
    pub stalest: Option<usize>,
}

/// Where the figures lie. Percentiles are exact to three digits, the maximum is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Distribution {
    /// How many figures there are; the others are 0 without any.
    pub count: u64,
    /// The median.
    pub p50: u64,
    /// 90 of 100 are at most this.
    pub p90: u64,
    /// 99 of 100 are at most this.
    pub p99: u64,
    /// The greatest.
    pub max: u64,
}

/// Measures a history. Memory: 16 bytes a value, 12 an operation.
pub fn measure(history: &History) -> Staleness {
    let writers = Writers::of(history);
    let mut versions = Figures::new();
    let mut time = Figures::new();
    let mut stalest = None;
    let mut registers = Timeline::of(history);
    for (index, record) in history.records().iter().enumerate() {
        let timeline = &mut registers[record.register as usize];
        if is_ok_write(history, record) {
            timeline.open.push((record.invoke, record.response));
            timeline.begun += 1;
        }
        if !is_read(record) {
            continue;
        }
        let Some(source) = writers.latest_source(record, seen(history, record)) else { continue };
        let behind = timeline.behind(record.invoke, source);
        if behind > versions.max {
            stalest = Some(index);
        }
        versions.add(behind);
        let since = if behind == 0 { None } else { timeline.first_end_after(source) };
        time.add(since.map_or(0, |since| elapsed(history, since, record.invoke)));
    }
    Staleness {
        versions: versions.distribution(),
        time: time.distribution(),
        convergence: convergence(history).distribution(),
        stalest,
    }
}

fn is_ok_write(history: &History, record: &Record) -> bool {
    record.outcome == Outcome::Ok && record.kind.is_write() && written(history, record).is_some()
}

fn is_read(record: &Record) -> bool {
    record.is_ok_read()
}

fn elapsed(history: &History, from: Rank, to: Rank) -> u64 {
    match (history.time(from), history.time(to)) {
        (Some(from), Some(to)) => to.saturating_sub(from),
        _ => 0,
    }
}

/// The ok writes of one register.
#[derive(Debug, Clone, Default)]
struct Timeline {
    /// Invocation of each, ascending, with the earliest response from it on.
    writes: Vec<(Rank, Rank)>,
    /// How many had begun by now.
    begun: usize,
    /// Invocation and response of those in flight.
    open: Vec<(Rank, Rank)>,
}

impl Timeline {
    fn of(history: &History) -> Vec<Timeline> {
        let mut registers = vec![Timeline::default(); history.registers().len()];
        for record in history.records().iter().filter(|r| is_ok_write(history, r)) {
            registers[record.register as usize].writes.push((record.invoke, record.response));
        }
        for timeline in &mut registers {
            let mut earliest = Rank::NEVER;
            for (_, response) in timeline.writes.iter_mut().rev() {
                earliest = earliest.min(*response);
                *response = earliest;
            }
        }
        registers
    }

    fn after(&self, source: Option<Rank>) -> usize {
        source.map_or(0, |end| self.writes.partition_point(|(invoke, _)| *invoke < end))
    }

    /// How many writes began after `source` and ended before `now`.
    fn behind(&mut self, now: Rank, source: Option<Rank>) -> u64 {
        self.open.retain(|(_, response)| *response > now);
        let begun_after = self.begun.saturating_sub(self.after(source));
        let open_after = self.open.iter().filter(|(invoke, _)| source.is_none_or(|end| *invoke > end)).count();
        (begun_after - open_after) as u64
    }

    /// The earliest end of a write that began after `source`.
    fn first_end_after(&self, source: Option<Rank>) -> Option<Rank> {
        self.writes.get(self.after(source)).map(|(_, earliest)| *earliest)
    }
}

/// The time to convergence of each register that was read after its last write.
fn convergence(history: &History) -> Figures {
    let mut end = vec![None; history.registers().len()];
    for record in history.records().iter().filter(|r| is_ok_write(history, r)) {
        let end: &mut Option<Rank> = &mut end[record.register as usize];
        *end = (*end).max(Some(record.response));
    }
    let mut last_seen: Vec<Option<Seen>> = vec![None; history.registers().len()];
    let mut deviation: Vec<Option<Rank>> = vec![None; history.registers().len()];
    for record in history.records().iter().rev().filter(|r| is_read(r)) {
        let register = record.register as usize;
        let Some(end) = end[register].filter(|end| *end < record.invoke) else { continue };
        match last_seen[register] {
            None => (last_seen[register], deviation[register]) = (Some(seen(history, record)), Some(end)),
            Some(last) if deviation[register] == Some(end) && !agree(last, seen(history, record)) => {
                deviation[register] = Some(record.invoke);
            }
            Some(_) => {}
        }
    }
    let mut figures = Figures::new();
    for (end, deviation) in end.into_iter().zip(deviation) {
        if let (Some(end), Some(deviation)) = (end, deviation) {
            figures.add(elapsed(history, end, deviation));
        }
    }
    figures
}

/// Whether one state can have been seen so by both.
fn agree(a: Seen, b: Seen) -> bool {
    match (a, b) {
        (Seen::State(state), other) | (other, Seen::State(state)) => other.matches(state),
        _ => true,
    }
}

struct Figures {
    histogram: Histogram<u64>,
    max: u64,
}

impl Figures {
    fn new() -> Self {
        let histogram = Histogram::new(3).expect("three digits are within what the histogram supports");
        Self { histogram, max: 0 }
    }

    fn add(&mut self, figure: u64) {
        self.histogram.saturating_record(figure);
        self.max = self.max.max(figure);
    }

    fn distribution(&self) -> Distribution {
        let at = |quantile: f64| self.histogram.value_at_quantile(quantile).min(self.max);
        Distribution { count: self.histogram.len(), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: self.max }
    }
}
