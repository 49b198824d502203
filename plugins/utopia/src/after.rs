//! The hook `after`: normalises what was read and checks it.

use dossier_rules_sdk::checks::VisualZone;
use dossier_rules_sdk::requests;

use crate::before::find;
use crate::checks::{self, Document};
use crate::zone::{self, CheckDigit, Zone};
use crate::{DocumentType, Field, FieldKind, Reading, Refusal, Report, dates, names};

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
    Ok(Report { fields: fields(&document), checks: checks::all(&document) })
}

fn fields(document: &Document<'_>) -> Vec<Field> {
    let read = document.readings.iter().filter_map(|reading| {
        let rule = document.document_type.field(&reading.name)?;
        let source = if rule.kind == FieldKind::Zone { "mrz" } else { "visual" };
        let value = normalise(&reading.raw, rule.kind, document.document_type);
        Some(Field { name: reading.name.clone(), value, source })
    });
    let mut fields = read.collect::<Vec<_>>();
    if let Some(zone) = document.valid_zone() {
        for (name, value) in told_by_zone(zone, document) {
            if document.reading(name).is_none() {
                fields.push(Field { name: name.to_owned(), value, source: "mrz" });
            }
        }
    }
    fields
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
        FieldKind::Zone => return Zone::parse(raw).ok().map(|zone| zone.text()),
    };
    let max_length = kind.max_length(document_type) as usize;
    (1..=max_length).contains(&value.chars().count()).then_some(value)
}

/// What the zone tells, in its own order. A value whose check digit doesn't agree is left out.
fn told_by_zone(zone: &Zone, document: &Document<'_>) -> Vec<(&'static str, Option<String>)> {
    let today = document.today;
    let covered = |digit: CheckDigit, value: Option<String>| {
        value.filter(|_| zone.check_digit(digit) == Some(true))
    };
    let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let birth = zone::birth_date(zone.date_of_birth(), today).map(dates::to_iso);
    let expiry = zone::expiry_date(zone.date_of_expiry(), today).map(dates::to_iso);
    let mut told = vec![
        ("issuing_state", text(zone.issuing_state())),
        ("surname", text(&zone.surname())),
        ("given_names", text(&zone.given_names())),
        ("document_number", covered(CheckDigit::DocumentNumber, text(zone.document_number()))),
        ("nationality", text(zone.nationality())),
        ("date_of_birth", covered(CheckDigit::DateOfBirth, birth)),
        ("sex", zone.sex().and_then(text)),
        ("date_of_expiry", covered(CheckDigit::DateOfExpiry, expiry)),
    ];
    if let Some(number) = zone.personal_number() {
        told.push(("personal_number", covered(CheckDigit::OptionalData, text(number))));
    }
    told
}

#[cfg(test)]
mod tests;
