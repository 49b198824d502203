//! Rules for the machine-readable zone of any state: every size of ICAO Doc 9303, and national zones
//! that differ.
//!
//! For documents that have no rules of their own yet: [`before`] asks for the zone and the fields
//! that it repeats; [`after`] checks the zone against itself and against them. How a state writes
//! its visual zone is not known here, so only what can't be misunderstood is compared.
//!
//! # The report
//! - A field that was read keeps its name and its source `visual`; the zone is the field `mrz`.
//! - What the zone tells and was not read beside it is added with the source `mrz`. A value whose
//!   check digit doesn't agree is left out.
//! - Where cells contradict the check digits and one reading alone agrees, that reading is added as
//!   `mrz_corrected`, and each value that it changes as `..._corrected`. The check `mrz.as_read`
//!   then fails and names the cells: what was read stays what was read.
//! - A check whose inputs are missing, or that can't be decided, is *not performed*: an unknown date
//!   of birth, names that may be cut short.
#![deny(unsafe_code)]

mod document_type;
pub use document_type::{DOCUMENT_TYPES, DocumentType};

mod before;
pub use before::before;

mod after;
pub use after::after;

mod zones;

mod document;

mod checks;

use dossier_rules_sdk::{Description, Rules, description, export_rules};
pub use dossier_rules_sdk::{FieldRequest, Reading, Refusal, Report};

/// The rules, as a component exports them.
#[derive(Debug)]
pub struct Icao;

export_rules!(Icao);

impl Rules for Icao {
    fn describe() -> Description {
        description!(DOCUMENT_TYPES.iter().map(|document_type| document_type.id))
    }

    fn before(
        document_type: &str,
        page_count: u32,
        requested: Option<&[String]>,
        today: &str,
    ) -> Result<Vec<FieldRequest>, Refusal> {
        before(document_type, page_count, requested, today)
    }

    fn after(document_type: &str, readings: &[Reading], today: &str) -> Result<Report, Refusal> {
        after(document_type, readings, today)
    }
}

#[cfg(test)]
mod tests;
