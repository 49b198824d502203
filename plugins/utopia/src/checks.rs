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

use dossier_rules_sdk::checks::{
    NO_ZONE, VisualZone, failed, is_blank_in, judged, not_performed, of_dates, of_readings, passed,
    zones_agree,
};
use dossier_rules_sdk::{Date, Settings};

use crate::before;
use crate::zone::{Zone, ZoneFault};
use crate::{Check, DocumentType, FieldKind, Reading, dates};

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
    /// What the operator set.
    pub settings: Settings,
    zone: Option<Result<Zone, ZoneFault>>,
}

impl<'a> Document<'a> {
    /// Parses the zone, if it was read.
    #[must_use]
    pub fn new(
        document_type: &'static DocumentType,
        readings: &'a [Reading],
        today: Date,
        settings: Settings,
    ) -> Self {
        let zone = readings
            .iter()
            .find(|reading| is_zone(document_type, &reading.name))
            .map(|reading| Zone::parse(&reading.raw));
        Self { document_type, readings, today, settings, zone }
    }

    /// The zone, if it was read and has the form of one.
    #[must_use]
    pub fn valid_zone(&self) -> Option<&Zone> {
        self.zone.as_ref().and_then(|zone| zone.as_ref().ok())
    }
}

impl VisualZone for Document<'_> {
    fn has(&self, field: &str) -> bool {
        self.document_type.field(field).is_some()
    }

    fn readings(&self) -> &[Reading] {
        self.readings
    }

    fn date(&self, field: &str) -> Option<Date> {
        dates::parse(&self.reading(field)?.raw, self.document_type.date_format)
    }

    fn sex(&self, written: &str) -> Option<&'static str> {
        DocumentType::sex(written)
    }
}

/// Performs every check of the document's type.
#[must_use]
pub fn all(document: &Document<'_>) -> Vec<Check> {
    let fields = before::all(document.document_type);
    let least_confidence = document.settings.least_confidence;
    let mut checks = of_readings(&fields, document.readings, least_confidence, &|reading| {
        is_blank_in(document, document.valid_zone(), reading)
    });
    checks.extend(form::checks(document));
    checks.extend(of_dates(document, document.today, document.settings));
    if let Some(format) = document.document_type.zone {
        checks.extend(machine_readable_zone::checks(document, format));
        checks.extend(zones_agree(document, document.valid_zone()));
    }
    checks
}

fn is_zone(document_type: &DocumentType, name: &str) -> bool {
    document_type.field(name).is_some_and(|rule| rule.kind == FieldKind::Zone)
}
