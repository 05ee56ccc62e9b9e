//! What becomes of kvspec when it meets a specimen.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much memory kvspec and each of its helpers may take, in KiB.
const MEMORY_KIB_MAX: i64 = 1 << 20;
/// By this environment variable, the processes of a specimen are known.
const MARK: &str = "KVSPEC_HOSTILE_SPECIMEN";

/// A command that runs, with its whole output in a file. Only one runs at a time, so that each has the machine.
pub(crate) struct Running {
    pub(crate) process: Child,
    mark: String,
    output: std::path::PathBuf,
    _alone: MutexGuard<'static, ()>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Met {
    pub(crate) status: ExitStatus,
    pub(crate) output: String,
    memory_kib: i64,
    left_behind: Vec<u32>,
}

/// Starts kvspec with these arguments.
pub(crate) fn start(arguments: &[&str]) -> Running {
    static ALONE: Mutex<()> = Mutex::new(());
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mark = format!("{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let output = crate::scratch(&format!("{mark}.output"), b"");
    let file = || Stdio::from(File::options().append(true).open(&output).expect("the output is there"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.args(arguments).current_dir(output.parent().expect("it is in a folder")).env(MARK, &mark);
    hear_signals(&mut command);
    let process = command.stdin(Stdio::null()).stdout(file()).stderr(file()).spawn().expect("kvspec can be started");
    Running { process, mark, output, _alone: alone }
}

/// Lets it hear the signals that whoever started the tests ignores, as `nohup` does: kvspec leaves them ignored.
fn hear_signals(command: &mut Command) {
    let hear = || {
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            // SAFETY: the default disposition is no function.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        Ok(())
    };
    // SAFETY: between fork and exec, it calls nothing but `signal`, which is safe there.
    unsafe { command.pre_exec(hear) };
}

/// Runs kvspec with these arguments, and holds it to its bounds.
pub(crate) fn meet(arguments: &[&str]) -> Met {
    start(arguments).end()
}

impl Running {
    /// Waits for its end, and holds it to its bounds.
    pub(crate) fn end(self) -> Met {
        let (status, memory_kib) = wait(self.process.id());
        let output = std::fs::read_to_string(&self.output).expect("kvspec writes UTF-8");
        std::fs::remove_file(&self.output).expect("the output can be removed");
        let met = Met { status, output, memory_kib, left_behind: left_behind(&self.mark) };
        assert!(met.memory_kib < MEMORY_KIB_MAX, "it took {} KiB: {met:#?}", met.memory_kib);
        assert!(met.left_behind.is_empty(), "{met:#?}");
        met
    }

    /// The output so far.
    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(&self.output).expect("kvspec writes UTF-8")
    }

    /// The processes that run for it, itself among them.
    pub(crate) fn processes(&self) -> Vec<u32> {
        marked(&self.mark)
    }
}

impl Met {
    /// Demands this exit code, and each of these texts in the output.
    #[track_caller]
    pub(crate) fn ends(self, exit: i32, texts: &[&str]) {
        assert_eq!(self.status.code(), Some(exit), "{self:#?}");
        for text in texts {
            assert!(self.output.contains(text), "{text:?} is not in {self:#?}");
        }
    }
}

/// Waits for a process; with the most memory that it or one of its children took, in KiB.
fn wait(process: u32) -> (ExitStatus, i64) {
    let process = i32::try_from(process).expect("a process has an i32");
    let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: both pointers are to memory of ours of the right types; of a `rusage`, any bits are valid.
    let (waited, usage) = unsafe {
        let waited = libc::wait4(process, &mut status, 0, usage.as_mut_ptr());
        (waited, usage.assume_init())
    };
    assert_eq!(waited, process, "{}", std::io::Error::last_os_error());
    (ExitStatus::from_raw(status), usage.ru_maxrss)
}

/// How often is looked again whether processes have gone that were ended.
const LOOKS_MAX: usize = 1_000;

/// The processes that stay. One that was ended may take a moment to go.
fn left_behind(mark: &str) -> Vec<u32> {
    for _ in 0..LOOKS_MAX {
        if marked(mark).is_empty() {
            return Vec::new();
        }
        std::thread::yield_now();
    }
    marked(mark)
}

/// The processes that have this mark. What is a zombie has ended.
fn marked(mark: &str) -> Vec<u32> {
    let entry = format!("{MARK}={mark}");
    let processes = std::fs::read_dir("/proc").expect("Linux has /proc").flatten();
    let numbers = processes.filter_map(|process| process.file_name().to_str()?.parse::<u32>().ok());
    numbers
        .filter(|number| {
            let environment = std::fs::read(format!("/proc/{number}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == entry.as_bytes())
        })
        .collect()
}
