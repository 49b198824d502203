//! The fields of a report: what was read, in its normal form.

use super::checks::Document;
use super::{DocumentType, FieldKind};
use crate::fields::reported;
use crate::text::is_presentable;
use crate::{Field, aamva, dates, names};

pub(super) fn fields(document: &Document<'_>) -> Vec<Field> {
    let mut fields =
        reported(document.readings, document.zone_text(), document.told(), |reading| {
            normalise(&reading.raw, FieldKind::of(&reading.name), document.document_type)
        });
    // A barcode holds everything; whoever asks for some fields gets no others.
    let is_whole = document.readings.len() == document.document_type.fields.len();
    for (name, value) in document.told_by_barcode().into_iter().filter(|_| is_whole) {
        if !fields.iter().any(|field| field.name == name) {
            let value = value.filter(|value| is_presentable(value));
            fields.push(Field { name: name.to_owned(), value, source: aamva::SOURCE });
        }
    }
    fields
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
