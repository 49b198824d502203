//! What the checks that document types share ask of a document.

use crate::{Date, Reading};

/// The visual zone of one document, as its type writes it.
pub trait VisualZone {
    /// Whether the document type has a field.
    fn has(&self, field: &str) -> bool;

    /// What was read: fields of the type, none twice.
    fn readings(&self) -> &[Reading];

    /// What was read for a field; none where it was not read.
    fn reading(&self, field: &str) -> Option<&Reading> {
        self.readings().iter().find(|reading| reading.name == field)
    }

    /// The date that was read for a field; none where it was not read, or is no date.
    fn date(&self, field: &str) -> Option<Date>;

    /// `F`, `M` or `X` for the sex as the document writes it; none where it is none of the type's.
    fn sex(&self, written: &str) -> Option<&'static str>;
}
