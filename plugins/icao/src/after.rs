//! The hook `after`: normalises what was read and checks it.

use dossier_rules_sdk::names::collapse;
use dossier_rules_sdk::zone::{birth_date, expiry_date};
use dossier_rules_sdk::{Date, Field, Reading, Refusal, Report, dates, requests};

use crate::document::{Document, visual_date};
use crate::zones::Content;
use crate::{DocumentType, checks};

/// Normalises and checks what was read.
///
/// # Errors
/// When the document type or the date isn't right, or a reading isn't a field of the type.
pub fn after(document_type: &str, readings: &[Reading], today: &str) -> Result<Report, Refusal> {
    let document_type =
        DocumentType::find(document_type).ok_or_else(requests::unknown_document_type)?;
    let today = requests::parse_today(today)?;
    let names = readings.iter().map(|reading| reading.name.as_str()).collect::<Vec<_>>();
    requests::select(&document_type.fields(1), |field| field.name, &names)?;
    let document = Document::new(document_type, readings, today);
    Ok(Report { fields: fields(&document), checks: checks::all(&document) })
}

fn fields(document: &Document<'_>) -> Vec<Field> {
    let read = document.readings.iter().map(|reading| {
        let (value, source) = match reading.name.as_str() {
            "mrz" => (document.valid_zone().map(|zone| zone.text.clone()), "mrz"),
            name => (normalise(name, &reading.raw), "visual"),
        };
        Field { name: reading.name.clone(), value, source }
    });
    let mut fields = read.collect::<Vec<_>>();
    let told = document.valid_zone().map(|zone| told_by(zone, document.today)).unwrap_or_default();
    for (name, value) in &told {
        if document.reading(name).is_none() {
            fields.push(derived(name, value.clone()));
        }
    }
    if let Some((corrected, _)) = &document.correction {
        fields.push(derived("mrz_corrected", Some(corrected.text.clone())));
        for (name, value) in told_by(corrected, document.today) {
            let is_changed =
                told.iter().find(|known| known.0 == name).map(|known| &known.1) != Some(&value);
            if value.is_some() && is_changed {
                fields.push(derived(&format!("{name}_corrected"), value));
            }
        }
    }
    fields
}

fn derived(name: &str, value: Option<String>) -> Field {
    Field { name: name.to_owned(), value, source: "mrz" }
}

/// Brings a visual value into its normal form. None if it has none that is certain.
fn normalise(name: &str, raw: &str) -> Option<String> {
    let text = collapse(raw);
    match name {
        _ if text.is_empty() => None,
        "date_of_birth" | "date_of_expiry" => visual_date(&text).map(dates::to_iso),
        "document_number" => Some(text.replace(' ', "")),
        "sex" => checks::visual_sex(&text).map(str::to_owned),
        _ => Some(text),
    }
}

/// What a zone tells, in its own order. A value whose check digit doesn't agree is none.
fn told_by(zone: &Content, today: Date) -> Vec<(&'static str, Option<String>)> {
    let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let mut told = vec![("issuing_state", text(&zone.issuing_state))];
    if let Some(names) = &zone.names {
        // A code is no name.
        let [surname, given_names] = if names.is_encoded {
            ["surname_encoded", "given_names_encoded"]
        } else {
            ["surname", "given_names"]
        };
        told.push((surname, text(&names.surname)));
        if let Some(value) = &names.given_names {
            told.push((given_names, text(value)));
        }
    }
    if let Some(number) = &zone.document_number {
        told.push(("document_number", text(number.trim_end_matches('<'))));
    }
    if let Some(nationality) = &zone.nationality {
        told.push(("nationality", text(nationality)));
    }
    if let Some(cells) = &zone.date_of_birth {
        told.push(("date_of_birth", birth_date(cells, today).map(dates::to_iso)));
    }
    if let Some(sex) = zone.sex {
        told.push(("sex", sex.map(str::to_owned)));
    }
    if let Some(cells) = &zone.date_of_expiry {
        told.push(("date_of_expiry", expiry_date(cells, today).map(dates::to_iso)));
    }
    told.extend(zone.more.iter().map(|(name, value)| (*name, text(value))));
    for (name, value) in &mut told {
        if zone.is_contradicted(name) {
            *value = None;
        }
    }
    told
}
