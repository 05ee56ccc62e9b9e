//! Draws operations: time downwards, a column per session.
//!
//! ```text
//!  time  session 0           session 1           session 2
//!     1  ─ set k = "v1"
//!     3  ┌ set k = "v2"
//!     4  │                   ─ get k -> "v2"
//!     6  │                                       ─ get k -> "v1"
//!     8  └ ok
//! ```
//!
//! `┌` is the invocation and `└` the response, with the result; `│` between them shows what
//! overlaps. An operation during which nothing else of the drawing happens is one line, `─`.
//! Without an answer an operation stays open: `┊`, down to the end of the drawing or to the next
//! operation of its session, though it may take effect later than that.
//!
//! Values and keys that are too long for the columns get a letter and a line in the legend. Where
//! even that does not fit, the operations are a list. Nothing that a store returns reaches the
//! terminal unescaped.

mod labels;

use std::fmt::Write as _;

use kvspec_reference::History;
use kvspec_reference::history::{ClockUnit, Rank};

use labels::Labels;

/// With which characters lines are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Charset {
    /// Box-drawing characters.
    #[default]
    Boxes,
    /// Plain ASCII.
    Ascii,
}

struct Marks {
    invocation: char,
    running: char,
    response: char,
    whole: char,
    unanswered: char,
}

impl Charset {
    fn marks(self) -> Marks {
        match self {
            Charset::Boxes => {
                Marks { invocation: '┌', running: '│', response: '└', whole: '─', unanswered: '┊' }
            }
            Charset::Ascii => Marks { invocation: '+', running: '|', response: '+', whole: '-', unanswered: ':' },
        }
    }
}

/// Draws these operations (indices into the records, in any order) in at most `width` columns,
/// with box-drawing characters. Every line ends with a line feed.
pub fn draw(history: &History, operations: &[usize], width: usize) -> String {
    draw_with(history, operations, width, Charset::Boxes)
}

/// As [`draw`], with the number of each operation, as texts that speak of `#3` need it.
pub fn draw_numbered(history: &History, operations: &[usize], width: usize) -> String {
    drawing(history, operations, width, Charset::Boxes, true)
}

/// As [`draw_numbered`], with these characters.
pub fn draw_numbered_with(history: &History, operations: &[usize], width: usize, charset: Charset) -> String {
    drawing(history, operations, width, charset, true)
}

/// As [`draw`], with these characters.
pub fn draw_with(history: &History, operations: &[usize], width: usize, charset: Charset) -> String {
    drawing(history, operations, width, charset, false)
}

fn drawing(history: &History, operations: &[usize], width: usize, charset: Charset, is_numbered: bool) -> String {
    let mut operations = operations.to_vec();
    operations.sort_unstable();
    operations.dedup();
    if operations.is_empty() {
        return "(no operations)\n".into();
    }
    let mut sessions: Vec<u16> = operations.iter().map(|&i| history.records()[i].session).collect();
    sessions.sort_unstable();
    sessions.dedup();
    let rows = rows(history, &operations, &sessions);
    let clock = RowClock::new(history, &rows);
    for labels in Labels::from_plain_to_short(history, &operations, is_numbered) {
        let table = Table::new(&sessions, &rows, &clock, &labels);
        if table.width() <= width {
            return table.text(&charset.marks()) + &labels.legend();
        }
    }
    list(history, &operations, is_numbered)
}

/// What happens in one line of the drawing.
struct Row {
    /// The rank of the event; `None` where the row only shows what is still open.
    rank: Option<u32>,
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Nothing,
    Invocation(usize),
    Running,
    Response(usize),
    Whole(usize),
    Unanswered,
    /// The first line of being unanswered.
    NoAnswer,
}

/// One row an event, in order; invocation and response that follow one another share a row.
fn rows(history: &History, operations: &[usize], sessions: &[u16]) -> Vec<Row> {
    let column = |i: usize| sessions.binary_search(&history.records()[i].session).expect("every session has a column");
    let mut events: Vec<(u32, usize)> = Vec::new();
    for &i in operations {
        let record = &history.records()[i];
        events.push((record.invoke.place(), i));
        if record.response != Rank::NEVER {
            events.push((record.response.place(), i));
        }
    }
    events.sort_unstable();
    let mut rows = Vec::new();
    let mut in_flight = vec![Cell::Nothing; sessions.len()];
    let mut at = 0;
    while at < events.len() {
        let (rank, i) = events[at];
        // A session that goes on without an answer: say so before its next operation covers it.
        if in_flight[column(i)] == Cell::NoAnswer {
            push_row(&mut rows, None, in_flight.clone(), &mut in_flight);
        }
        let mut cells = in_flight.clone();
        let is_whole = events.get(at + 1).is_some_and(|next| next.1 == i);
        let is_invocation = history.records()[i].invoke == Rank::at(rank);
        let (cell, after) = match () {
            () if is_whole => (Cell::Whole(i), Cell::Nothing),
            () if is_invocation && history.records()[i].response == Rank::NEVER => {
                (Cell::Invocation(i), Cell::NoAnswer)
            }
            () if is_invocation => (Cell::Invocation(i), Cell::Running),
            () => (Cell::Response(i), Cell::Nothing),
        };
        cells[column(i)] = cell;
        push_row(&mut rows, Some(rank), cells, &mut in_flight);
        in_flight[column(i)] = after;
        at += if is_whole { 2 } else { 1 };
    }
    if in_flight.iter().any(|cell| *cell != Cell::Nothing) {
        rows.push(Row { rank: None, cells: in_flight });
    }
    rows
}

/// Adds a row; what it says need not be said again.
fn push_row(rows: &mut Vec<Row>, rank: Option<u32>, cells: Vec<Cell>, in_flight: &mut [Cell]) {
    for cell in in_flight {
        *cell = if *cell == Cell::NoAnswer { Cell::Unanswered } else { *cell };
    }
    rows.push(Row { rank, cells });
}

/// The times of the rows: readings of a counter as they are, nanoseconds since the first row.
struct RowClock {
    texts: Vec<String>,
}

impl RowClock {
    fn new(history: &History, rows: &[Row]) -> Self {
        let times: Vec<Option<u64>> =
            rows.iter().map(|row| row.rank.and_then(|rank| history.time(Rank::at(rank)))).collect();
        let start = times.first().copied().flatten().unwrap_or(0);
        let text = |time: &Option<u64>| match (time, history.header().clock) {
            (None, _) => String::new(),
            (Some(time), ClockUnit::Counter) => time.to_string(),
            (Some(time), ClockUnit::Nanoseconds) => duration_text(time - start),
        };
        Self { texts: times.iter().map(text).collect() }
    }

    fn width(&self) -> usize {
        self.texts.iter().map(String::len).max().unwrap_or(0).max("time".len())
    }
}

/// A duration in the greatest unit that keeps it at least one, with up to three decimals.
pub fn duration_text(ns: u64) -> String {
    let (unit, ns_per_unit) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => ("us", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => ("s", 1_000_000_000),
    };
    let thousandths = ns % ns_per_unit * 1000 / ns_per_unit;
    let decimals = format!("{thousandths:03}");
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{}{point}{decimals} {unit}", ns / ns_per_unit)
}

/// Blanks between columns.
const GAP: usize = 2;
/// A mark and the blank after it.
const MARK_WIDTH: usize = 2;

/// The drawing as text in columns.
struct Table<'a> {
    heads: Vec<String>,
    rows: &'a [Row],
    texts: Vec<Vec<String>>,
    clock: &'a RowClock,
    widths: Vec<usize>,
}

impl<'a> Table<'a> {
    fn new(sessions: &[u16], rows: &'a [Row], clock: &'a RowClock, labels: &Labels<'_>) -> Self {
        let text = |cell: &Cell| match *cell {
            Cell::Invocation(i) => labels.call(i),
            Cell::Response(i) => labels.ending(i),
            Cell::Whole(i) if labels.ending(i) == "ok" => labels.call(i),
            Cell::Whole(i) => format!("{} -> {}", labels.call(i), labels.ending(i)),
            Cell::NoAnswer => "no answer".into(),
            Cell::Nothing | Cell::Running | Cell::Unanswered => String::new(),
        };
        let texts: Vec<Vec<String>> = rows.iter().map(|row| row.cells.iter().map(text).collect()).collect();
        let heads: Vec<String> = sessions.iter().map(|session| format!("session {session}")).collect();
        let cell_width = |text: &String| MARK_WIDTH + text.chars().count();
        let widths = (0..sessions.len())
            .map(|column| texts.iter().map(|row| cell_width(&row[column])).max().unwrap_or(0).max(heads[column].len()))
            .collect();
        Self { heads, rows, texts, clock, widths }
    }

    fn width(&self) -> usize {
        1 + self.clock.width() + self.widths.iter().map(|width| GAP + width).sum::<usize>()
    }

    fn text(&self, marks: &Marks) -> String {
        let mut text = self.line("time", self.heads.iter().cloned());
        for ((row, texts), time) in self.rows.iter().zip(&self.texts).zip(&self.clock.texts) {
            let cells = row.cells.iter().zip(texts).map(|(cell, text)| match marks.of(*cell) {
                None => String::new(),
                Some(mark) => format!("{mark} {text}"),
            });
            text.push_str(&self.line(time, cells));
        }
        text
    }

    fn line(&self, time: &str, cells: impl Iterator<Item = String>) -> String {
        let mut line = format!(" {time:>width$}", width = self.clock.width());
        for (cell, width) in cells.zip(&self.widths) {
            let blanks = width - cell.trim_end().chars().count();
            let _ = write!(line, "{:GAP$}{}{:blanks$}", "", cell.trim_end(), "");
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }
}

impl Marks {
    fn of(&self, cell: Cell) -> Option<char> {
        match cell {
            Cell::Nothing => None,
            Cell::Invocation(_) => Some(self.invocation),
            Cell::Running => Some(self.running),
            Cell::Response(_) => Some(self.response),
            Cell::Whole(_) => Some(self.whole),
            Cell::Unanswered | Cell::NoAnswer => Some(self.unanswered),
        }
    }
}

/// A line an operation, with the times of its events.
fn list(history: &History, operations: &[usize], is_numbered: bool) -> String {
    let time = |rank| history.time(rank).map_or("never".into(), |time| time.to_string());
    let times: Vec<(String, String)> =
        operations.iter().map(|&i| (time(history.records()[i].invoke), time(history.records()[i].response))).collect();
    let width = |pick: fn(&(String, String)) -> &String| times.iter().map(|t| pick(t).len()).max().unwrap_or(0);
    let (from_width, to_width) = (width(|t| &t.0), width(|t| &t.1));
    let mut text = String::new();
    for ((from, to), &i) in times.iter().zip(operations) {
        let number = if is_numbered { format!("#{i} ") } else { String::new() };
        let _ = writeln!(text, " {from:>from_width$} to {to:<to_width$}  {number}{}", history.operation_text(i));
    }
    text
}
