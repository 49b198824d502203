//! The checks of a document: always all of its type's, in a fixed order.
//!
//! Every type:
//! - `reading.confidence`, `reading.not_empty`, `reading.characters`
//! - `mrz.format`, `mrz.document_code`, `mrz.issuing_state`, and `mrz.check_digit...` for each digit
//!   that the zone prints
//! - `mrz.nationality`, `mrz.date_of_birth`, `mrz.date_of_birth.known`, `mrz.sex`,
//!   `mrz.date_of_expiry`, `document.expiry`, `mrz.names`, `mrz.names.complete` for what the zone has
//! - `mrz.matches...` for each visual field that the zone repeats
//!
//! Zones of Doc 9303: `mrz.as_read`; of these, TD1 and TD2: `mrz.optional_data`.

use dossier_rules_sdk::checks::{failed, judged, not_performed, of_readings, passed};
use dossier_rules_sdk::{Check, DocumentRules as _};

use crate::document::Document;

mod comparison;
pub(crate) use comparison::visual_sex;

mod content;
mod form;

const ZONE: &[&str] = &["mrz"];
const NO_ZONE: &str = "no machine-readable zone was read, or it isn't one of this document type";

/// Performs every check of the document's type.
pub(crate) fn all(document: &Document<'_>) -> Vec<Check> {
    let fields = document.document_type.fields(1);
    let least_confidence = document.settings.least_confidence;
    let mut checks = of_readings(&fields, document.readings, least_confidence, &|reading| {
        comparison::is_blank_in_zone(document, reading)
    });
    checks.extend(form::checks(document));
    checks.extend(content::checks(document));
    checks.extend(comparison::checks(document));
    checks
}
