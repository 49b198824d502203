//! Checks, and those that every document type has.

use std::borrow::Cow;

use crate::{Check, Outcome};

mod visual_zone;
pub use visual_zone::VisualZone;

mod readings;
pub use readings::of_readings;

mod plausibility;
pub use plausibility::{not_expired, of_dates};

mod comparison;
pub use comparison::{Comparison, ZoneNames, compared, names_exceed};

mod zones_agree;
pub use zones_agree::{NO_ZONE, is_blank_in, zones_agree};

/// A check that ran and holds.
#[must_use]
pub fn passed(
    code: &'static str,
    fields: &[&'static str],
    message: impl Into<Cow<'static, str>>,
) -> Check {
    Check { code, outcome: Outcome::Passed, fields: fields.to_vec(), message: message.into() }
}

/// A check that ran and doesn't hold.
#[must_use]
pub fn failed(
    code: &'static str,
    fields: &[&'static str],
    message: impl Into<Cow<'static, str>>,
) -> Check {
    Check { code, outcome: Outcome::Failed, fields: fields.to_vec(), message: message.into() }
}

/// A check that could not run.
#[must_use]
pub fn not_performed(
    code: &'static str,
    fields: &[&'static str],
    message: impl Into<Cow<'static, str>>,
) -> Check {
    Check { code, outcome: Outcome::NotPerformed, fields: fields.to_vec(), message: message.into() }
}

/// Passed or failed, by what holds.
#[must_use]
pub fn judged(
    code: &'static str,
    fields: &[&'static str],
    holds: bool,
    message: &'static str,
    otherwise: &'static str,
) -> Check {
    if holds { passed(code, fields, message) } else { failed(code, fields, otherwise) }
}
