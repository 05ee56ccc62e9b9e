//! What is tested: a store with what its user chose.

use std::ffi::OsStr;
use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kvspec_reference::Profile;
use kvspec_reference::interface::{Failure, Implementation, Result, Subject};
use kvspec_suites::{Declaration, cases};

use crate::configuration::refusal_to_create;
use crate::expectation::{Circumstances, Date, Expectations};
use crate::run::RealClock;
use crate::subject::native::Native;
use crate::subject::panics::guarded;

/// The seed, unless another is named.
const DEFAULT_SEED: u64 = 1;
/// What a user chose.
pub(super) struct Settings {
    pub(super) profile: Option<Profile>,
    pub(super) declaration: Declaration,
    pub(super) seed: u64,
    pub(super) is_serial: bool,
    pub(super) reset: Option<Reset>,
    pub(super) expectations: Expectations,
    /// How long each search begins new workloads.
    pub(super) real_time: Option<Duration>,
}

/// Empties what stores share; or says why it cannot.
pub(super) type Reset = Box<dyn Fn() -> std::result::Result<(), String> + Send + Sync>;

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: None,
            declaration: Declaration::default(),
            seed: DEFAULT_SEED,
            is_serial: false,
            reset: None,
            expectations: Expectations::default(),
            real_time: None,
        }
    }
}

/// What all tests share.
pub(super) struct Tested {
    subject: Native<Arc<dyn Subject + Send + Sync>>,
    pub(super) profile: Profile,
    pub(super) settings: Settings,
    turn: Mutex<()>,
}

impl Tested {
    /// Checks what can be checked before the first store is started.
    pub(super) fn new(
        subject: Arc<dyn Subject + Send + Sync>,
        mut settings: Settings,
    ) -> std::result::Result<Self, String> {
        let profile = settings.profile.unwrap_or_else(|| subject.profile());
        settings.seed = seed(std::env::var_os("KVSPEC_SEED").as_deref(), settings.seed)?;
        let faults: Vec<String> = settings.declaration.faults().iter().map(ToString::to_string).collect();
        if !faults.is_empty() {
            return Err(format!("the declaration cannot be used\n{}", faults.join("\n")));
        }
        let faults = settings.expectations.faults_for(profile);
        if !faults.is_empty() {
            return Err(faults.join("\n"));
        }
        let circumstances = Circumstances { profile, target: None, today: Date::today() };
        settings.expectations = std::mem::take(&mut settings.expectations).in_force(&circumstances);
        if cases::of(profile).is_empty() {
            return Err(format!("there are no cases of {profile}, so nothing would be tested"));
        }
        Ok(Self { subject: Native(subject), profile, settings, turn: Mutex::new(()) })
    }

    /// Whether there is a bucket to work in; where none is declared, a store is started to see.
    pub(super) fn check_that_buckets_open(&self) -> std::result::Result<(), String> {
        let capabilities = &self.settings.declaration.capabilities;
        if !capabilities.creates_buckets || !capabilities.buckets.is_empty() {
            return Ok(());
        }
        let _turn = self.turn()?;
        let persistence = self.settings.declaration.errors.persistence();
        let clock = RealClock::starting_now();
        let Some(failure) = refusal_to_create(self, &clock, persistence) else { return Ok(()) };
        Err(format!(
            "opening a bucket creates none ({failure}), so there is none to work in: give a Declaration with \
             capabilities.creates_buckets = false, and in capabilities.buckets the name of one that exists"
        ))
    }

    /// Whether tests wait for each other.
    pub(super) fn is_one_at_a_time(&self) -> bool {
        self.settings.is_serial || self.settings.reset.is_some()
    }

    /// Waits until no other test has a store, where that is wanted; ends when the result is dropped.
    pub(super) fn turn(&self) -> std::result::Result<Turn<'_>, String> {
        if !self.is_one_at_a_time() {
            return Ok(Turn { _in_process: None, _among_processes: None });
        }
        let in_process = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let among_processes = lock_of_program().map_err(|e| format!("tests cannot wait for each other: {e}"))?;
        Ok(Turn { _in_process: Some(in_process), _among_processes: Some(among_processes) })
    }

    pub(super) fn reset(&self) -> Result<()> {
        let Some(reset) = &self.settings.reset else { return Ok(()) };
        // What a reset does wrong is not the store's fault, not even a panic.
        guarded(|| reset().map_err(Failure::Setup)).map_err(|failure| match failure {
            Failure::Trap(why) => Failure::Setup(format!("the reset {why}")),
            failure => failure,
        })
    }
}

/// The store is emptied before each start, where that is needed.
impl Subject for Tested {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        self.reset()?;
        self.subject.start(seed)
    }

    fn profile(&self) -> Profile {
        self.profile
    }

    fn offer(&self) -> String {
        self.subject.offer()
    }
}

/// Held while a test has a store that no other test may have.
pub(super) struct Turn<'a> {
    _in_process: Option<MutexGuard<'a, ()>>,
    _among_processes: Option<File>,
}

/// A lock that all processes of this program share: nextest gives each test one of its own.
fn lock_of_program() -> std::io::Result<File> {
    let program = std::env::current_exe()?;
    let name: String =
        program.to_string_lossy().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    // The end of it tells programs apart: the hash that cargo puts there.
    let end = name.len().saturating_sub(100);
    let file = File::create(std::env::temp_dir().join(format!("kvspec{}.lock", &name[end..])))?;
    file.lock()?;
    Ok(file)
}

/// The seed that the environment names, else this one.
fn seed(named: Option<&OsStr>, seed: u64) -> std::result::Result<u64, String> {
    let Some(text) = named else { return Ok(seed) };
    let number = text.to_str().and_then(|text| text.parse().ok());
    number.ok_or_else(|| format!("KVSPEC_SEED is {text:?}: it must be a whole number from 0 to 2^64 - 1"))
}
