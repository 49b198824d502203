//! Whether the zone and the visual zone say the same.

use dossier_rules_sdk::checks::{Comparison, ZoneNames, compared, names_exceed};
use dossier_rules_sdk::names::Script;
use dossier_rules_sdk::{Check, Reading};

use super::NO_ZONE;
use crate::document::Document;
use crate::zones::{Content, Names};

const SCRIPT: Script = Script::Any;

pub(super) fn checks(document: &Document<'_>) -> Vec<Check> {
    document.document_type.visual.iter().map(|field| comparison(document, field)).collect()
}

fn comparison(document: &Document<'_>, field: &'static str) -> Check {
    let (visual, zone) = (document.reading(field), document.valid_zone().ok_or(NO_ZONE));
    compared(code_of(field), field, visual, zone, |visual, zone| {
        compare(document, field, visual, zone)
    })
}

/// Whether a field that was read blank is blank in the zone too.
pub(super) fn is_blank_in_zone(document: &Document<'_>, reading: &Reading) -> bool {
    let field = document.document_type.visual.iter().find(|field| **field == reading.name);
    field
        .zip(document.valid_zone())
        .is_some_and(|(field, zone)| compare(document, field, reading, zone) == Comparison::Same)
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
        "date_of_birth" => match &zone.date_of_birth {
            Some(cells) => Comparison::of_dates(document.date(field, &visual.raw), cells),
            None => nothing,
        },
        _ => match &zone.date_of_expiry {
            Some(cells) => Comparison::of_expiry(document.expiry(&visual.raw), cells),
            None => nothing,
        },
    }
}

fn name(document: &Document<'_>, field: &str, visual: &Reading, names: &Names) -> Comparison {
    if names.is_encoded {
        return Comparison::Impossible("the machine-readable zone writes names in a code");
    }
    let (surname, given_names) = (document.reading("surname"), document.reading("given_names"));
    let may_be_truncated = names.may_be_truncated
        || names
            .shared_cells
            .is_some_and(|cells| names_exceed(SCRIPT, surname, given_names, cells));
    let in_zone = ZoneNames {
        surname: &names.surname,
        given_names: names.given_names.as_deref(),
        may_be_truncated,
    };
    let other = if field == "surname" { given_names } else { surname };
    in_zone.compare(SCRIPT, field, visual, other)
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
