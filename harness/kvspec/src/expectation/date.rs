//! A day, on which an expectation ends.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i64,
    /// 1 to 12.
    month: u8,
    /// 1 to 31.
    day: u8,
}

const DAY_S: u64 = 86_400;

impl Date {
    /// Today, by the clock of this machine.
    pub fn today() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::of_day(i64::try_from(since.as_secs() / DAY_S).unwrap_or(i64::MAX))
    }

    /// The day so many days after 1 January 1970, as "chrono-Compatible Low-Level Date Algorithms" (Howard
    /// Hinnant, `civil_from_days`) finds it.
    fn of_day(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Months are counted from March: the day that is left out is the last one.
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year, month: month as u8, day: day as u8 }
    }

    /// The day of a date of TOML.
    ///
    /// # Errors
    /// When it has a time, or is nothing but that.
    pub(super) fn of_toml(date: toml::value::Datetime) -> Result<Self, String> {
        match (date.date, date.time) {
            (Some(date), None) => Ok(Self { year: i64::from(date.year), month: date.month, day: date.day }),
            _ => Err(format!("expires = {date}: write a day alone, such as 2027-03-31")),
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_787, "2026-11-30"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Date::of_day(days).to_string(), text);
        }
        // Each day comes after the one before.
        assert!((0..200_000).all(|day| Date::of_day(day) < Date::of_day(day + 1)));
    }
}
