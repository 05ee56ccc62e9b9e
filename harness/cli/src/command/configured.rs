//! The `kvspec.toml` of a command: which file is used, and whether it speaks of the target.

use std::path::{Path, PathBuf};

use kvspec_reference::interface::Subject;

use super::complain;
use kvspec::configuration::Configuration;
use kvspec::report::Exit;

/// The file read where `--config` names none.
const CONFIGURATION_FILE: &str = "kvspec.toml";

/// The configuration of a target and its file: the one named, or the one beside, if there is one
/// and `reads_beside` allows it.
///
/// # Errors
/// The exit code, after the complaint was made: it cannot be read.
pub(super) fn load(named: Option<&Path>, reads_beside: bool) -> Result<Option<(PathBuf, Configuration)>, Exit> {
    let beside = Path::new(CONFIGURATION_FILE);
    let Some(file) = named.or((reads_beside && beside.exists()).then_some(beside)) else { return Ok(None) };
    let configuration = Configuration::load(file).map_err(|e| complain(Exit::Usage, e))?;
    Ok(Some((file.to_owned(), configuration)))
}

/// The component that a configuration names, where the command line names no target.
///
/// # Errors
/// As [`load`].
pub(super) fn named_target(named: Option<&Path>) -> Result<Option<PathBuf>, Exit> {
    let Some((file, configuration)) = load(named, true)? else { return Ok(None) };
    let folder = file.parent().unwrap_or(Path::new(""));
    Ok(configuration.target.map(|target| folder.join(target)))
}

/// Refuses a configuration that speaks of another target than this.
///
/// # Errors
/// The exit code, after the complaint was made: it is of another profile.
pub(super) fn refuse_other_profile(
    loaded: &Option<(PathBuf, Configuration)>,
    subject: &dyn Subject,
) -> Result<(), Exit> {
    let Some((file, configuration)) = loaded else { return Ok(()) };
    if let Some(declared) = &configuration.profile
        && *declared != subject.profile()
    {
        return Err(complain(
            Exit::Usage,
            format_args!(
                "{}: profile = \"{declared}\", but the target offers {}\n  write profile = \"{}\", or leave the \
                 line out: the profile is found from the target",
                file.display(),
                subject.offer(),
                subject.profile()
            ),
        ));
    }
    Ok(())
}
