//! Whether the machine-readable zone and the visual zone say the same.

use super::{Comparison, VisualZone, ZoneNames, compared, names_exceed};
use crate::dates::Unread;
use crate::names::Script;
use crate::text::is_blank;
use crate::zone::Zone;
use crate::{Check, Reading};

/// Why a check was not performed that wants the zone, where there is none.
pub const NO_ZONE: &str = "no machine-readable zone was read, or it isn't one";

/// The checks `mrz.matches.*` of the fields that a zone of Doc 9303 repeats and the document type
/// has. Names are of Latin letters.
#[must_use]
pub fn zones_agree(document: &dyn VisualZone, zone: Option<&Zone>) -> Vec<Check> {
    let fields = REPEATED.iter().filter(|(_, field)| document.has(field));
    fields
        .map(|&(code, field)| {
            compared(code, field, document.reading(field), zone.ok_or(NO_ZONE), |visual, zone| {
                compare(document, field, visual, zone)
            })
        })
        .collect()
}

/// The fields that every zone of Doc 9303 repeats, and the codes of their checks.
const REPEATED: [(&str, &str); 7] = [
    ("mrz.matches.surname", "surname"),
    ("mrz.matches.given_names", "given_names"),
    ("mrz.matches.document_number", "document_number"),
    ("mrz.matches.nationality", "nationality"),
    ("mrz.matches.date_of_birth", "date_of_birth"),
    ("mrz.matches.sex", "sex"),
    ("mrz.matches.date_of_expiry", "date_of_expiry"),
];

/// Whether a field that was read empty is empty in the zone too.
#[must_use]
pub fn is_blank_in(document: &dyn VisualZone, zone: Option<&Zone>, reading: &Reading) -> bool {
    let is_repeated = REPEATED.iter().any(|(_, field)| *field == reading.name);
    zone.is_some_and(|zone| {
        is_repeated && compare(document, &reading.name, reading, zone) == Comparison::Same
    })
}

fn compare(document: &dyn VisualZone, field: &str, visual: &Reading, zone: &Zone) -> Comparison {
    let date = || match document.date(field) {
        Some(day) => Ok(day),
        None if is_blank(&visual.raw) => Err(Unread::Blank),
        None => Err(Unread::Form),
    };
    match field {
        "surname" | "given_names" => name(document, field, visual, zone),
        "document_number" => Comparison::of_numbers(&visual.raw, zone.document_number()),
        "nationality" => Comparison::of(visual.raw.trim() == zone.nationality()),
        "date_of_birth" => Comparison::of_dates(date(), zone.date_of_birth()),
        "sex" => {
            let visual = document.sex(visual.raw.trim());
            Comparison::of(visual.is_some() && visual == zone.sex())
        }
        _ => Comparison::of_dates(date(), zone.date_of_expiry()),
    }
}
fn name(document: &dyn VisualZone, field: &str, visual: &Reading, zone: &Zone) -> Comparison {
    let (surname, given_names) = (document.reading("surname"), document.reading("given_names"));
    let may_be_truncated = zone.names_may_be_truncated()
        || names_exceed(Script::Latin, surname, given_names, zone.name_field_length());
    let other = if field == "surname" { given_names } else { surname };
    let (primary, secondary) = (zone.surname(), zone.given_names());
    let names = ZoneNames { surname: &primary, given_names: Some(&secondary), may_be_truncated };
    names.compare(Script::Latin, field, visual, other)
}
