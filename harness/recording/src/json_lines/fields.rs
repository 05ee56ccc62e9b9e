//! The fields of a line, before anything is asked of their meaning. Strings borrow from the line
//! where nothing in them is escaped.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

/// The first line, as far as every version has it.
#[derive(serde::Deserialize)]
pub(super) struct AnyHeader<'a> {
    #[serde(borrow, default)]
    pub(super) kvspec: Option<Text<'a>>,
    #[serde(default)]
    pub(super) version: Option<u64>,
}

/// The first line of versions 1 and 2.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderFields<'a> {
    #[serde(rename = "kvspec")]
    _kvspec: de::IgnoredAny,
    #[serde(rename = "version")]
    _version: de::IgnoredAny,
    #[serde(borrow)]
    pub(super) profile: Text<'a>,
    #[serde(borrow)]
    pub(super) clock: Text<'a>,
    #[serde(borrow, default)]
    pub(super) initial: Option<Text<'a>>,
    #[serde(default)]
    pub(super) convergence_bound_ns: Option<u64>,
    #[serde(default)]
    pub(super) convergence_bound_events: Option<u64>,
}

/// Any other line: an operation, a mark, or a fault of an answer.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineFields<'a> {
    #[serde(default)]
    pub(super) session: Option<u64>,
    #[serde(borrow, default)]
    pub(super) op: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) bucket: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) key: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) value: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) result: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) expected: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) new: Option<Scalar<'a>>,
    #[serde(default)]
    pub(super) swapped: Option<bool>,
    #[serde(default)]
    pub(super) invoke: Option<u64>,
    #[serde(rename = "return", default, deserialize_with = "given_number")]
    pub(super) response: Option<Option<u64>>,
    #[serde(borrow, default)]
    pub(super) outcome: Option<Text<'a>>,
    #[serde(default)]
    pub(super) delta: Option<i64>,
    #[serde(default)]
    pub(super) sum: Option<i128>,
    #[serde(default)]
    pub(super) handle: Option<u64>,
    #[serde(default)]
    pub(super) fresh: Option<u64>,
    #[serde(default)]
    pub(super) keys: Option<Vec<String>>,
    #[serde(default)]
    pub(super) whole: Option<bool>,
    #[serde(default)]
    pub(super) group: Option<u64>,
    #[serde(borrow, default)]
    pub(super) fault: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) detail: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) mark: Option<Text<'a>>,
    #[serde(default)]
    pub(super) at: Option<u64>,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) initial: Option<Scalar<'a>>,
}

/// A field that is there, be it `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Scalar<'de>>, D::Error> {
    Scalar::deserialize(deserializer).map(Some)
}

fn given_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A string, borrowed where it can be. (`Option<Cow<str>>` never borrows.)
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// A value, absence, or the answer of `exists`.
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Text(Cow<'a, str>),
    Base64(String),
    Id(u64),
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, null, true, false, {\"base64\":\"…\"} or {\"id\":N}")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, answer: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(answer))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let scalar = match map.next_key::<Text<'de>>()? {
            Some(Text(key)) if key == "base64" => Scalar::Base64(map.next_value()?),
            Some(Text(key)) if key == "id" => Scalar::Id(map.next_value()?),
            Some(Text(key)) => return Err(de::Error::unknown_field(&key, &["base64", "id"])),
            None => return Err(de::Error::invalid_length(0, &self)),
        };
        match map.next_key::<Text<'de>>()? {
            None => Ok(scalar),
            Some(_) => Err(de::Error::invalid_length(2, &self)),
        }
    }
}
