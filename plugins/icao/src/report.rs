//! The fields of a report: what was read in its normal form, and what the zone tells.

use dossier_rules_sdk::dates::VisualExpiry;
use dossier_rules_sdk::fields::reported;
use dossier_rules_sdk::names::collapse;
use dossier_rules_sdk::text::is_blank;
use dossier_rules_sdk::zone::{Told, ZoneExpiry, birth_date};
use dossier_rules_sdk::{Field, dates};

use crate::checks;
use crate::document::Document;
use crate::zones::Content;

pub(crate) fn fields(document: &Document<'_>) -> Vec<Field> {
    let zone = document.valid_zone();
    let told = zone.map(|zone| told_by(document, zone)).unwrap_or_default();
    let text = zone.map(|zone| zone.text.clone());
    let mut fields = reported(document.readings, text, told.clone(), |reading| {
        normalise(document, &reading.name, &reading.raw)
    });
    if let Some((corrected, _)) = &document.correction {
        fields.push(derived("mrz_corrected", Some(corrected.text.clone())));
        for (name, value) in told_by(document, corrected) {
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
fn normalise(document: &Document<'_>, name: &str, raw: &str) -> Option<String> {
    if is_blank(raw) {
        return None;
    }
    let text = collapse(raw);
    match name {
        "date_of_birth" | "date_of_issue" => document.date(name, &text).ok().map(dates::to_iso),
        "date_of_expiry" => match document.expiry(&text).ok()? {
            VisualExpiry::On(day) => Some(dates::to_iso(day)),
            VisualExpiry::NoEnd(day) => day.map(dates::to_iso),
        },
        "document_number" => Some(text.replace(' ', "")),
        "sex" => checks::visual_sex(&text).map(str::to_owned),
        _ => Some(text),
    }
}

/// What a zone tells, in its own order. A value whose check digit doesn't agree is none, and none has
/// fillers.
fn told_by(document: &Document<'_>, zone: &Content) -> Vec<Told> {
    if let Some(told) = &zone.told {
        return told.clone();
    }
    let today = document.today;
    let text = |value: &str| Some(value.replace('<', "")).filter(|value| !value.is_empty());
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
        told.push(("document_number", text(number)));
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
        let day = match document.expiry_in(zone, cells) {
            ZoneExpiry::On(day) | ZoneExpiry::NoEnd(Some(day)) => Some(day),
            ZoneExpiry::NoEnd(None) | ZoneExpiry::Uncertain(_) | ZoneExpiry::NotADay => None,
        };
        told.push(("date_of_expiry", day.map(dates::to_iso)));
    }
    told.extend(zone.more.iter().map(|(name, value)| (*name, text(value))));
    for (name, value) in &mut told {
        if zone.is_contradicted(name) {
            *value = None;
        }
    }
    told
}
