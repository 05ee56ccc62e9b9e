//! The command `kvspec`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kvspec_cli::command::main().into()
}
