//! Which cases are run: `--filter` and `--skip`.

use kvspec_suites::Case;

/// The name of the random workloads among the cases, for `--filter` and `--skip`.
pub const RANDOM_WORKLOADS: &str = "eventual::random_workloads";
/// The name of those whose sessions are processes of their own.
pub const CONCURRENT_WORKLOADS: &str = "eventual::concurrent_workloads";

/// A pattern over case names. With `*`, `?` or `[…]` it is a glob on whole parts between `::`
/// (`**` spans parts); without, it selects every name that contains it.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    glob: Option<glob::Pattern>,
}

impl std::str::FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let has_glob = text.contains(['*', '?', '[']);
        let glob = has_glob.then(|| glob::Pattern::new(&text.replace("::", "/"))).transpose();
        let glob = glob.map_err(|e| format!("{} at character {}", e.msg, e.pos + 1))?;
        Ok(Self { text: text.to_owned(), glob })
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pattern {
    /// Whether the name of a case matches.
    pub fn matches(&self, name: &str) -> bool {
        let options = glob::MatchOptions { require_literal_separator: true, ..Default::default() };
        match &self.glob {
            Some(glob) => glob.matches_with(&name.replace("::", "/"), options),
            None => name.contains(&self.text),
        }
    }
}

/// The cases of a run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// A case is selected when one of these matches; all are when there is none.
    pub filter: Vec<Pattern>,
    /// A case is left out when one of these matches.
    pub skip: Vec<Pattern>,
}

impl Selection {
    /// Whether a case is selected.
    pub fn selects(&self, name: &str) -> bool {
        (self.filter.is_empty() || self.filter.iter().any(|p| p.matches(name)))
            && !self.skip.iter().any(|p| p.matches(name))
    }

    /// The selected cases of a profile, in the order of the suite.
    pub fn cases(&self, profile: &str) -> Vec<&'static Case> {
        kvspec_suites::cases::of(profile).into_iter().filter(|case| self.selects(case.name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_parts_and_words_match_anywhere() {
        for (pattern, name, expected) in [
            ("delete", "eventual::delete::absent_key_is_ok", true),
            ("eventual::*::absent*", "eventual::delete::absent_key_is_ok", true),
            ("eventual::*", "eventual::delete::absent_key_is_ok", false),
            ("**::absent_key_is_ok", "eventual::delete::absent_key_is_ok", true),
            ("*", "eventual::delete::absent_key_is_ok", false),
        ] {
            let parsed: Pattern = pattern.parse().unwrap();
            assert_eq!(parsed.matches(name), expected, "{pattern} on {name}");
        }
        assert!("a[".parse::<Pattern>().is_err());
    }
}
