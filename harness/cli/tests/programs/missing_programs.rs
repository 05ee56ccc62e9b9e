//! What becomes of tests on a machine without their programs.

use std::process::{Command, Output};

use kvspec::conformance::trials::{Failed, Trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("it_is_skipped_with_the_reason_elsewhere", || {
            let output = run_without_programs("")?;
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("ignored (redis-server is not installed"), "{text}");
            assert!(text.contains("0 passed; 0 failed; 1 ignored"), "{text}");
            Ok(())
        }),
        Trial::test("it_fails_in_ci", || {
            let output = run_without_programs("true")?;
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(!output.status.success() && text.contains("redis-server is not installed"), "{text}");
            assert!(text.contains("0 passed; 1 failed; 0 ignored"), "{text}");
            Ok(())
        }),
    ]
}

/// Runs a test of this program that needs redis-server, where no program is found.
fn run_without_programs(ci: &str) -> Result<Output, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--exact", "redis_replica::promoting_a_stale_replica_loses_the_last_write", "--color", "never"]);
    Ok(command.env("PATH", "/nowhere").env("CI", ci).output()?)
}
