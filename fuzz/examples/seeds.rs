//! Writes a small corpus to begin with: `cargo run -p kvspec-fuzz --example seeds -- [FOLDER]`, by
//! default `fuzz/corpus`, where cargo fuzz looks.

use std::path::Path;
use std::process::ExitCode;

use kvspec_fuzz::inputs;
// With the coverage that libFuzzer steers by, code links only against libFuzzer: `.ci/run` builds this
// program together with the targets.
#[cfg(feature = "libfuzzer")]
use libfuzzer_sys as _;

/// How many inputs of random bytes each target gets that makes workloads of them.
const NOISE: usize = 64;

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "fuzz/corpus".into());
    let noise = || inputs::noise(1, NOISE).collect::<Vec<_>>();
    let texts = |texts: Vec<String>| texts.into_iter().map(String::into_bytes).collect::<Vec<_>>();
    for (target, inputs) in [
        ("store_single_session", noise()),
        ("store_many_sessions", noise()),
        ("component", noise()),
        ("history_judge", texts(inputs::history_texts())),
        ("configuration_workload", texts(inputs::file_texts())),
    ] {
        if let Err(error) = write(&Path::new(&folder).join(target), &inputs) {
            eprintln!("seeds: {folder}/{target}: {error}");
            return ExitCode::FAILURE;
        }
        println!("{folder}/{target}: {} inputs", inputs.len());
    }
    ExitCode::SUCCESS
}

fn write(folder: &Path, inputs: &[Vec<u8>]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    inputs
        .iter()
        .enumerate()
        .try_for_each(|(number, input)| std::fs::write(folder.join(format!("seed-{number}")), input))
}
