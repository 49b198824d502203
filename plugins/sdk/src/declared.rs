//! Rules of document types that are declared: what each has is data, the rules are the same for all.
//!
//! A state's crate holds the declaration, `document-types.toml`, which the training reads too; its build
//! script makes [`DocumentType`]s of it, and [`declared_rules!`](crate::declared_rules) rules of those.
//!
//! # The report
//! - A field that was read keeps its name. Its `source` is `visual`, and `mrz` for the
//!   machine-readable zone itself.
//! - Dates are written in ISO 8601 of the Gregorian calendar, whatever calendar the document has;
//!   numbers lose their spaces; the sex is `F`, `M` or `X`.
//! - What only the zone tells is added with the source `mrz`, as all rules of this crate do; what only the
//!   barcode tells, with the source `barcode.pdf417`, where every field of the type was asked for.
//! - A value that can't be normalised is none: nothing is guessed, nothing is repaired.
//! - The checks of a document type are always all there, in this order; one whose inputs are missing is
//!   *not performed*:
//!   - `reading.confidence`, `reading.not_empty`, `reading.characters`
//!   - for the fields that the type has: `document_number.format`, `personal_number.format`,
//!     `nationality.format`, `issuing_state.format`, `sex.format`, `date_of_birth.format`,
//!     `date_of_issue.format`, `date_of_expiry.format`; `document_number.check_digit`,
//!     `personal_number.check_digit`, `personal_number.date_of_birth` where the number has such a part
//!   - for the dates that the type has: `date_of_birth.plausible`, `date_of_issue.plausible`,
//!     `date_of_issue.after_birth`, `date_of_expiry.after_issue`, `document.expiry`
//!   - with a machine-readable zone: `mrz.format`, `mrz.issuing_state`, `mrz.check_digit.*`,
//!     `mrz.matches.*`
//!   - with a barcode of AAMVA: `barcode.pdf417.format`, `barcode.pdf417.issuer`, `barcode.pdf417.matches.*`
//! - Messages never quote a value.

mod document_type;
pub use document_type::{BarcodeKind, DocumentType, FieldRule, Nationality, ZoneKind};

mod field_kind;
use field_kind::FieldKind;

mod number;
pub use number::{CheckScheme, NumberForm};

mod report;

mod checks;

mod licence_line;
use licence_line::LicenceLine;

/// Makes rules, and a component, of what the calling crate's `document-types.toml` declares: a type of
/// the given name, and `DOCUMENT_TYPES`.
#[macro_export]
macro_rules! declared_rules {
    ($(#[$about:meta])* $rules:ident) => {
        ::std::include!(::std::concat!(::std::env!("OUT_DIR"), "/document_types.rs"));

        $(#[$about])*
        #[derive(Debug)]
        pub struct $rules;

        $crate::export_document_rules!($rules, DOCUMENT_TYPES);
    };
}

/// As [`declared_rules!`](crate::declared_rules), of a state whose documents bear barcodes.
#[macro_export]
macro_rules! observant_declared_rules {
    ($(#[$about:meta])* $rules:ident) => {
        ::std::include!(::std::concat!(::std::env!("OUT_DIR"), "/document_types.rs"));

        $(#[$about])*
        #[derive(Debug)]
        pub struct $rules;

        $crate::export_observant_document_rules!($rules, DOCUMENT_TYPES);
    };
}

#[cfg(test)]
mod tests;
