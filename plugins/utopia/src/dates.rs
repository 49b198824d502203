//! Dates: the visual zone's own formats, ISO 8601, and the order of days.

use mrz::Date;

use crate::DateFormat;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Reads a date as a document type writes it. None unless it is exactly that, and a real day.
#[must_use]
pub fn parse(text: &str, format: DateFormat) -> Option<Date> {
    let separator = match format {
        DateFormat::DayMonthNameYear => ' ',
        DateFormat::DotsDayMonthYear => '.',
        DateFormat::SlashesDayMonthYear => '/',
    };
    let mut parts = text.trim().split(separator);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let month = match format {
        DateFormat::DayMonthNameYear => {
            u32::try_from(MONTHS.iter().position(|name| *name == month)?).ok()? + 1
        }
        _ => number(month, 2)?,
    };
    day_of(number(year, 4)?, month, number(day, 2)?)
}

/// Reads an ISO 8601 calendar date, `2026-11-24`.
#[must_use]
pub fn parse_iso(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    day_of(number(year, 4)?, number(month, 2)?, number(day, 2)?)
}

/// Writes a date in ISO 8601.
#[must_use]
pub fn to_iso(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// Whether `a` is an earlier day than `b`.
#[must_use]
pub fn is_before(a: Date, b: Date) -> bool {
    a.to_epoch_days() < b.to_epoch_days()
}

/// Whether somebody born on `birth` is at most `years` years old on `today`.
#[must_use]
pub fn is_at_most_years_old(birth: Date, today: Date, years: i32) -> bool {
    let birthday = (birth.year.saturating_add(years).saturating_add(1), birth.month, birth.day);
    (today.year, today.month, today.day) < birthday
}

fn day_of(year: u32, month: u32, day: u32) -> Option<Date> {
    let date = Date::new(i32::try_from(year).ok()?, month, day);
    date.is_well_formed().then_some(date)
}

fn number(text: &str, digits: usize) -> Option<u32> {
    let is_number = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
