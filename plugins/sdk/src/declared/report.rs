//! The fields of a report: what was read, in its normal form.

use super::checks::Document;
use super::{DocumentType, FieldKind};
use crate::fields::reported;
use crate::{Field, dates, names};

pub(super) fn fields(document: &Document<'_>) -> Vec<Field> {
    reported(document.readings, document.zone_text(), document.told(), |reading| {
        normalise(&reading.raw, FieldKind::of(&reading.name), document.document_type)
    })
}

/// Brings a value into its normal form. None if it has none.
fn normalise(raw: &str, kind: FieldKind, document_type: &DocumentType) -> Option<String> {
    let value = match kind {
        FieldKind::Date => dates::to_iso(document_type.date(raw)?),
        FieldKind::Sex => document_type.sex(raw.trim())?.to_owned(),
        FieldKind::DocumentNumber | FieldKind::PersonalNumber => raw.split_whitespace().collect(),
        FieldKind::Name
        | FieldKind::Address
        | FieldKind::StateCode
        | FieldKind::Words
        | FieldKind::Zone => names::collapse(raw),
    };
    let longest = kind.max_length(document_type) as usize;
    (1..=longest).contains(&value.chars().count()).then_some(value)
}
