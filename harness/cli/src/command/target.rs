//! The target of a command, and what it declares of itself.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use clap::Args;
use kvspec_reference::anomaly::visible;
use kvspec_reference::interface::Subject;
use kvspec_reference::stores::simulated::{self, Bug};
use kvspec_suites::Declaration;

use super::time_limit::call_timeout;
use super::{complain, configured, grants};
use kvspec::configuration::{Configuration, Tried};
use kvspec::probe::{Dialect, WASI_RELEASE};
use kvspec::report::Exit;
use kvspec::run::RealClock;
use kvspec::shell::quoted;
use kvspec::subject::Grants;
use kvspec::subject::native::Native;
use kvspec::subject::process::{CALL_TIMEOUT, HostError, ProcessHost, START_TIMEOUT};
use kvspec_component::component::{self, Compiler, ComponentSubject};

/// How a target is loaded.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// What the implementation declares of itself [default: ./kvspec.toml, if there is one].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    grants: grants::Options,
    /// Runs the probe in a host of any language: the command that starts it, such as 'wasmtime run -S
    /// keyvalue {probe}'. kvspec makes the probe; `{probe}` stands for its file. What the probe is told
    /// and says goes over standard input and output.
    #[arg(long, value_name = "COMMAND")]
    host: Option<String>,
    /// The probe in the form that the host needs, such as compiled: made from what `kvspec probe` writes.
    #[arg(long, value_name = "FILE", requires = "host")]
    probe_file: Option<PathBuf>,
    /// The dialect of the interface that the host offers [default: found by trying]. See `kvspec probe --help`.
    #[arg(long, value_name = "DIALECT", requires = "host", conflicts_with = "probe_file")]
    dialect: Option<Dialect>,
    /// The release of WASI that the probe imports [default: 0.2.0].
    #[arg(long, value_name = "RELEASE", requires = "host", conflicts_with = "probe_file")]
    wasi: Option<String>,
    /// Runs the host in N processes at once, a session in each, on what they share.
    #[arg(long, value_name = "N", requires = "host")]
    processes: Option<NonZeroU16>,
    /// Run before each fresh start of the host, to empty what it keeps from one process to the next.
    #[arg(long, value_name = "COMMAND", requires = "host")]
    reset: Option<String>,
    /// How long one call of a component may compute, or of a host may take: 500ms, 90s, 10m [default: 30s
    /// for a component, 10s for a host].
    #[arg(long, value_name = "TIME", value_parser = self::call_timeout)]
    call_timeout: Option<Duration>,
    /// How much memory a component may have, in MiB [default: 512].
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..))]
    memory: Option<u32>,
    /// Gives the built-in store one of its classic bugs, to see what a failure looks like.
    #[arg(long, value_name = "NAME")]
    bug: Option<Bug>,
}

impl Options {
    /// # Errors
    /// The exit code, after the complaint was made.
    fn load_host(&self, command: &str, call_timeout: Option<Duration>) -> Result<ProcessHost, Exit> {
        let refused = |error: HostError| {
            let exit = match error {
                HostError::CommandLine(_) => Exit::Usage,
                HostError::Host(_) => Exit::NoTarget,
            };
            complain(exit, error)
        };
        let waits = || {
            let longest = START_TIMEOUT.as_secs();
            eprintln!("kvspec: waiting for the probe in `{}`, for {longest} s at most", visible(command));
        };
        let host = match &self.probe_file {
            Some(file) => ProcessHost::new_watched(command, Some(file), &waits),
            None => {
                let wasi = self.wasi.as_deref().unwrap_or(WASI_RELEASE);
                ProcessHost::with_made_probe(command, self.dialect, wasi, &waits)
            }
        };
        let host = host.map_err(refused)?;
        let host = host.with_processes(self.processes.unwrap_or(NonZeroU16::MIN));
        let host = host.with_call_timeout(call_timeout.unwrap_or(CALL_TIMEOUT));
        let host = match &self.reset {
            None => host,
            Some(reset) => host.with_reset(reset).map_err(refused)?,
        };
        if let Err(failure) = host.start(0).map(drop) {
            return Err(complain(Exit::NoTarget, format_args!("{command}: the host cannot be started: {failure}")));
        }
        Ok(host)
    }

    /// The part of a command line that names the same target, with the configuration that was used.
    fn arguments(&self, file: Option<&Path>, configuration: Option<&Path>) -> String {
        let path = |path: &Path| quoted(&path.display().to_string());
        let file = file.map(path);
        let host = self.host.as_ref().map(|command| format!("--host {}", quoted(command)));
        let probe = self.probe_file.as_ref().map(|probe| format!("--probe-file {}", path(probe)));
        let dialect = self.dialect.map(|dialect| format!("--dialect {}", dialect.words()));
        let wasi = self.wasi.as_ref().map(|release| format!("--wasi {}", quoted(release)));
        let config = configuration.map(|config| format!("--config {}", path(config)));
        let bug = self.bug.map(|bug| format!("--bug {bug}"));
        let processes = self.processes.map(|count| format!("--processes {count}"));
        let call_timeout = self.call_timeout.map(|time| format!("--call-timeout {}ms", time.as_millis()));
        let memory = self.memory.map(|mib| format!("--memory {mib}"));
        let reset = self.reset.as_ref().map(|command| format!("--reset {}", quoted(command)));
        file.into_iter()
            .chain(host)
            .chain(probe)
            .chain(dialect)
            .chain(wasi)
            .chain(processes)
            .chain(reset)
            .chain(config)
            .chain(self.grants.arguments())
            .chain(call_timeout)
            .chain(memory)
            .chain(bug)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Options that the target has no use for.
    fn misplaced(&self, file: Option<&Path>) -> Option<String> {
        let fault = match (file, &self.host) {
            (Some(_), Some(_)) => Some("--host is itself the target; leave out the component"),
            (Some(_), None) if self.bug.is_some() => Some("--bug is for the built-in store; leave out the target"),
            (None, Some(_)) if self.bug.is_some() => Some("--bug is for the built-in store; leave out --host"),
            (None, None) if self.call_timeout.is_some() => {
                Some("--call-timeout is for a component or a host; leave it out for the built-in store")
            }
            (None, _) if self.memory.is_some() => {
                Some("--memory is for a component; leave it out, or name a component")
            }
            (None, _) => {
                let option = self.grants.first()?;
                return Some(format!("{option} is for a component; leave it out, or name a component"));
            }
            _ => None,
        };
        fault.map(str::to_owned)
    }
}

/// A loaded target.
pub(super) struct Target {
    pub(super) subject: Rc<dyn Subject>,
    /// The same, where it is a host in processes of its own.
    pub(super) host: Option<Rc<ProcessHost>>,
    pub(super) declaration: Declaration,
    /// As the user named it, with what changes its behaviour; empty: the built-in store.
    pub(super) arguments: String,
    /// What was found by trying, where no configuration declares it.
    pub(super) found: Vec<String>,
    /// What it may need and does not get, a line each.
    pub(super) may_need: Vec<String>,
    configuration: Option<PathBuf>,
    is_built_in: bool,
}

impl Target {
    /// Loads the component, the host or, where neither is named, the built-in store, and tries what
    /// no configuration declares.
    ///
    /// # Errors
    /// The exit code, after the complaint was made.
    pub(super) fn load(file: Option<&Path>, options: &Options) -> Result<Self, Exit> {
        Self::load_with(file, options, |configuration, subject, may_need| {
            let tried = configuration.tried(subject, &RealClock::starting_now());
            tried.map_err(|hint| refuse_as_it_is(&hint, may_need))
        })
    }

    /// As [`Target::load`], but takes what is not declared as it is.
    ///
    /// # Errors
    /// As [`Target::load`].
    pub(super) fn load_untried(file: Option<&Path>, options: &Options) -> Result<Self, Exit> {
        Self::load_with(file, options, |configuration, _, _| {
            Ok(Tried { declaration: configuration.declaration(), found: Vec::new() })
        })
    }

    fn load_with(
        file: Option<&Path>,
        options: &Options,
        complete: impl FnOnce(Configuration, &dyn Subject, &[String]) -> Result<Tried, Exit>,
    ) -> Result<Self, Exit> {
        let configured = match (file, &options.host, options.bug) {
            (None, None, None) => configured::named_target(options.config.as_deref())?,
            _ => None,
        };
        let file = file.or(configured.as_deref());
        if let Some(fault) = options.misplaced(file) {
            return Err(complain(Exit::Usage, fault));
        }
        // The built-in store is ours: a configuration that lies about speaks of another.
        let reads_beside = file.is_some() || options.host.is_some();
        let configured = configured::load(options.config.as_deref(), reads_beside)?;
        let call_timeout = configured.as_ref().and_then(|(_, configuration)| configuration.call_timeout);
        let call_timeout = options.call_timeout.or(call_timeout);
        let granted = configured.as_ref().map(|(_, configuration)| &configuration.grants);
        if file.is_none() && granted.is_some_and(|grants| *grants != Grants::default()) {
            let what = "[grants] is for a component; leave it out, or name a component";
            return Err(complain(Exit::Usage, what));
        }
        let loading = component::Options { grants: options.grants.beside(granted), ..Default::default() };
        let Loaded { subject, host, built_in, may_need } = subject(file, options, loading, call_timeout)?;
        configured::refuse_other_profile(&configured, &*subject)?;
        let (used, configuration) = configured.unzip();
        let is_built_in = built_in.is_some();
        let Tried { declaration, found } = match (configuration, built_in) {
            (None, Some(declaration)) => Tried { declaration, found: Vec::new() },
            (configuration, _) => complete(configuration.unwrap_or_default(), &*subject, &may_need)?,
        };
        if let Some(host) = &host {
            refuse_data_of_others(host, &declaration)?;
        }
        let arguments = options.arguments(file, used.as_deref());
        Ok(Self { subject, host, declaration, arguments, found, may_need, configuration: used, is_built_in })
    }

    /// Whether it is the store of kvspec's own.
    pub(super) fn is_built_in(&self) -> bool {
        self.is_built_in
    }

    /// The configuration file that was used, or the one that would be.
    pub(super) fn configuration(&self) -> String {
        let file = self.configuration.as_deref().unwrap_or(Path::new("./kvspec.toml"));
        file.display().to_string()
    }

    /// What the report calls it.
    pub(super) fn name(&self) -> String {
        match (self.is_built_in, self.arguments.is_empty()) {
            (true, true) => "the built-in replicated store".into(),
            (true, false) => format!("the built-in replicated store with {}", self.arguments),
            (false, _) => self.arguments.clone(),
        }
    }
}

/// What implementations come from, known to start.
struct Loaded {
    subject: Rc<dyn Subject>,
    /// The same, where it is a host in processes of its own.
    host: Option<Rc<ProcessHost>>,
    /// What the built-in store declares.
    built_in: Option<Declaration>,
    /// What it may need and does not get, a line each.
    may_need: Vec<String>,
}

fn subject(
    file: Option<&Path>,
    options: &Options,
    loading: component::Options,
    call_timeout: Option<Duration>,
) -> Result<Loaded, Exit> {
    if let Some(command) = &options.host {
        let host = Rc::new(options.load_host(command, call_timeout)?);
        return Ok(Loaded { subject: host.clone(), host: Some(host), built_in: None, may_need: Vec::new() });
    }
    let Some(file) = file else {
        let (subject, declaration) = built_in(options.bug);
        return Ok(Loaded { subject, host: None, built_in: Some(declaration), may_need: Vec::new() });
    };
    let no_target = |error| complain(Exit::NoTarget, error);
    let loading = component::Options { compiler: compiler(), ..loading };
    let mut loading = match call_timeout {
        None => loading,
        Some(call_timeout) => loading.with_call_timeout(call_timeout),
    };
    if let Some(mib) = options.memory {
        loading.limits.memory_bytes = (mib as usize) << 20;
    }
    let subject = ComponentSubject::load(file, loading).map_err(no_target)?;
    subject.check_start().map_err(|mut error| {
        error.file = Some(file.to_owned());
        no_target(error)
    })?;
    let may_need = subject.may_need();
    Ok(Loaded { subject: Rc::new(subject), host: None, built_in: None, may_need })
}

/// Nothing can be asked of it as it is: since it lacks something, maybe, that an option gives.
pub(super) fn refuse_as_it_is(hint: &str, may_need: &[String]) -> Exit {
    match may_need {
        [] => complain(Exit::Usage, hint),
        _ => complain(Exit::NoTarget, format_args!("{}\n\n{hint}", may_need.join("\n"))),
    }
}

/// This program, with the command that compiles within limits.
pub(super) fn compiler() -> Option<Compiler> {
    let program = std::env::current_exe().ok()?;
    Some(Compiler { command: vec![program.into(), super::COMPILE.into()] })
}

/// A host that keeps data must be emptied between cases: else each sees what others wrote.
fn refuse_data_of_others(host: &ProcessHost, declaration: &Declaration) -> Result<(), Exit> {
    let declared = declaration.capabilities.buckets.first();
    let bucket = declared.map_or("kvspec", String::as_str);
    match host.keeps_data(bucket) {
        Ok(Some(true)) => Err(complain(
            Exit::Usage,
            "--host: a process of it still sees what an earlier one wrote, so cases would see each other's data\n  give \
             --reset COMMAND, which empties the store; it runs before each fresh start",
        )),
        // Where nothing can be written, the cases say so.
        Ok(_) => Ok(()),
        Err(failure) => Err(complain(Exit::NoTarget, format_args!("--host: {failure}"))),
    }
}

fn built_in(bug: Option<Bug>) -> (Rc<dyn Subject>, Declaration) {
    let cluster = simulated::subject(bug);
    let mut declaration = Declaration::default();
    let bound_ms = cluster.parameters.convergence_bound().as_millis();
    declaration.consistency.convergence_ms = Some(u64::try_from(bound_ms).unwrap_or(u64::MAX));
    (Rc::new(Native(cluster)), declaration)
}
