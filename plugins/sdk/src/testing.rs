//! What unit tests of rules have in common: readings to begin with, and what a report says of one code
//! or field.

use crate::{Check, Outcome, Reading, Report};

/// A reading that the host would give with a confidence of 0.99. Pages count from 0.
#[must_use]
pub fn reading(name: &str, page: u32, raw: &str) -> Reading {
    Reading { name: name.to_owned(), page, raw: raw.to_owned(), confidence: 0.99 }
}

/// Readings of fields, each with the page it stands on and its text.
#[must_use]
pub fn readings(values: &[(&str, u32, &str)]) -> Vec<Reading> {
    values.iter().map(|(name, page, raw)| reading(name, *page, raw)).collect()
}

/// The outcome of the check with a code.
///
/// # Panics
/// Where the report has no such check: rules drop none, so the test has found a fault.
#[must_use]
pub fn outcome(report: &Report, code: &str) -> Outcome {
    check(report, code).outcome
}

/// The check with a code.
///
/// # Panics
/// Where the report has no such check.
#[must_use]
pub fn check<'a>(report: &'a Report, code: &str) -> &'a Check {
    let found = report.checks.iter().find(|check| check.code == code);
    found.unwrap_or_else(|| panic!("the report has no check {code}"))
}

/// The codes of all checks with an outcome, in the report's order.
#[must_use]
pub fn codes(report: &Report, outcome: Outcome) -> Vec<&str> {
    report.checks.iter().filter(|check| check.outcome == outcome).map(|check| check.code).collect()
}

/// The value of a field, if the rules give it one.
#[must_use]
pub fn value<'a>(report: &'a Report, name: &str) -> Option<&'a str> {
    report.fields.iter().find(|field| field.name == name)?.value.as_deref()
}
