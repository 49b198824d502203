//! Dates of a visual zone whose form nobody told, by what they are the date of.

use mrz::Date;

use super::no_end::states_no_end;
use super::{is_at_most_years_old, is_before, parse_any};
use crate::text::is_blank;

/// Nobody known has lived longer than 122 years.
const GREATEST_AGE_YEARS: i32 = 130;
/// No document with a machine-readable zone is older.
const FIRST_YEAR: i32 = 1950;
/// No card is valid for longer: those of old holders are for the rest of a life.
const LONGEST_VALIDITY_YEARS: i32 = 120;
/// The year in which documents without an end are dated.
pub(crate) const NO_END_YEAR: i32 = 9999;

/// Why a date was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// There is none: the field is empty, or struck out.
    Blank,
    /// It can't be read in one way alone.
    Form,
    /// The year can't be one of the Gregorian calendar: it is misread, or of the Buddhist, the
    /// Hijri or another calendar.
    Year,
}

/// Until when a visual zone says that a document is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisualExpiry {
    /// Until this day.
    On(Date),
    /// Without an end, dated as the visual zone does it: in the year 9999. None where it says so in
    /// words.
    NoEnd(Option<Date>),
}

/// Reads a date of birth. A birth in the future, or longer ago than people live, is no reading.
///
/// # Errors
/// Why it was not read.
pub fn visual_birth(text: &str, today: Date) -> Result<Date, Unread> {
    within(text, |day| {
        !is_before(today, day) && is_at_most_years_old(day, today, GREATEST_AGE_YEARS)
    })
}

/// Reads a date of issue. One years ahead, or from before there were machine-readable documents, is
/// no reading.
///
/// # Errors
/// Why it was not read.
pub fn visual_issue(text: &str, today: Date) -> Result<Date, Unread> {
    within(text, |day| (FIRST_YEAR..=today.year.saturating_add(1)).contains(&day.year))
}

/// Reads a date of expiry: a day, or the statement that there is no end.
///
/// # Errors
/// Why it was not read.
pub fn visual_expiry(text: &str, today: Date) -> Result<VisualExpiry, Unread> {
    if states_no_end(text) {
        return Ok(VisualExpiry::NoEnd(parse_any(text)));
    }
    let last_year = today.year.saturating_add(LONGEST_VALIDITY_YEARS);
    within(text, |day| (FIRST_YEAR..=last_year).contains(&day.year)).map(VisualExpiry::On)
}

fn within(text: &str, is_plausible: impl FnOnce(Date) -> bool) -> Result<Date, Unread> {
    if is_blank(text) {
        return Err(Unread::Blank);
    }
    let day = parse_any(text).ok_or(Unread::Form)?;
    if is_plausible(day) { Ok(day) } else { Err(Unread::Year) }
}
