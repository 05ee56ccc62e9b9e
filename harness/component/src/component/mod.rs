//! A wasm component that exports the interface, run in the sandbox.
//!
//! Functions are looked up by name and checked by type, not bound to one WIT text: so both
//! published shapes of `incoming-value-consume-*` load, and any release of `wasi:io`.

mod call_watch;
mod condition;
pub mod counted;
mod eventual;
mod failed_call;
mod inspect;
mod live;
mod resources;
mod store;
mod streams;
mod succession;
mod thread_time;
mod trial_compilation;

use kvspec_reference::Profile;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kvspec_reference::interface::{Failure, Implementation, Result, Subject};
use wasmtime::component::{Component, InstancePre};
use wasmtime::{Cache, CacheConfig, Config, Engine};

use kvspec::subject::{Grants, Hangs, LoadError};

use succession::{Starts, Succession};

use crate::sandbox::{self, Estate, Limits, Missing, Sandbox};

pub(crate) use call_watch::{CallWatch, CutOff, START};
pub(crate) use condition::Condition;
pub(crate) use failed_call::COPIED_BYTES_MAX;
pub use failed_call::PRINTED;
pub use trial_compilation::{Compiler, compile_within_limits};

/// How often is looked at a call that computes, in milliseconds.
const TICK_MS: u64 = 100;

/// The environment variable by which a component learns the seed of its instance.
pub const SEED_VARIABLE: &str = "KVSPEC_SEED";

/// How a component is loaded.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What it may use.
    pub limits: Limits,
    /// Its environment variables, beside those of its grants.
    pub environment: Vec<(String, String)>,
    /// What it is given beyond the sandbox.
    pub grants: Grants,
    /// Where compiled code is kept between runs; `None`: the user's cache folder. All components of a
    /// process share one engine, so that of the first one loaded holds for all.
    pub cache_folder: Option<PathBuf>,
    /// Where it is compiled before it is compiled here; `None`: nowhere, so that nothing limits what its
    /// compilation takes.
    pub compiler: Option<Compiler>,
    /// Whether each call may take its whole time, however many of its kind did not end.
    pub waits_for_every_hang: bool,
}

impl Options {
    /// How long one call may compute: see [`Limits::call_timeout`].
    #[must_use]
    pub fn with_call_timeout(mut self, call_timeout: Duration) -> Self {
        self.limits.call_timeout = call_timeout;
        self
    }

    /// Refuses what is no component, or takes too much to compile.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn try_out(&self, bytes: &[u8]) -> std::result::Result<(), LoadError> {
        inspect::refuse_what_is_no_component(bytes)?;
        self.compiler.as_ref().map_or(Ok(()), |compiler| compiler.try_out(bytes))
    }

    fn hangs(&self) -> Hangs {
        let call_timeout = self.limits.call_timeout;
        let hangs = Hangs::limited_to(call_timeout);
        if self.waits_for_every_hang { hangs } else { hangs.then((call_timeout / SHORT_PART).max(SHORT_LEAST)) }
    }
}

/// The part of its time that a call may take once two of its kind did not end.
const SHORT_PART: u32 = 100;
/// What it may take at least.
const SHORT_LEAST: Duration = Duration::from_millis(TICK_MS);

/// A loaded component: compiled, linked and checked, ready to be instantiated many times.
pub struct ComponentSubject {
    pre: InstancePre<Sandbox>,
    exports: Exports,
    options: Options,
    /// Of all instances, so that a hang of one is known to those that come after it.
    hangs: Arc<Hangs>,
}

/// Which profile a component exports, and what is needed to call it.
enum Exports {
    Eventual(Box<eventual::Indices>),
    Store(kvspec::probe::StoreDialect),
}

impl ComponentSubject {
    /// Loads a component from a file, binary or text.
    ///
    /// # Errors
    /// When the file cannot be read, is no component, or does not export the interface.
    pub fn load(file: &Path, options: Options) -> std::result::Result<Self, LoadError> {
        let in_file = |mut error: LoadError| {
            error.file = Some(file.to_owned());
            error
        };
        let bytes = std::fs::read(file).map_err(|e| {
            let help = "give the path of a component (.wasm), or no target for the built-in store";
            in_file(LoadError { file: None, fault: format!("cannot be read: {e}"), help: help.into() })
        })?;
        Self::from_bytes(&bytes, options).map_err(in_file)
    }

    /// Loads a component from its bytes, binary or text.
    ///
    /// # Errors
    /// As [`ComponentSubject::load`].
    pub fn from_bytes(bytes: &[u8], options: Options) -> std::result::Result<Self, LoadError> {
        options.try_out(bytes)?;
        let fault = |what: &str, help: &str, e: wasmtime::Error| LoadError {
            file: None,
            fault: format!("{what}: {e:#}"),
            help: help.into(),
        };
        let engine = engine(options.cache_folder.as_deref())
            .map_err(|e| fault("the engine cannot start", "this is a fault of kvspec: please report it", e))?;
        let component = Component::new(&engine, bytes).map_err(|e| {
            fault("is not a valid component", "build it anew, and check it with `wasm-tools validate`", e)
        })?;
        let exports = match crate::dialect::of_exports(&component, &engine)? {
            Some(dialect) => Exports::Store(dialect),
            None => Exports::Eventual(Box::new(inspect::find_functions(&component, &engine)?)),
        };
        let missing = sandbox::missing_imports(&engine, &component, &options.grants);
        if !missing.is_empty() {
            return Err(not_granted(&missing));
        }
        let linker = sandbox::linker(&engine, &component)
            .and_then(|linker| linker.instantiate_pre(&component))
            .map_err(|e| {
                let help = "the sandbox offers wasi:io, cli, clocks, filesystem and random of 0.2; remove other imports of types";
                fault("imports what the sandbox does not offer", help, e)
            })?;
        let hangs = Arc::new(options.hangs());
        Ok(Self { pre: linker, exports, options, hangs })
    }
}

impl ComponentSubject {
    /// Starts an instance and checks the types of its functions: what is wrong here is wrong before
    /// anything was asked of the implementation.
    ///
    /// # Errors
    /// When it traps as it starts, or a function has another type than the interface's.
    pub fn check_start(&self) -> std::result::Result<(), LoadError> {
        let Err(failure) = self.start(0).map(drop) else { return Ok(()) };
        let build = match &self.exports {
            Exports::Eventual(_) => inspect::BUILD_AGAINST,
            Exports::Store(_) => "build it against the WIT of wasi-keyvalue at v0.2.0-draft or v0.2.0-draft2",
        };
        Err(match failure {
            Failure::Trap(why) => LoadError {
                file: None,
                fault: format!("traps as it starts: {why}"),
                help: match why.contains("exceeds memory limits") {
                    true => "it needs more memory to begin with than it may have: give it more (`--memory`)".into(),
                    false => "nothing of the interface was called yet: look at its start function".into(),
                },
            },
            failure => LoadError { file: None, fault: failure.to_string(), help: build.into() },
        })
    }

    /// What it can ask for and does not get, since nothing says whether it does: each with the option that
    /// gives it.
    pub fn may_need(&self) -> Vec<String> {
        let wants_files =
            self.options.grants.dir.is_empty() && sandbox::opens_files(self.pre.engine(), self.pre.component());
        let files = "it imports wasi:filesystem, and no folder is granted: give it one with --dir ::/data";
        wants_files.then(|| files.to_owned()).into_iter().collect()
    }
}

impl Starts for ComponentSubject {
    fn sandbox(&self, seed: u64, left: Option<&Estate>) -> Result<Sandbox> {
        let Options { environment, grants, limits, .. } = &self.options;
        let mut all = grants.env.clone();
        all.extend(environment.iter().cloned());
        all.insert(SEED_VARIABLE.into(), seed.to_string());
        let all = all.into_iter().collect();
        let sandbox = match left {
            None => Sandbox::new(seed, all, grants, limits),
            Some(left) => Sandbox::after(left, seed, all, grants, limits),
        };
        sandbox.map_err(|why| Failure::Harness(format!("{why:#}")))
    }

    fn instance(&self, sandbox: Sandbox) -> Result<Box<dyn Implementation + '_>> {
        Ok(match &self.exports {
            Exports::Eventual(functions) => {
                Box::new(live::Instance::start(&self.pre, functions, sandbox, &self.hangs)?)
            }
            Exports::Store(dialect) => {
                Box::new(store::start_with(&self.pre, dialect, sandbox, &self.hangs, |_, _| Ok(()))?.0)
            }
        })
    }
}

impl Subject for ComponentSubject {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        // Without files, nothing outlives an instance.
        match self.options.grants.dir.is_empty() {
            true => self.instance(self.sandbox(seed, None)?),
            false => Ok(Box::new(Succession::begin(self, seed)?)),
        }
    }

    fn profile(&self) -> Profile {
        match &self.exports {
            Exports::Eventual(_) => Profile::Eventual,
            Exports::Store(dialect) => dialect.profile(),
        }
    }

    fn offer(&self) -> String {
        match &self.exports {
            Exports::Eventual(_) => self.profile().to_string(),
            Exports::Store(dialect) => dialect.to_string(),
        }
    }
}

/// All that is missing at once, each with the option that grants it.
fn not_granted(missing: &[Missing]) -> LoadError {
    let imports: Vec<&str> = missing.iter().map(|missing| &*missing.import).collect();
    let help = missing.iter().map(|Missing { import, option }| match option {
        Some(option) => format!("{import}: give it with {option}"),
        None => format!(
            "{import}: plug a component into it that offers this (`wac plug`), or test it in its runtime (`--host`)"
        ),
    });
    LoadError {
        file: None,
        fault: format!("imports what it is not granted: {}", imports.join(", ")),
        help: help.collect::<Vec<_>>().join("\n  "),
    }
}

/// The engine of this process; made on first use, when the cache folder is decided.
pub(crate) fn engine(cache_folder: Option<&Path>) -> wasmtime::Result<Engine> {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    if let Some(engine) = ENGINE.get() {
        return Ok(engine.clone());
    }
    let mut config = Config::new();
    config.epoch_interruption(true);
    // A folder that cannot be made or written costs time, not the run.
    let mut cache = CacheConfig::new();
    if let Some(folder) = cache_folder {
        cache.with_directory(folder);
    }
    config.cache(Cache::new(cache).ok());
    let engine = ENGINE.get_or_init(|| {
        let engine = Engine::new(&config).expect("the configuration is fixed and valid");
        let ticking = engine.weak();
        let tick = move || {
            while let Some(engine) = ticking.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::park_timeout(Duration::from_millis(TICK_MS));
            }
        };
        std::thread::Builder::new().name("kvspec-epoch".into()).spawn(tick).expect("a thread can be started");
        engine
    });
    Ok(engine.clone())
}
