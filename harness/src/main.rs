//! The command `kvspec`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kvspec::command::main().into()
}
