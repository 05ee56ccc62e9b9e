//! How much is to be run: a number, or a time with its unit.

use std::time::Duration;

/// A number alone, or a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Of what, the option says.
    Number(u64),
    /// That long.
    Time(Duration),
}

/// Why a text is no amount. What to write instead, the option says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountError {
    /// It is neither a number nor a number with a unit: ms, s, m or h.
    Form,
    /// No clock tells such a time.
    TooLong,
}

/// Reads one: digits alone, or digits and one of `ms`, `s`, `m`, `h`.
///
/// # Errors
/// [`AmountError`].
pub fn parse(text: &str) -> Result<Amount, AmountError> {
    let number_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let number: u64 = number.parse().map_err(|_| AmountError::Form)?;
    let ms_per_unit = match unit {
        "" => return Ok(Amount::Number(number)),
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(AmountError::Form),
    };
    number.checked_mul(ms_per_unit).map(|ms| Amount::Time(Duration::from_millis(ms))).ok_or(AmountError::TooLong)
}
