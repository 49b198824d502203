//! Whether the zone and the visual zone say the same.

use dossier_rules_sdk::checks::{Comparison, compared, names_exceed};
use dossier_rules_sdk::names::{Script, shortest_spelling};
use dossier_rules_sdk::zone::agrees_with;
use dossier_rules_sdk::{Check, Reading};

use super::NO_ZONE;
use crate::document::{Document, visual_date};
use crate::zones::{Content, Names};

const SCRIPT: Script = Script::LatinOrCyrillic;

pub(super) fn checks(document: &Document<'_>) -> Vec<Check> {
    document.document_type.visual.iter().map(|field| comparison(document, field)).collect()
}

fn comparison(document: &Document<'_>, field: &'static str) -> Check {
    let (visual, zone) = (document.reading(field), document.valid_zone().ok_or(NO_ZONE));
    compared(code_of(field), field, visual, zone, |visual, zone| {
        compare(document, field, visual, zone)
    })
}

fn code_of(field: &str) -> &'static str {
    match field {
        "surname" => "mrz.matches.surname",
        "given_names" => "mrz.matches.given_names",
        "document_number" => "mrz.matches.document_number",
        "nationality" => "mrz.matches.nationality",
        "date_of_birth" => "mrz.matches.date_of_birth",
        "sex" => "mrz.matches.sex",
        _ => "mrz.matches.date_of_expiry",
    }
}

fn compare(document: &Document<'_>, field: &str, visual: &Reading, zone: &Content) -> Comparison {
    let nothing = Comparison::Impossible("the machine-readable zone doesn't tell it");
    match field {
        "surname" | "given_names" => match &zone.names {
            Some(names) => name(document, field, visual, names),
            None => nothing,
        },
        "document_number" => match &zone.document_number {
            Some(number) => Comparison::of_numbers(&visual.raw, number),
            None => nothing,
        },
        "nationality" => match &zone.nationality {
            Some(code) => nationality(visual.raw.trim(), code),
            None => nothing,
        },
        "sex" => match (visual_sex(visual.raw.trim()), zone.sex) {
            (Some(visual), Some(zone)) => Comparison::of(Some(visual) == zone),
            (None, _) => Comparison::Impossible("how the visual zone writes the sex isn't known"),
            (_, None) => nothing,
        },
        "date_of_birth" => date(visual, zone.date_of_birth.as_deref()),
        _ => date(visual, zone.date_of_expiry.as_deref()),
    }
}

fn name(document: &Document<'_>, field: &str, visual: &Reading, names: &Names) -> Comparison {
    if names.is_encoded {
        return Comparison::Impossible("the machine-readable zone writes names in a code");
    }
    let in_zone =
        if field == "surname" { Some(&names.surname) } else { names.given_names.as_ref() };
    let Some(in_zone) = in_zone else {
        return Comparison::Impossible("the machine-readable zone doesn't tell it");
    };
    let (surname, given_names) = (document.reading("surname"), document.reading("given_names"));
    let may_be_truncated = names.may_be_truncated
        || names
            .shared_cells
            .is_some_and(|cells| names_exceed(SCRIPT, surname, given_names, cells));
    match Comparison::of_names(SCRIPT, &visual.raw, in_zone, may_be_truncated) {
        Comparison::Different if shortest_spelling(SCRIPT, &visual.raw).is_none() => {
            Comparison::Impossible("Doc 9303 has no transliteration of the visual name's letters")
        }
        found => found,
    }
}

/// A visual zone writes a code, or the name of a state in a language of its own.
fn nationality(visual: &str, code: &str) -> Comparison {
    let is_code = (1..=3).contains(&visual.len()) && visual.bytes().all(|b| b.is_ascii_uppercase());
    if is_code && mrz::country_name(visual).is_some() {
        Comparison::of(mrz::codes_equivalent(visual, code))
    } else {
        Comparison::Impossible("the visual zone writes no code of Doc 9303")
    }
}

/// The zone has two digits of the year; the visual zone has the century.
fn date(visual: &Reading, in_zone: Option<&str>) -> Comparison {
    let Some(in_zone) = in_zone else {
        return Comparison::Impossible("the machine-readable zone doesn't tell it");
    };
    match visual_date(&visual.raw).map(|visual| agrees_with(in_zone, visual)) {
        None => Comparison::Impossible("the visual zone's date can't be read in one way alone"),
        Some(None) => Comparison::Impossible("the machine-readable zone says it is unknown"),
        Some(Some(agrees)) => Comparison::of(agrees),
    }
}

/// The sex as the zone tells it, of the letters that visual zones write (part 4, note o: a letter of
/// the issuer's language, a slash, and the English one where it differs).
pub(crate) fn visual_sex(text: &str) -> Option<&'static str> {
    match text.rsplit('/').next()?.trim() {
        "F" => Some("F"),
        "M" => Some("M"),
        "X" => Some("X"),
        _ => None,
    }
}
