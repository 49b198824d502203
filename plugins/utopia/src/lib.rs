//! The rules of the fictional state of Utopia: passport (TD3), ID card (TD1) and driving licence.
//!
//! [`before`] chooses the fields to read; [`after`] normalises what was read and checks it. The
//! rules are plain functions, tested natively. They read no clock: `today` is an argument.
//!
//! # The report
//! - A field that was read keeps its name. Its `source` is `visual`; the machine-readable zone
//!   itself, the field `mrz`, has the source `mrz`.
//! - What only the zone tells is added with the source `mrz`: `issuing_state`, `personal_number`
//!   (TD3, if there is one), and each of surname, given names, document number, nationality, date
//!   of birth, sex and date of expiry that was not read from the visual zone. The visual zone wins:
//!   no name appears twice. A value whose own check digit doesn't agree is left out.
//! - A value that can't be normalised is none: nothing is guessed, nothing is repaired.
//! - The checks of a document type are always all there, in the order of [`checks`]. A check whose
//!   inputs are missing is *not performed*.
//! - Messages never quote a value.
#![deny(unsafe_code)]

mod document_type;
pub use document_type::{DOCUMENT_TYPES, DateFormat, DocumentType, FieldKind, FieldRule};

mod before;
pub use before::before;

mod after;
pub use after::after;

pub mod checks;
pub mod dates;

pub use dossier_rules_sdk::{
    Check, Field, FieldRequest, Outcome, Reading, Refusal, Report, names, zone,
};
use dossier_rules_sdk::{
    ConfiguredRules, Description, Rules, Settings, description, export_configured_rules,
};

/// The rules, as a component exports them.
#[derive(Debug)]
pub struct Utopia;

export_configured_rules!(Utopia);

impl ConfiguredRules for Utopia {}

impl Rules for Utopia {
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
        after(document_type, readings, today, Settings::current())
    }
}
