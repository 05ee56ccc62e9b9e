//! One violation that is known.

use std::fmt;

use kvspec_reference::{Anomaly, RequirementId};
use serde::Deserialize;

use super::circumstances::{Circumstances, When, WhenFields};
use super::date::Date;
use crate::selection::Pattern;

/// A violation that is known.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// Which cases show it, the random workloads among them.
    pub id: Pattern,
    /// The requirement that they break; `None`: any.
    pub requirement: Option<RequirementId>,
    /// Why it is there, and stays.
    pub reason: String,
    /// Where it is discussed.
    pub issue: Option<String>,
    /// The last day on which it is expected.
    pub expires: Option<Date>,
    /// When it is meant at all.
    pub when: When,
    /// The line of its file, from 1, where it comes from one.
    pub line: Option<usize>,
    /// Whether its last day is over.
    pub(super) is_over: bool,
}

/// As it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields {
    id: toml::Spanned<String>,
    requirement: Option<String>,
    reason: String,
    issue: Option<String>,
    expires: Option<toml::value::Datetime>,
    when: Option<WhenFields>,
}

impl Expectation {
    /// Any violation of the cases whose names match, for this reason.
    ///
    /// # Errors
    /// When the pattern is none, or there is no reason.
    pub fn new(id: &str, reason: &str) -> Result<Self, String> {
        let id = toml::Spanned::new(0..0, id.into());
        let fields = Fields { id, requirement: None, reason: reason.into(), issue: None, expires: None, when: None };
        Ok(Self { line: None, ..fields.checked("")? })
    }

    /// Of this requirement only.
    pub fn of(self, requirement: RequirementId) -> Self {
        Self { requirement: Some(requirement), ..self }
    }

    /// Discussed there.
    pub fn discussed_at(self, issue: &str) -> Self {
        Self { issue: Some(issue.into()), ..self }
    }

    /// Whether a failure with these anomalies is what was expected.
    pub fn is_met_by(&self, anomalies: &[Anomaly]) -> bool {
        self.is_of(anomalies.first().map(|anomaly| anomaly.requirement))
    }

    pub(super) fn is_of(&self, broken: Option<RequirementId>) -> bool {
        self.requirement.is_none_or(|id| broken == Some(id))
    }

    /// As it is on this day.
    pub(super) fn on_day_of(self, circumstances: &Circumstances<'_>) -> Self {
        Self { is_over: self.expires.is_some_and(|last| last < circumstances.today), ..self }
    }

    /// What to do about it when nothing meets it any more.
    pub fn stale_text(&self) -> String {
        let what = self.requirement.map_or("any violation", RequirementId::as_str);
        format!("{what} is expected of {}, and did not come: remove the expectation", self.id)
    }

    /// What to do about it when its last day is over and it is still met.
    pub fn expired_text(&self) -> String {
        let last = self.expires.map(|date| date.to_string()).unwrap_or_default();
        format!("{} was expected until {last}, and is still there ({self}): fix it, or set another date", self.id)
    }
}

impl Fields {
    /// The expectation; `text`: of the whole file.
    pub(super) fn checked(self, text: &str) -> Result<Expectation, String> {
        let Self { id, requirement, reason, issue, expires, when } = self;
        let line = text.get(..id.span().start).map(|before| before.matches('\n').count() + 1);
        let id = id.into_inner();
        let pattern = id.parse().map_err(|fault| format!("id = {id:?}: {fault}"))?;
        let unknown = |text: &str| format!("requirement = {text:?} is not known: `kvspec list` names them");
        let requirement = requirement.map(|text| text.parse().map_err(|_| unknown(&text))).transpose()?;
        if reason.trim().is_empty() {
            return Err("reason is empty: say why the violation is known and stays".into());
        }
        let expires = expires.map(Date::of_toml).transpose()?;
        let when = when.map(WhenFields::checked).transpose()?.unwrap_or_default();
        Ok(Expectation { id: pattern, requirement, reason, issue, expires, when, line, is_over: false })
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        self.issue.as_ref().map_or(Ok(()), |issue| write!(f, " ({issue})"))
    }
}
