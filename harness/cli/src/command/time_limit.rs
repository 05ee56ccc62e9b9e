//! Times on the command line.

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

/// How long a call may take: a time such as 500ms, 90s, 10m or 8h.
///
/// # Errors
/// When it is no time, or 0, and what to write.
pub(super) fn call_timeout(text: &str) -> Result<Duration, String> {
    match amount::parse(text) {
        Ok(Amount::Time(time)) if !time.is_zero() => Ok(time),
        Err(AmountError::TooLong) => Err("the time is too long; write a time: 500ms, 90s, 10m or 8h".into()),
        _ => Err("write a time of more than nothing: 500ms, 90s, 10m or 8h".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{call_timeout, time_limit};

    #[test]
    fn a_call_takes_a_time() {
        assert_eq!(call_timeout("500ms").unwrap().as_millis(), 500);
        for text in ["10", "0s", "soon", "9999999999999999h"] {
            let fault = call_timeout(text).unwrap_err();
            assert!(fault.contains("500ms"), "{text}: {fault}");
        }
    }

    #[test]
    fn times_have_a_unit() {
        for (text, ms) in [("500ms", 500), ("90s", 90_000), ("10m", 600_000), ("8h", 28_800_000)] {
            assert_eq!(time_limit(text).unwrap().as_millis(), ms, "{text}");
        }
        for (text, help) in [
            ("10", "--cases 10"),
            ("0", "--cases 0"),
            ("0s", "--cases 0"),
            ("1.5m", "90s"),
            ("s", "90s"),
            ("5d", "90s"),
            ("9999999999999999h", "too long"),
        ] {
            let fault = time_limit(text).unwrap_err();
            assert!(fault.contains(help), "{text}: {fault}");
        }
    }
}
