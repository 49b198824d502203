//! The hook `after`: normalises what was read and checks it.

use dossier_rules_sdk::{Field, dates, names, requests};

use crate::before::find;
use crate::checks::{self, Document};
use crate::{DocumentType, FieldKind, Reading, Refusal, Report};

/// Normalises and checks what was read.
///
/// # Errors
/// When the document type or the date isn't right, or a reading isn't a field of the type.
pub fn after(document_type: &str, readings: &[Reading], today: &str) -> Result<Report, Refusal> {
    let document_type = find(document_type)?;
    let today = requests::parse_today(today)?;
    let names = readings.iter().map(|reading| reading.name.as_str()).collect::<Vec<_>>();
    requests::select(document_type.fields, |rule| rule.name, &names)?;
    let document = Document::new(document_type, readings, today);
    let fields = readings.iter().map(|reading| field(&document, reading)).collect();
    Ok(Report { fields, checks: checks::all(&document) })
}

fn field(document: &Document<'_>, reading: &Reading) -> Field {
    let kind = FieldKind::of(&reading.name);
    let source = if kind == FieldKind::Zone { "mrz" } else { "visual" };
    let value = match kind {
        FieldKind::Zone => document.zone_text(),
        _ => normalise(&reading.raw, kind, document.document_type),
    };
    Field { name: reading.name.clone(), value, source }
}

/// Brings a value into its normal form. None if it has none.
fn normalise(raw: &str, kind: FieldKind, document_type: &DocumentType) -> Option<String> {
    let value = match kind {
        FieldKind::Date => dates::to_iso(dates::parse(raw, &document_type.dates)?),
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
