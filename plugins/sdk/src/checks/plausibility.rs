//! Whether the dates of the visual zone make sense together and today.

use super::{VisualZone, failed, judged, not_performed, passed};
use crate::dates::{is_at_most_years_old, is_before};
use crate::{Check, Date, Settings};

/// Nobody known has lived longer than 122 years.
const GREATEST_AGE_YEARS: i32 = 130;

const BIRTH: &str = "date_of_birth";
const ISSUE: &str = "date_of_issue";
const EXPIRY: &str = "date_of_expiry";

/// The checks `date_of_birth.plausible`, `date_of_issue.plausible`, `date_of_issue.after_birth`,
/// `date_of_expiry.after_issue` and `document.expiry`, as far as the document type has their dates.
#[must_use]
pub fn of_dates(document: &dyn VisualZone, today: Date, settings: Settings) -> Vec<Check> {
    let [birth, issue, expiry] = [BIRTH, ISSUE, EXPIRY].map(|field| document.date(field));
    let is_past = |date| !is_before(today, date);
    let mut checks = vec![
        check(
            "date_of_birth.plausible",
            &[BIRTH],
            birth
                .map(|date| is_past(date) && is_at_most_years_old(date, today, GREATEST_AGE_YEARS)),
            "the holder is born, and not older than people get",
            "the holder isn't born yet, or is older than people get",
        ),
        check(
            "date_of_issue.plausible",
            &[ISSUE],
            issue.map(is_past),
            "the document was issued today or before",
            "the document is issued in the future",
        ),
        check(
            "date_of_issue.after_birth",
            &[BIRTH, ISSUE],
            birth.zip(issue).map(|(birth, issue)| is_before(birth, issue)),
            "the document was issued after the holder's birth",
            "the document was issued before the holder's birth",
        ),
        check(
            "date_of_expiry.after_issue",
            &[ISSUE, EXPIRY],
            issue.zip(expiry).map(|(issue, expiry)| is_before(issue, expiry)),
            "the document expires after its issue",
            "the document expires before its issue",
        ),
        match expiry {
            Some(expiry) => not_expired(&[EXPIRY], expiry, today, settings),
            None => not_performed("document.expiry", &[EXPIRY], "a date was not read, or is none"),
        },
    ];
    checks.retain(|check| check.fields.iter().all(|field| document.has(field)));
    checks
}

/// The check `document.expiry` of a date of expiry that is certain. A document that expired is still
/// accepted for as many days as the settings say.
#[must_use]
pub fn not_expired(
    fields: &[&'static str],
    expiry: Date,
    today: Date,
    settings: Settings,
) -> Check {
    let code = "document.expiry";
    let days_since = today.to_epoch_days() - expiry.to_epoch_days();
    if days_since <= 0 {
        passed(code, fields, "the document has not expired")
    } else if days_since <= i64::from(settings.days_after_expiry) {
        passed(code, fields, "the document has expired, and the settings still accept it")
    } else {
        failed(code, fields, "the document has expired")
    }
}

fn check(
    code: &'static str,
    fields: &[&'static str],
    holds: Option<bool>,
    message: &'static str,
    otherwise: &'static str,
) -> Check {
    match holds {
        Some(holds) => judged(code, fields, holds, message, otherwise),
        None => not_performed(code, fields, "a date was not read, or is none"),
    }
}
