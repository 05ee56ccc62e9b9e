//! The program that every test is: a component made of `harness/program`.

use kvspec_reference::Profile;
use wasmparser::{Parser, Payload};

/// The folder of its sources in the repository.
pub const SOURCES: &str = "harness/program";

/// The profile that a program imports.
///
/// # Errors
/// When it is no component, or imports no profile whose cases there are.
pub fn profile_of(bytes: &[u8]) -> Result<Profile, String> {
    let store = imports(bytes)?.into_iter().find(|name| name.starts_with("wasi:keyvalue/store@"));
    let store = store.ok_or("it imports no wasi:keyvalue/store, so it is not the program of kvspec")?;
    store.trim_start_matches("wasi:keyvalue/").parse().map_err(|_| format!("it imports {store}, which is no profile"))
}

/// The names of what a component imports.
fn imports(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(|error| format!("it is no component: {error}"))? {
            Payload::Version { encoding, .. } => {
                if depth == 0 && encoding != wasmparser::Encoding::Component {
                    return Err("it is a core module, not a component: build for wasm32-wasip2".into());
                }
                depth += 1;
            }
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    names.push(import.map_err(|error| format!("it is no component: {error}"))?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_what_it_imports() {
        let of = |text: &str| profile_of(&wat::parse_str(text).unwrap());
        for profile in [Profile::StoreDraft, Profile::StoreDraft2] {
            let text = format!("(component (import \"wasi:keyvalue/{profile}\" (instance)))");
            assert_eq!(of(&text), Ok(profile));
        }
        for (text, said) in [
            ("(component)", "not the program"),
            ("(component (component (import \"wasi:keyvalue/store@0.2.0-draft\" (instance))))", "not the program"),
            ("(component (import \"wasi:keyvalue/store@9.0.0\" (instance)))", "no profile"),
            ("(module)", "core module"),
        ] {
            assert!(of(text).unwrap_err().contains(said), "{text}");
        }
        assert!(profile_of(b"no").is_err());
    }
}
