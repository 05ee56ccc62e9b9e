//! `wasmtime run` and `wasmtime compile` of crates.io, unmodified. The program itself cannot be had as a
//! dependency; its commands can, and so share what they are built of with the other hosts.

use clap::Parser;
use wasmtime_cli::commands::{CompileCommand, RunCommand};

#[derive(Parser)]
#[command(name = "wasmtime")]
enum Wasmtime {
    /// Runs a component.
    Run(RunCommand),
    /// Compiles a component.
    Compile(CompileCommand),
}

fn main() -> wasmtime::Result<()> {
    match Wasmtime::parse() {
        Wasmtime::Run(command) => command.execute(),
        Wasmtime::Compile(command) => command.execute(),
    }
}
