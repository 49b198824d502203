//! Codes that documents are issued with: which, since when and until when, and who says so.
//!
//! A code is judged by the document's dates: by its date of issue where it was read, otherwise by the
//! days between which it can have been issued.

use std::borrow::Cow;

use mrz::Date;

use crate::Check;
use crate::checks::{failed, not_performed, passed};
use crate::dates::is_before;
use crate::zone::ZoneFormat;

mod documents;
pub use documents::{DOCUMENT_CODES, DocumentCode, document_code};

mod states;
pub use states::{STATE_CODES, StateCode, state_code};

/// A day as it stands in a table: year, month, day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub i32, pub u32, pub u32);

impl Day {
    /// The day as a date.
    #[must_use]
    pub fn date(self) -> Date {
        Date::new(self.0, self.1, self.2)
    }
}

/// What is to say of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeVerdict {
    /// The document may have it, and why.
    Right(Cow<'static, str>),
    /// It may not, and why.
    Wrong(Cow<'static, str>),
    /// It depends on what isn't known.
    Undecided(Cow<'static, str>),
}

impl CodeVerdict {
    /// The verdict as a check of the machine-readable zone.
    #[must_use]
    pub fn check(self, code: &'static str) -> Check {
        match self {
            Self::Right(message) => passed(code, &["mrz"], message),
            Self::Wrong(message) => failed(code, &["mrz"], message),
            Self::Undecided(message) => not_performed(code, &["mrz"], message),
        }
    }
}

/// When a document was issued, as far as its dates tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issued {
    not_before: Option<Date>,
    not_after: Date,
}

impl Issued {
    /// From the date of issue, or from the date of expiry and today: a document is issued today at
    /// the latest and not after its expiry, and a passport is valid for ten years and what some issuers
    /// add of the passport before it: less than eleven.
    #[must_use]
    pub fn of(format: ZoneFormat, issue: Option<Date>, expiry: Option<Date>, today: Date) -> Self {
        const LONGEST_PASSPORT_YEARS: i32 = 11;
        if let Some(issue) = issue {
            return Self { not_before: Some(issue), not_after: issue };
        }
        let not_before = expiry.filter(|_| format == ZoneFormat::Td3).map(|day| {
            Date::new(day.year.saturating_sub(LONGEST_PASSPORT_YEARS), day.month, day.day)
        });
        let not_after = expiry.filter(|expiry| is_before(*expiry, today)).unwrap_or(today);
        Self { not_before, not_after }
    }

    /// Whether it was issued on a day or later. None if that can't be told.
    #[must_use]
    pub fn since(&self, day: Day) -> Option<bool> {
        let day = day.date();
        if is_before(self.not_after, day) {
            Some(false)
        } else if self.not_before.is_some_and(|first| !is_before(first, day)) {
            Some(true)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
