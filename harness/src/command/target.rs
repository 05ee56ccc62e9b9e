//! The target of a command, and what it declares of itself.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::Args;
use kvspec_reference::interface::Subject;
use kvspec_reference::simulated::{self, Bug};
use kvspec_suites::Declaration;

use super::complain;
use crate::configuration::Configuration;
use crate::report::Exit;
use crate::subject::component::{self, ComponentSubject};
use crate::subject::native::Native;
use crate::subject::process::ProcessHost;

/// How a target is loaded.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// What the implementation declares of itself [default: ./kvspec.toml, if there is one].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Gives a component an environment variable. Repeatable.
    #[arg(long, value_name = "NAME=VALUE", value_parser = environment_variable)]
    env: Vec<(String, String)>,
    /// Runs the probe in a host of any language: the command that starts it, `{probe}` in it being the
    /// probe's file. What the probe is told and says goes over standard input and output.
    #[arg(long, value_name = "COMMAND")]
    host: Option<String>,
    /// The probe, built from harness/probe for wasm32-wasip2.
    #[arg(long, value_name = "FILE", requires = "host")]
    probe_file: Option<PathBuf>,
    /// Runs the host in N processes at once, a session in each, on what they share.
    #[arg(long, value_name = "N", requires = "host")]
    processes: Option<NonZeroU16>,
    /// Run before each fresh start of the host, to empty what it keeps from one process to the next.
    #[arg(long, value_name = "COMMAND", requires = "host")]
    reset: Option<String>,
    /// Gives the built-in store one of its classic bugs, to see what a failure looks like.
    #[arg(long, value_name = "NAME")]
    bug: Option<Bug>,
}

impl Options {
    /// # Errors
    /// The exit code, after the complaint was made.
    fn load_host(&self, command: &str) -> Result<ProcessHost, Exit> {
        let host = ProcessHost::new(command, self.probe_file.as_deref()).map_err(|e| complain(Exit::NoTarget, e))?;
        let host = host.with_processes(self.processes.unwrap_or(NonZeroU16::MIN));
        match &self.reset {
            None => Ok(host),
            Some(reset) => host.with_reset(reset).map_err(|e| complain(Exit::Usage, e)),
        }
    }

    /// The part of a command line that names the same target.
    fn arguments(&self, file: Option<&Path>) -> String {
        let file = file.map(|file| file.display().to_string());
        let config = self.config.as_ref().map(|config| format!("--config {}", config.display()));
        let environment = self.env.iter().map(|(name, value)| format!("--env {name}={value}"));
        let bug = self.bug.map(|bug| format!("--bug {bug}"));
        let host = self.host.as_ref().map(|command| format!("--host {}", quoted(command)));
        let probe = self.probe_file.as_ref().map(|probe| format!("--probe-file {}", probe.display()));
        let processes = self.processes.map(|count| format!("--processes {count}"));
        let reset = self.reset.as_ref().map(|command| format!("--reset {}", quoted(command)));
        file.into_iter()
            .chain(host)
            .chain(probe)
            .chain(processes)
            .chain(reset)
            .chain(config)
            .chain(environment)
            .chain(bug)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// As one word of a shell's command line.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

pub(super) fn environment_variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The file read where `--config` names none.
pub(super) const CONFIGURATION_FILE: &str = "kvspec.toml";

/// A loaded target.
pub(super) struct Target {
    pub(super) subject: Rc<dyn Subject>,
    /// The same, where it is a host in processes of its own.
    pub(super) host: Option<Rc<ProcessHost>>,
    pub(super) declaration: Declaration,
    /// As the user named it, with what changes its behaviour; empty: the built-in store.
    pub(super) arguments: String,
    /// What was found by trying, where no configuration declares it.
    pub(super) found: Option<String>,
}

impl Target {
    /// Loads the component, or the built-in store where none is named.
    ///
    /// # Errors
    /// The exit code, after the complaint was made.
    pub(super) fn load(file: Option<&Path>, options: &Options) -> Result<Self, Exit> {
        let mut host = None;
        let (subject, default): (Rc<dyn Subject>, _) = match (file, &options.host) {
            (Some(_), Some(_)) => {
                return Err(complain(Exit::Usage, "--host is itself the target; leave out the component"));
            }
            (None, Some(command)) => {
                let loaded = Rc::new(options.load_host(command)?);
                host = Some(loaded.clone());
                (loaded, Declaration::default())
            }
            (None, None) => built_in(options.bug),
            (Some(_), None) if options.bug.is_some() => {
                return Err(complain(Exit::Usage, "--bug is for the built-in store; leave out the target"));
            }
            (Some(file), None) => {
                let loading = component::Options { environment: options.env.clone(), ..Default::default() };
                let subject = ComponentSubject::load(file, loading).map_err(|e| complain(Exit::NoTarget, e))?;
                (Rc::new(subject), Declaration::default())
            }
        };
        let beside = Path::new(CONFIGURATION_FILE);
        let configuration = match &options.config {
            Some(file) => Some(file.as_path()),
            // The built-in store is ours: a configuration that lies about speaks of another.
            None => ((file.is_some() || options.host.is_some()) && beside.exists()).then_some(beside),
        };
        let (mut declaration, mut found) = (default, None);
        match configuration {
            Some(file) => declaration = configured(file, &*subject).map_err(|e| complain(Exit::Usage, e))?,
            // Nobody promised streams, so a store that has none is not to blame.
            None if declaration.capabilities.streaming && Declaration::refuses_streams(&*subject) => {
                declaration.capabilities.streaming = false;
                let place = "declare it in kvspec.toml, or promise streams there";
                found = Some(format!("found by trying: capabilities.streaming = false ({place})"));
            }
            None => {}
        }
        if let Some(host) = &host {
            refuse_data_of_others(host, &declaration)?;
        }
        Ok(Self { subject, host, declaration, arguments: options.arguments(file), found })
    }

    /// What the report calls it.
    pub(super) fn name(&self) -> String {
        if self.arguments.is_empty() { "the built-in replicated store".into() } else { self.arguments.clone() }
    }
}

/// The declaration in a configuration file that speaks of this subject's profile, or of none.
fn configured(file: &Path, subject: &dyn Subject) -> Result<Declaration, String> {
    let configuration = Configuration::load(file).map_err(|error| error.to_string())?;
    match &configuration.profile {
        Some(profile) if profile != subject.profile() => Err(format!(
            "{}: profile = \"{profile}\", but the target offers {}\n  write profile = \"{}\", or leave the line out: \
             the profile is found from the target",
            file.display(),
            subject.offer(),
            subject.profile()
        )),
        _ => Ok(configuration.declaration()),
    }
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
