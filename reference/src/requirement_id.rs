//! The IDs of all requirements, of every profile.
//!
//! What each means is in the registry of the suites. They are named here because the oracle names
//! them: an anomaly breaks a requirement.

use std::fmt;
use std::str::FromStr;

macro_rules! requirement_ids {
    ($($variant:ident = $id:literal,)*) => {
        /// The ID of a requirement. IDs never change meaning; they are ordered as their text is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum RequirementId {
            $(#[doc = concat!("`", $id, "`")] $variant,)*
        }

        impl RequirementId {
            /// All IDs, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its text, such as `KVE-GET-01`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                }
            }
        }
    };
}

requirement_ids! {
    KveBkt01 = "KVE-BKT-01",
    KveBkt02 = "KVE-BKT-02",
    KveBkt03 = "KVE-BKT-03",
    KveBkt04 = "KVE-BKT-04",
    KveBkt05 = "KVE-BKT-05",
    KveClm01 = "KVE-CLM-01",
    KveCon01 = "KVE-CON-01",
    KveCon02 = "KVE-CON-02",
    KveCon03 = "KVE-CON-03",
    KveCon04 = "KVE-CON-04",
    KveCon05 = "KVE-CON-05",
    KveDel01 = "KVE-DEL-01",
    KveDel02 = "KVE-DEL-02",
    KveDel03 = "KVE-DEL-03",
    KveErr01 = "KVE-ERR-01",
    KveErr02 = "KVE-ERR-02",
    KveExi01 = "KVE-EXI-01",
    KveExi02 = "KVE-EXI-02",
    KveExi03 = "KVE-EXI-03",
    KveGet01 = "KVE-GET-01",
    KveGet02 = "KVE-GET-02",
    KveGet03 = "KVE-GET-03",
    KveInc01 = "KVE-INC-01",
    KveInc02 = "KVE-INC-02",
    KveInc03 = "KVE-INC-03",
    KveInt01 = "KVE-INT-01",
    KveInt02 = "KVE-INT-02",
    KveInt03 = "KVE-INT-03",
    KveKey01 = "KVE-KEY-01",
    KveKey02 = "KVE-KEY-02",
    KveKey03 = "KVE-KEY-03",
    KveOut01 = "KVE-OUT-01",
    KveOut02 = "KVE-OUT-02",
    KveSet01 = "KVE-SET-01",
    KveSet02 = "KVE-SET-02",
    KveSet03 = "KVE-SET-03",
    KveSet04 = "KVE-SET-04",
    KveVal01 = "KVE-VAL-01",
    KveVal02 = "KVE-VAL-02",
    KveVal03 = "KVE-VAL-03",
    KvsBat01 = "KVS-BAT-01",
    KvsBat02 = "KVS-BAT-02",
    KvsBat03 = "KVS-BAT-03",
    KvsBat04 = "KVS-BAT-04",
    KvsBat05 = "KVS-BAT-05",
    KvsBat06 = "KVS-BAT-06",
    KvsCas01 = "KVS-CAS-01",
    KvsCas02 = "KVS-CAS-02",
    KvsCas03 = "KVS-CAS-03",
    KvsCas04 = "KVS-CAS-04",
    KvsCas05 = "KVS-CAS-05",
    KvsCas06 = "KVS-CAS-06",
    KvsCas07 = "KVS-CAS-07",
    KvsInc01 = "KVS-INC-01",
    KvsInc02 = "KVS-INC-02",
    KvsInc03 = "KVS-INC-03",
    KvsInc04 = "KVS-INC-04",
    KvsInc05 = "KVS-INC-05",
    KvsInc06 = "KVS-INC-06",
    KvsInc07 = "KVS-INC-07",
    KvsInc08 = "KVS-INC-08",
    KvsLst01 = "KVS-LST-01",
    KvsLst02 = "KVS-LST-02",
    KvsLst03 = "KVS-LST-03",
    KvsLst04 = "KVS-LST-04",
    KvsLst05 = "KVS-LST-05",
    KvsLst06 = "KVS-LST-06",
    KvsLst07 = "KVS-LST-07",
    KvsLst08 = "KVS-LST-08",
    KvsOpn01 = "KVS-OPN-01",
    KvsRyw01 = "KVS-RYW-01",
    KvsRyw02 = "KVS-RYW-02",
    KvsRyw03 = "KVS-RYW-03",
}

/// A text that is the ID of no requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRequirement(String);

impl RequirementId {
    /// What it speaks of: its text without the number, such as `KVE-DEL`.
    pub fn group(self) -> &'static str {
        self.as_str().rsplit_once('-').map_or("", |(group, _)| group)
    }
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RequirementId {
    type Err = UnknownRequirement;

    fn from_str(text: &str) -> Result<Self, UnknownRequirement> {
        let known = Self::ALL.iter().find(|id| id.as_str() == text);
        known.copied().ok_or_else(|| UnknownRequirement(text.to_owned()))
    }
}

impl fmt::Display for UnknownRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown requirement {:?}", self.0)
    }
}

impl std::error::Error for UnknownRequirement {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_ordered_as_their_text() {
        assert!(RequirementId::ALL.is_sorted_by(|a, b| a < b && a.as_str() < b.as_str()));
    }

    #[test]
    fn a_variant_is_named_as_its_text() {
        for id in RequirementId::ALL {
            let variant = format!("{id:?}");
            assert_eq!(variant.to_ascii_uppercase(), id.as_str().replace('-', ""));
        }
    }

    #[test]
    fn text_becomes_an_id_and_back() {
        for id in RequirementId::ALL {
            assert_eq!(id.to_string().parse(), Ok(*id));
        }
        for unknown in ["", "KVE-GET-99", "kve-get-01", " KVE-GET-01", "KveGet01"] {
            let error = unknown.parse::<RequirementId>().unwrap_err();
            assert_eq!(error.to_string(), format!("unknown requirement {unknown:?}"));
        }
    }

    #[test]
    fn an_id_can_be_padded() {
        assert_eq!(
            format!("{:>12}|{:<12}|", RequirementId::KveGet01, RequirementId::KvsCas07),
            "  KVE-GET-01|KVS-CAS-07  |"
        );
    }
}
