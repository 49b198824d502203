//! The rules of the declared states: ten of them, twenty-nine document types, one component.
//!
//! What a document type has is data ([`DocumentType`]), written from the same declarations that draw
//! the documents (`adapters/training`); the rules are the same for all. They read no clock: `today`
//! is an argument.
//!
//! # The report
//! - A field that was read keeps its name. Its `source` is `visual`, and `mrz` for the
//!   machine-readable zone itself.
//! - Dates are written in ISO 8601 of the Gregorian calendar, whatever calendar the document has;
//!   numbers lose their spaces; the sex is `F`, `M` or `X`.
//! - What only the zone tells is added with the source `mrz`, as all rules of the SDK do.
//! - A value that can't be normalised is none: nothing is guessed, nothing is repaired.
//! - The checks of a document type are always all there, in the order of [`checks`]. A check whose
//!   inputs are missing is *not performed*. Messages never quote a value.
#![deny(unsafe_code)]

mod document_type;
pub use document_type::{DocumentType, FieldKind, FieldRule, Nationality, ZoneKind};

mod document_types;
pub use document_types::all as document_types;

mod number;
pub use number::{CheckScheme, NumberForm};

mod before;
pub use before::before;

mod after;
pub use after::after;

pub mod checks;

mod licence_line;
pub use licence_line::LicenceLine;

use dossier_rules_sdk::{
    ConfiguredRules, Description, Rules, Settings, description, export_configured_rules,
};
pub use dossier_rules_sdk::{FieldRequest, Reading, Refusal, Report};

/// The rules, as a component exports them.
#[derive(Debug)]
pub struct States;

export_configured_rules!(States);

impl ConfiguredRules for States {}

impl Rules for States {
    fn describe() -> Description {
        description!(document_types().map(|document_type| document_type.id))
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
        after(document_type, readings, today, Settings::current())
    }
}

#[cfg(test)]
mod tests;
