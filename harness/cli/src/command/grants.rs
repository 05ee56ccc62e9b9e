//! What a component is given beyond the sandbox: options, in wasmtime's words.

use std::str::FromStr;

use clap::Args;
use kvspec::shell::quoted;
use kvspec::subject::{BuiltIn, Directory, Grants};

/// The options of all commands that load a component.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// Gives a component an environment variable. Repeatable.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    env: Vec<(String, String)>,
    /// Gives a component a folder for its files, such as ::/data: in memory, and empty before each case.
    /// Repeatable.
    #[arg(long, value_name = "::GUEST")]
    dir: Vec<Directory>,
    /// Gives a component what it asks of WASI: config-var=KEY=VALUE, for wasi:config. Repeatable.
    #[arg(short = 'S', value_name = "OPTION")]
    system: Vec<System>,
    /// Gives a component that imports wasi:keyvalue itself, such as a cache, a store of kvspec's own:
    /// built-in (replicated, eventually consistent), built-in:perfect, or built-in:failing.
    #[arg(long, value_name = "STORE")]
    plug: Option<BuiltIn>,
    /// Where a store declares that its data outlives an instance, ends instances by a crash of the machine:
    /// what was not synced is lost.
    #[arg(long, requires = "dir")]
    crash: bool,
}

/// One `-S`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum System {
    /// `wasi:config` is offered.
    Config,
    /// And gives this.
    ConfigVariable(String, String),
}

impl FromStr for System {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "config" {
            return Ok(System::Config);
        }
        let Some(variable) = text.strip_prefix("config-var=") else {
            return Err("write config-var=KEY=VALUE, or config for one without any".into());
        };
        let (key, value) = variable.split_once('=').ok_or("write it as config-var=KEY=VALUE")?;
        Ok(System::ConfigVariable(key.to_owned(), value.to_owned()))
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let named = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = named.ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Options {
    /// What they grant, and what the configuration does; of what both name, the options count.
    pub(super) fn beside(&self, configured: Option<&Grants>) -> Grants {
        let mut grants = Grants {
            dir: self.dir.clone(),
            env: self.env.iter().cloned().collect(),
            plug: self.plug,
            crash: self.crash,
            ..Grants::default()
        };
        for option in &self.system {
            let config = grants.config.get_or_insert_default();
            if let System::ConfigVariable(key, value) = option {
                config.insert(key.clone(), value.clone());
            }
        }
        configured.cloned().unwrap_or_default().and(grants)
    }

    /// The part of a command line that grants the same.
    pub(super) fn arguments(&self) -> impl Iterator<Item = String> {
        let environment = self.env.iter().map(|(name, value)| format!("--env {}", quoted(&format!("{name}={value}"))));
        let folders = self.dir.iter().map(|folder| format!("--dir {}", quoted(&folder.to_string())));
        let system = self.system.iter().map(|option| match option {
            System::Config => "-S config".to_owned(),
            System::ConfigVariable(key, value) => format!("-S {}", quoted(&format!("config-var={key}={value}"))),
        });
        let plug = self.plug.map(|store| format!("--plug {store}"));
        let crash = self.crash.then(|| "--crash".to_owned());
        environment.chain(folders).chain(system).chain(plug).chain(crash)
    }

    /// The first of them that is there: none has a use where no component is loaded.
    pub(super) fn first(&self) -> Option<&'static str> {
        let given = [
            ("--env", !self.env.is_empty()),
            ("--dir", !self.dir.is_empty()),
            ("-S", !self.system.is_empty()),
            ("--plug", self.plug.is_some()),
        ];
        given.into_iter().find_map(|(option, is_given)| is_given.then_some(option))
    }
}
