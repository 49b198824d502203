//! Dates: in many calendars and languages on a document, ISO 8601 in a report, and the order of days.

use mrz::Date;

mod calendar;
pub use calendar::{Calendar, JapaneseEra, day_of, day_of_era, parse_japanese};

mod month_names;
pub use month_names::{Language, month_of};

mod any_form;
pub use any_form::parse_any;

mod no_end;

mod visual;
pub use visual::{Unread, VisualExpiry, visual_birth, visual_expiry, visual_issue};

/// How a document type writes dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateFormat {
    /// The order of day, month and year.
    pub order: PartOrder,
    /// What stands between them: any one of these characters, and the same one twice.
    pub separators: &'static str,
    /// How the month is written.
    pub month: MonthForm,
    /// Whether days and months below ten have a leading zero: must have, for `true`.
    pub padded: bool,
    /// The calendar that days, months and years are of.
    pub calendar: Calendar,
}

impl DateFormat {
    /// `12.03.1985` with other separators, of the Gregorian calendar.
    #[must_use]
    pub const fn day_month_year(separators: &'static str) -> Self {
        Self {
            order: PartOrder::DayMonthYear,
            separators,
            month: MonthForm::Number,
            padded: true,
            calendar: Calendar::Gregorian,
        }
    }
}

/// The order of the parts of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartOrder {
    /// `12.03.1985`
    DayMonthYear,
    /// `03/12/1985`
    MonthDayYear,
    /// `1985-03-12`
    YearMonthDay,
}

/// How a date writes its month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthForm {
    /// A number.
    Number,
    /// The three-letter capitals of English: `MAR`, and nothing else.
    EnglishCapitals,
    /// A name or a common abbreviation in one of these languages, in any case. Bilingual documents
    /// write two, `MAR/MARS`: both must be names of the same month.
    Name(&'static [Language]),
}

const ENGLISH_CAPITALS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Reads a date as a document type writes it. None unless it is exactly that, and a real day.
///
/// Digits of any script count: `۱۳۶۳/۱۲/۲۱` is a date of the Solar Hijri calendar.
#[must_use]
pub fn parse(text: &str, format: &DateFormat) -> Option<Date> {
    let text = text.trim();
    let separator = text.chars().find(|c| format.separators.contains(*c))?;
    let mut parts = text.split(separator);
    let [first, second, third] = [parts.next()?, parts.next()?, parts.next()?];
    if parts.next().is_some() {
        return None;
    }
    let (day, month, year) = match format.order {
        PartOrder::DayMonthYear => (first, second, third),
        PartOrder::MonthDayYear => (second, first, third),
        PartOrder::YearMonthDay => (third, second, first),
    };
    let month = match format.month {
        MonthForm::Number => number(month, format.padded)?,
        MonthForm::EnglishCapitals => {
            u32::try_from(ENGLISH_CAPITALS.iter().position(|name| *name == month)?).ok()? + 1
        }
        MonthForm::Name(languages) => month_of_names(month, languages)?,
    };
    let digits = match format.calendar {
        Calendar::Minguo => 1..=3,
        _ => 4..=4,
    };
    let year = digits_of(year, digits)?;
    day_of(format.calendar, year, month, number(day, format.padded)?)
}

/// Reads an ISO 8601 calendar date, `2026-11-24`.
#[must_use]
pub fn parse_iso(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !text.is_ascii() {
        return None;
    }
    let year = i32::try_from(digits_of(year, 4..=4)?).ok()?;
    real_day(year, number(month, true)?, number(day, true)?)
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

/// The day of the Gregorian calendar, if there is one.
fn real_day(year: i32, month: u32, day: u32) -> Option<Date> {
    let date = Date::new(year, month, day);
    date.is_well_formed().then_some(date)
}

fn month_of_names(text: &str, languages: &[Language]) -> Option<u32> {
    let mut months = text.split('/').map(|name| month_of(name, languages));
    let first = months.next()??;
    months.all(|month| month == Some(first)).then_some(first)
}

fn number(text: &str, padded: bool) -> Option<u32> {
    digits_of(text, if padded { 2..=2 } else { 1..=2 })
}

/// A number of so many digits, of any one script.
fn digits_of(text: &str, count: std::ops::RangeInclusive<usize>) -> Option<u32> {
    if !count.contains(&text.chars().count()) {
        return None;
    }
    text.chars().try_fold(0_u32, |number, c| Some(number * 10 + digit(c)?))
}

/// The value of a decimal digit of the scripts that documents are written in.
fn digit(c: char) -> Option<u32> {
    /// Arabic-Indic, Extended Arabic-Indic (Persian), Devanagari, Bengali, Thai, Lao, Myanmar,
    /// Khmer, fullwidth.
    const ZEROS: [u32; 9] = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xed0, 0x1040, 0x17e0, 0xff10];
    c.to_digit(10).or_else(|| {
        ZEROS.iter().map(|zero| u32::from(c).wrapping_sub(*zero)).find(|value| *value < 10)
    })
}

#[cfg(test)]
mod tests;
