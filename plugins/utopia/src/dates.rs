//! Dates as the document types of Utopia write them.

use dossier_rules_sdk::Date;
use dossier_rules_sdk::dates::{self, MonthForm};
pub use dossier_rules_sdk::dates::{is_at_most_years_old, is_before, to_iso};

use crate::DateFormat;

/// Reads a date as a document type writes it. None unless it is exactly that, and a real day.
#[must_use]
pub fn parse(text: &str, format: DateFormat) -> Option<Date> {
    let numbers = dates::DateFormat::day_month_year;
    let format = match format {
        DateFormat::DayMonthNameYear => {
            dates::DateFormat { month: MonthForm::EnglishCapitals, ..numbers(" ") }
        }
        DateFormat::DotsDayMonthYear => numbers("."),
        DateFormat::SlashesDayMonthYear => numbers("/"),
    };
    // Utopia writes no digits but these.
    text.is_ascii().then(|| dates::parse(text, &format)).flatten()
}

#[cfg(test)]
mod tests;
