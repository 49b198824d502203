//! Rules for the machine-readable zone of any state: every size of ICAO Doc 9303, and national zones
//! that differ.
//!
//! For documents that have no rules of their own yet: they ask for the zone and the fields
//! that it repeats, and check the zone against itself and against them. How a state writes
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
//!
//! # What is decided where Doc 9303 and issuers leave it open
//! - Dates of the visual zone are those of the common calendar with four digits of the year. A birth in
//!   the future, or a year that no document can have, is no reading: the year is of another calendar
//!   (Buddhist, Hijri), or misread. Two digits of a year are never completed.
//! - The visual zone settles the century of the zone's two digits. Without it, `date_of_expiry` and
//!   `document.expiry` are certain only where one century alone is possible.
//! - A document without an end says so in words, in the year 9999, or with fillers. A date of the year
//!   9999 stays the value; words and fillers are none. `document.expiry` passes where the visual zone
//!   says so and the other doesn't contradict it; the zone alone is not enough.
//! - Where the zones differ on the end, the earlier counts.
//! - A field that is blank, or struck out, is as it should be where the zone leaves it out too. Somebody
//!   with one name alone has it in the zone as primary identifier, and in the visual zone in either
//!   field; a zone without a primary identifier makes `mrz.names` *not performed*.
//! - A zero month or day of birth is what some issuers write for what is unknown: those checks are *not
//!   performed*, and the value is none.
//! - An apostrophe that the zone replaces by a filler is told in the message; the check passes.
//! - Text after a document number that overflows is `optional_data_1` (`optional_data` for TD2), and
//!   `mrz.optional_data` is *not performed*: no part of Doc 9303 says what it is.
//! - A value with control characters, or with characters that turn its direction, is none.
#![deny(unsafe_code)]

mod document_type;
pub use document_type::{DOCUMENT_TYPES, DocumentType};

pub use dossier_rules_sdk::{Reading, Rules};

mod report;

mod zones;

mod document;

mod checks;

/// The rules, as a component exports them.
#[derive(Debug)]
pub struct Icao;

dossier_rules_sdk::export_document_rules!(Icao, DOCUMENT_TYPES);

#[cfg(test)]
mod tests;
