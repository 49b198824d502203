//! The checks of a document: always all of its type's, in a fixed order.
//!
//! Every type:
//! - `reading.confidence`, `reading.not_empty`, `reading.characters`
//! - `document_number.format`, `nationality.format`, `sex.format` for the fields it has
//! - `date_of_birth.format`, `date_of_issue.format`, `date_of_expiry.format`
//! - `date_of_birth.plausible`, `date_of_issue.plausible`, `date_of_issue.after_birth`,
//!   `date_of_expiry.after_issue`, `document.expiry`
//!
//! Types with a machine-readable zone:
//! - `mrz.format`, `mrz.issuing_state`
//! - `mrz.check_digit.document_number`, `.date_of_birth`, `.date_of_expiry`, `.optional_data` (TD3),
//!   `.composite`
//! - `mrz.matches.surname`, `.given_names`, `.document_number`, `.nationality`, `.date_of_birth`,
//!   `.sex`, `.date_of_expiry`

use dossier_rules_sdk::Date;
use dossier_rules_sdk::checks::{
    PrintedDates, failed, judged, not_performed, of_dates, of_readings, passed,
};

use crate::before;
use crate::zone::{Zone, ZoneFault};
use crate::{Check, DocumentType, FieldKind, Reading, dates};

mod comparison;
mod form;
mod machine_readable_zone;

/// What the checks look at.
pub struct Document<'a> {
    /// Its type.
    pub document_type: &'static DocumentType,
    /// What was read: fields of the type, none twice.
    pub readings: &'a [Reading],
    /// The current date.
    pub today: Date,
    zone: Option<Result<Zone, ZoneFault>>,
}

impl<'a> Document<'a> {
    /// Parses the zone, if it was read.
    #[must_use]
    pub fn new(document_type: &'static DocumentType, readings: &'a [Reading], today: Date) -> Self {
        let zone = readings
            .iter()
            .find(|reading| is_zone(document_type, &reading.name))
            .map(|reading| Zone::parse(&reading.raw));
        Self { document_type, readings, today, zone }
    }

    /// What was read for a field.
    #[must_use]
    pub fn reading(&self, name: &str) -> Option<&'a Reading> {
        self.readings.iter().find(|reading| reading.name == name)
    }

    /// The zone, if it was read and has the form of one.
    #[must_use]
    pub fn valid_zone(&self) -> Option<&Zone> {
        self.zone.as_ref().and_then(|zone| zone.as_ref().ok())
    }

    /// The date that was read for a field, if it is one.
    fn date(&self, name: &str) -> Option<Date> {
        dates::parse(&self.reading(name)?.raw, self.document_type.date_format)
    }

    fn printed_dates(&self) -> PrintedDates {
        PrintedDates {
            birth: self.date("date_of_birth"),
            issue: self.date("date_of_issue"),
            expiry: self.date("date_of_expiry"),
        }
    }
}

/// Performs every check of the document's type.
#[must_use]
pub fn all(document: &Document<'_>) -> Vec<Check> {
    let mut checks = of_readings(&before::all(document.document_type), document.readings);
    checks.extend(form::checks(document));
    checks.extend(of_dates(document.printed_dates(), document.today));
    if let Some(format) = document.document_type.zone {
        checks.extend(machine_readable_zone::checks(document, format));
        checks.extend(comparison::checks(document));
    }
    checks
}

fn is_zone(document_type: &DocumentType, name: &str) -> bool {
    document_type.field(name).is_some_and(|rule| rule.kind == FieldKind::Zone)
}
