//! The pipes of a process, each served by a thread of its own: nobody who calls a host waits for a
//! pipe, and what the host writes without being asked takes no memory.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How much of what a process says on standard error is kept: the last so many bytes.
const ERRORS_BYTES_MAX: usize = 2048;

/// What comes from a process.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A line, without its end.
    Line(String),
    /// Something that is no line of text, and what.
    NoText(String),
    /// Nothing will come: it has closed its output or its input.
    End,
    /// Nothing was waited for any more.
    CutOff,
}

/// Writes to a process what is sent, until the sender is gone: then the process sees the end of its
/// input. A process that has closed its input is reported as ended.
pub(super) fn write(mut input: impl Write + Send + 'static, heard: SyncSender<Heard>) -> Sender<Vec<u8>> {
    let (say, calls) = channel::<Vec<u8>>();
    thread::spawn(move || {
        for call in calls {
            if input.write_all(&call).and_then(|()| input.flush()).is_err() {
                // Nobody hears it only when nobody asks any more.
                let _ = heard.send(Heard::End);
                return;
            }
        }
    });
    say
}

/// Reads the lines of a process until it has closed its output, or said what is no line of text.
/// A line may have so many bytes.
pub(super) fn read(output: impl Read + Send + 'static, line_bytes_max: u64, heard: SyncSender<Heard>) {
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let line = next_line(&mut output, line_bytes_max);
            let is_last = !matches!(line, Heard::Line(_));
            if heard.send(line).is_err() || is_last {
                return;
            }
        }
    });
}

fn next_line(output: &mut BufReader<impl Read>, bytes_max: u64) -> Heard {
    let mut line = Vec::new();
    // With the byte that ends it.
    let read = output.by_ref().take(bytes_max.saturating_add(1)).read_until(b'\n', &mut line);
    if !matches!(read, Ok(1..)) {
        return Heard::End;
    }
    if line.last() != Some(&b'\n') && line.len() as u64 > bytes_max {
        return Heard::NoText(format!("it wrote a line of more than {bytes_max} bytes, which no answer has"));
    }
    line.truncate(line.trim_ascii_end().len());
    match String::from_utf8(line) {
        Ok(line) => Heard::Line(line),
        Err(error) => {
            let start: String = String::from_utf8_lossy(error.as_bytes()).chars().take(80).collect();
            Heard::NoText(format!("it wrote a line that is not UTF-8: {start:?}"))
        }
    }
}

/// What a process said last on standard error, and the message of its last panic, after which a long
/// backtrace may come.
pub(super) struct LastWords {
    kept: Arc<Mutex<Words>>,
    /// Nothing is ever sent: it is cut off when all has been read.
    end: Receiver<()>,
}

impl LastWords {
    pub(super) fn of(mut output: impl Read + Send + 'static) -> Self {
        let kept = Arc::new(Mutex::new(Words::default()));
        let (until_end, end) = channel();
        let keeps = kept.clone();
        thread::spawn(move || {
            let _until_end = until_end;
            let mut part = [0; 1024];
            while let Ok(read @ 1..) = output.read(&mut part) {
                keeps.lock().unwrap_or_else(PoisonError::into_inner).hear(&part[..read]);
            }
        });
        Self { kept, end }
    }

    /// The text; its end is waited for, for so long at most.
    pub(super) fn text(&self, at_most: Duration) -> String {
        let _ = self.end.recv_timeout(at_most);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).text()
    }
}

/// Bounded, whatever is said.
#[derive(Default)]
struct Words {
    last: VecDeque<u8>,
    /// The line under way, as far as it is kept.
    line: Vec<u8>,
    /// The last line that tells of a panic, and the one after it, which has the message.
    panic: Vec<u8>,
    /// How many lines that message still wants.
    wanted: usize,
}

/// How much of a line of a panic is kept.
const PANIC_LINE_BYTES_MAX: usize = 500;
/// The line that tells of a panic, and its message.
const PANIC_LINES: usize = 2;

impl Words {
    fn hear(&mut self, bytes: &[u8]) {
        self.last.extend(bytes);
        let excess = self.last.len().saturating_sub(ERRORS_BYTES_MAX);
        self.last.drain(..excess);
        for &byte in bytes {
            match byte {
                b'\n' => self.end_line(),
                _ if self.line.len() < PANIC_LINE_BYTES_MAX => self.line.push(byte),
                _ => {}
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.windows(PANICKED.len()).any(|part| part == PANICKED) {
            self.panic.clear();
            self.wanted = PANIC_LINES;
        }
        if self.wanted > 0 {
            self.wanted -= 1;
            self.panic.extend(line);
            self.panic.push(b'\n');
        }
    }

    /// The message of a panic comes first, and once.
    fn text(&self) -> String {
        let last: Vec<u8> = self.last.iter().copied().collect();
        let (last, panic) = (String::from_utf8_lossy(&last), String::from_utf8_lossy(&self.panic));
        match last.contains(panic.trim()) {
            true => last.trim().to_owned(),
            false => format!("{}\n... {}", panic.trim(), last.trim()),
        }
    }
}

/// What tells of a panic of Rust.
const PANICKED: &[u8] = b"panicked at";

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    fn heard(output: &'static [u8]) -> Vec<Heard> {
        let (say, heard) = sync_channel(1);
        read(output, 4, say);
        heard.into_iter().collect()
    }

    #[test]
    fn lines_come_without_their_ends() {
        let line = |text: &str| Heard::Line(text.into());
        assert_eq!(heard(b"ok\r\nlong\n\nend"), [line("ok"), line("long"), line(""), line("end"), Heard::End]);
    }

    #[test]
    fn what_is_no_line_of_text_ends_the_reading() {
        for (output, why) in [(&b"ok\nendless"[..], "more than 4 bytes"), (b"ok\n\xff\xfe\nok\n", "not UTF-8")] {
            let heard = heard(output);
            assert_eq!((heard.len(), &heard[0]), (2, &Heard::Line("ok".into())), "{heard:?}");
            assert!(matches!(&heard[1], Heard::NoText(text) if text.contains(why)), "{heard:?}");
        }
    }

    #[test]
    fn a_panic_is_not_lost_in_its_backtrace() {
        let said = "starting\nthread 'main' panicked at src/store.rs:7:9:\nno such row\nstack backtrace:\n";
        let frames = "  12: core::ops::function::FnOnce::call_once\n".repeat(1_000);
        let all: &'static str = Box::leak(format!("{said}{frames}").into_boxed_str());
        let text = LastWords::of(all.as_bytes()).text(Duration::from_secs(1_000));
        assert!(text.starts_with("thread 'main' panicked at src/store.rs:7:9:\nno such row\n..."), "{text}");
        assert_eq!(text.matches("no such row").count(), 1);
        let short = LastWords::of(said.as_bytes()).text(Duration::from_secs(1_000));
        assert_eq!(short, said.trim());
    }

    #[test]
    fn the_last_words_are_kept() {
        let words = LastWords::of(std::io::repeat(b'x').take(10_000).chain(&b" so\n"[..]));
        let text = words.text(Duration::from_secs(1_000));
        assert!(text.ends_with("x so") && text.len() < ERRORS_BYTES_MAX, "{text}");
    }
}
