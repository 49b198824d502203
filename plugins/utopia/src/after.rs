//! The hook `after`: normalises what was read and checks it.

use dossier_rules_sdk::fields::reported;
use dossier_rules_sdk::{Settings, requests};

use crate::before::find;
use crate::checks::{self, Document};
use crate::zone::Zone;
use crate::{DocumentType, Field, FieldKind, Reading, Refusal, Report, dates, names};

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
    Ok(Report { fields: fields(&document), checks: checks::all(&document) })
}

fn fields(document: &Document<'_>) -> Vec<Field> {
    let zone = document.valid_zone();
    let told = zone.map(|zone| zone.told(document.today)).unwrap_or_default();
    reported(document.readings, zone.map(Zone::text), told, |reading| {
        let rule = document.document_type.field(&reading.name)?;
        normalise(&reading.raw, rule.kind, document.document_type)
    })
}

/// Brings a value into its normal form. None if it has none.
fn normalise(raw: &str, kind: FieldKind, document_type: &DocumentType) -> Option<String> {
    let value = match kind {
        FieldKind::Date => dates::to_iso(dates::parse(raw, document_type.date_format)?),
        FieldKind::Name | FieldKind::Text | FieldKind::Categories | FieldKind::Nationality => {
            names::collapse(raw)
        }
        FieldKind::DocumentNumber => raw.split_whitespace().collect(),
        FieldKind::Sex => DocumentType::sex(raw.trim())?.to_owned(),
        FieldKind::Zone => return None,
    };
    let max_length = kind.max_length(document_type) as usize;
    (1..=max_length).contains(&value.chars().count()).then_some(value)
}

#[cfg(test)]
mod tests;
