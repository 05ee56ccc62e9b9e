//! The probe as a file, for hosts that are given one.

use std::io;
use std::path::{Path, PathBuf};

use super::component::component;
use super::dialect::Dialect;

/// The probe as the bytes of a component.
///
/// # Errors
/// When `wasi` is no release: `0.2.0` is one.
pub fn binary(dialect: &Dialect, wasi: &str) -> io::Result<Vec<u8>> {
    let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
    if !is_release(wasi) {
        return Err(wrong(format!("{wasi:?} is not a release of WASI 0.2; write it as 0.2.0")));
    }
    wat::parse_str(component(dialect, wasi)).map_err(|e| wrong(e.to_string()))
}

fn is_release(wasi: &str) -> bool {
    let numbers: Vec<&str> = wasi.split('.').collect();
    let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    matches!(numbers[..], ["0", "2", _]) && numbers.iter().all(is_number)
}

/// A file with the probe among the temporary files. It stays: it is the same for every run that needs
/// this probe.
///
/// # Errors
/// As [`binary`], and when the file cannot be written.
pub fn temporary(dialect: &Dialect, wasi: &str) -> io::Result<PathBuf> {
    let bytes = binary(dialect, wasi)?;
    let name = format!("kvspec-probe-{}-{wasi}", dialect.words().replace(['@', ',', '='], "-"));
    let kept = std::env::temp_dir().join(&name).with_extension(format!("{}.wasm", env!("CARGO_PKG_VERSION")));
    if holds(&kept, &bytes) {
        return Ok(kept);
    }
    // Another process may be writing the same; and a file of somebody else may be in the way.
    let own = std::env::temp_dir().join(format!("{name}-{}.wasm", std::process::id()));
    std::fs::write(&own, &bytes)?;
    Ok(if std::fs::rename(&own, &kept).is_ok() { kept } else { own })
}

fn holds(file: &Path, bytes: &[u8]) -> bool {
    std::fs::read(file).is_ok_and(|found| found == bytes)
}

#[cfg(test)]
mod tests {
    use super::super::dialect::{EventualDialect, GetMany, StoreDialect, VERSIONS};
    use super::*;

    #[test]
    fn each_dialect_has_a_probe() {
        for version in VERSIONS {
            let whole = StoreDialect::whole(version);
            for get_many in GetMany::ALL {
                let dialect = StoreDialect { get_many: Some(get_many), ..whole };
                let bytes = binary(&dialect.into(), "0.2.3").unwrap();
                assert!(bytes.starts_with(b"\0asm") && bytes.len() < 8192, "{} bytes", bytes.len());
            }
            binary(&StoreDialect::store(version).into(), "0.2.0").unwrap();
        }
        for dialect in EventualDialect::all() {
            let bytes = binary(&dialect.into(), "0.2.3").unwrap();
            assert!(bytes.len() < 8192, "{} bytes", bytes.len());
        }
        for odd in ["", "0.2", "0.3.0", "0.2.x", "0.2.0-rc", "0.2.0.1"] {
            assert!(binary(&StoreDialect::store(VERSIONS[0]).into(), odd).is_err(), "{odd}");
        }
    }
}
