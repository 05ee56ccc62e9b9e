//! Numbers in a declaration: a fault says what to write.

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// A number that can be left out; the text is what to write.
struct Whole(&'static str);

impl Visitor<'_> for Whole {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        u64::try_from(number).map(Some).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// A time in milliseconds.
pub(super) fn milliseconds<'de, D: Deserializer<'de>>(field: D) -> Result<Option<u64>, D::Error> {
    field.deserialize_any(Whole("milliseconds as a number of 0 or more without a unit, such as 500"))
}

/// A limit.
pub(super) fn count<'de, D: Deserializer<'de>>(field: D) -> Result<Option<usize>, D::Error> {
    let wanted = "a number of 1 or more without a unit, such as 1024; without a limit, leave the line out";
    let number = field.deserialize_any(Whole(wanted))?;
    number.map(|number| usize::try_from(number).map_err(|_| D::Error::custom("the number is too great"))).transpose()
}
