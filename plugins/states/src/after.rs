//! The hook `after`: normalises what was read and checks it.

use dossier_rules_sdk::fields::reported;
use dossier_rules_sdk::{Settings, dates, names, requests};

use crate::before::find;
use crate::checks::{self, Document};
use crate::{DocumentType, FieldKind, Reading, Refusal, Report};

/// Normalises and checks what was read.
///
/// # Errors
/// When the document type or the date isn't right, or a reading isn't a field of the type.
pub fn after(
    document_type: &str,
    readings: &[Reading],
    today: &str,
    settings: Settings,
) -> Result<Report, Refusal> {
    let document_type = find(document_type)?;
    let today = requests::parse_today(today)?;
    let names = readings.iter().map(|reading| reading.name.as_str()).collect::<Vec<_>>();
    requests::select(document_type.fields, |rule| rule.name, &names)?;
    let document = Document::new(document_type, readings, today, settings);
    let fields = reported(readings, document.zone_text(), document.told(), |reading| {
        normalise(&reading.raw, FieldKind::of(&reading.name), document_type)
    });
    Ok(Report { fields, checks: checks::all(&document) })
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
