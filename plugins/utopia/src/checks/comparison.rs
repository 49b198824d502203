//! Whether the machine-readable zone and the visual zone say the same.

use dossier_rules_sdk::checks::{Comparison, compared, names_exceed};

use super::Document;
use crate::names::Script;
use crate::zone::Zone;
use crate::{Check, Reading};

pub(super) fn checks(document: &Document<'_>) -> Vec<Check> {
    let compare = |code, field, compare: &dyn Fn(&Reading, &Zone) -> Comparison| {
        let no_zone = "no machine-readable zone was read, or it isn't one";
        compared(
            code,
            field,
            document.reading(field),
            document.valid_zone().ok_or(no_zone),
            compare,
        )
    };
    vec![
        compare("mrz.matches.surname", "surname", &|visual, zone| {
            name(document, visual, zone, &zone.surname())
        }),
        compare("mrz.matches.given_names", "given_names", &|visual, zone| {
            name(document, visual, zone, &zone.given_names())
        }),
        compare("mrz.matches.document_number", "document_number", &|visual, zone| {
            Comparison::of_numbers(&visual.raw, zone.document_number())
        }),
        compare("mrz.matches.nationality", "nationality", &|visual, zone| {
            Comparison::of(visual.raw.trim() == zone.nationality())
        }),
        compare("mrz.matches.date_of_birth", "date_of_birth", &|_, zone| {
            Comparison::of_dates(document.date("date_of_birth"), zone.date_of_birth())
        }),
        compare("mrz.matches.sex", "sex", &|visual, zone| {
            Comparison::of(Some(visual.raw.trim()) == zone.sex())
        }),
        compare("mrz.matches.date_of_expiry", "date_of_expiry", &|_, zone| {
            Comparison::of_dates(document.date("date_of_expiry"), zone.date_of_expiry())
        }),
    ]
}

fn name(document: &Document<'_>, visual: &Reading, zone: &Zone, in_zone: &str) -> Comparison {
    let (surname, given_names) = (document.reading("surname"), document.reading("given_names"));
    let may_be_truncated = zone.names_may_be_truncated()
        || names_exceed(Script::Latin, surname, given_names, zone.name_field_length());
    Comparison::of_names(Script::Latin, &visual.raw, in_zone, may_be_truncated)
}
