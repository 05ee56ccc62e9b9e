//! Times on the command line of `run`.

use std::time::Duration;

use kvspec::amount::{self, Amount, AmountError};

/// A time such as 500ms, 90s, 10m or 8h.
///
/// # Errors
/// When it is no time, or 0, and what to write.
pub(super) fn time_limit(text: &str) -> Result<Duration, String> {
    const FORM: &str = "write a time: 500ms, 90s, 10m or 8h";
    match amount::parse(text) {
        Ok(Amount::Number(number)) => Err(format!("{FORM}; for a number of workloads, --cases {number}")),
        Ok(Amount::Time(Duration::ZERO)) => Err("no time tries nothing: for no random workloads, --cases 0".into()),
        Ok(Amount::Time(time)) => Ok(time),
        Err(AmountError::Form) => Err(FORM.into()),
        Err(AmountError::TooLong) => Err(format!("the time is too long; {FORM}")),
    }
}

#[cfg(test)]
mod tests {
    use super::time_limit;

    #[test]
    fn times_have_a_unit() {
        for (text, ms) in [("500ms", 500), ("90s", 90_000), ("10m", 600_000), ("8h", 28_800_000)] {
            assert_eq!(time_limit(text).unwrap().as_millis(), ms, "{text}");
        }
        for (text, mend) in [
            ("10", "--cases 10"),
            ("0", "--cases 0"),
            ("0s", "--cases 0"),
            ("1.5m", "90s"),
            ("s", "90s"),
            ("5d", "90s"),
            ("9999999999999999h", "too long"),
        ] {
            let fault = time_limit(text).unwrap_err();
            assert!(fault.contains(mend), "{text}: {fault}");
        }
    }
}
