//! Whether the machine-readable zone and the visual zone say the same.

use super::{Comparison, VisualZone, compared, names_exceed};
use crate::names::Script;
use crate::zone::Zone;
use crate::{Check, Reading};

/// Why a check was not performed that wants the zone, where there is none.
pub const NO_ZONE: &str = "no machine-readable zone was read, or it isn't one";

/// The checks `mrz.matches.*` of the fields that a zone of Doc 9303 repeats and the document type
/// has. Names are of Latin letters.
#[must_use]
pub fn zones_agree(document: &dyn VisualZone, zone: Option<&Zone>) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut compare = |code, field, compare: &dyn Fn(&Reading, &Zone) -> Comparison| {
        if document.has(field) {
            checks.push(compared(
                code,
                field,
                document.reading(field),
                zone.ok_or(NO_ZONE),
                compare,
            ));
        }
    };
    compare("mrz.matches.surname", "surname", &|visual, zone| {
        name(document, visual, zone, &zone.surname())
    });
    compare("mrz.matches.given_names", "given_names", &|visual, zone| {
        name(document, visual, zone, &zone.given_names())
    });
    compare("mrz.matches.document_number", "document_number", &|visual, zone| {
        Comparison::of_numbers(&visual.raw, zone.document_number())
    });
    compare("mrz.matches.nationality", "nationality", &|visual, zone| {
        Comparison::of(visual.raw.trim() == zone.nationality())
    });
    compare("mrz.matches.date_of_birth", "date_of_birth", &|_, zone| {
        Comparison::of_dates(document.date("date_of_birth"), zone.date_of_birth())
    });
    compare("mrz.matches.sex", "sex", &|visual, zone| {
        let visual = document.sex(visual.raw.trim());
        Comparison::of(visual.is_some() && visual == zone.sex())
    });
    compare("mrz.matches.date_of_expiry", "date_of_expiry", &|_, zone| {
        Comparison::of_dates(document.date("date_of_expiry"), zone.date_of_expiry())
    });
    checks
}

fn name(document: &dyn VisualZone, visual: &Reading, zone: &Zone, in_zone: &str) -> Comparison {
    let (surname, given_names) = (document.reading("surname"), document.reading("given_names"));
    let may_be_truncated = zone.names_may_be_truncated()
        || names_exceed(Script::Latin, surname, given_names, zone.name_field_length());
    Comparison::of_names(Script::Latin, &visual.raw, in_zone, may_be_truncated)
}
