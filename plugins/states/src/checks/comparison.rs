//! Whether the machine-readable zone and the visual zone say the same.

use dossier_rules_sdk::checks::{Comparison, compared, names_exceed};
use dossier_rules_sdk::names::Script;
use dossier_rules_sdk::zone::Zone;

use super::{Check, Document, NO_ZONE};
use crate::document_type::ZoneKind;
use crate::{LicenceLine, Reading};

/// The comparisons of the fields that the type has.
pub(super) fn checks(document: &Document<'_>, kind: ZoneKind) -> Vec<Check> {
    match kind {
        ZoneKind::Icao(_) => with_icao(document),
        ZoneKind::LicenceLine => with_licence(document),
    }
}

fn with_icao(document: &Document<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut compare = |code, field, with: &dyn Fn(&Reading, &Zone) -> Comparison| {
        checks.extend(comparison(document, code, field, document.icao(), with));
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
        let sexes = &document.document_type.sexes;
        let place = sexes.iter().position(|sex| *sex == visual.raw.trim());
        Comparison::of(place.and_then(|place| ["F", "M", "X"].get(place).copied()) == zone.sex())
    });
    compare("mrz.matches.date_of_expiry", "date_of_expiry", &|_, zone| {
        Comparison::of_dates(document.date("date_of_expiry"), zone.date_of_expiry())
    });
    if document.document_type.personal_number_in_zone {
        compare("mrz.matches.personal_number", "personal_number", &|visual, zone| match zone
            .optional_data()
            .first()
        {
            Some(optional) => Comparison::of_numbers(&visual.raw, optional),
            None => Comparison::Different,
        });
    }
    checks
}

fn with_licence(document: &Document<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut compare = |code, field, with: &dyn Fn(&Reading, &LicenceLine) -> Comparison| {
        checks.extend(comparison(document, code, field, document.licence(), with));
    };
    compare("mrz.matches.surname", "surname", &|visual, line| {
        let may_be_truncated = line.surname_may_be_truncated();
        Comparison::of_names(Script::Latin, &visual.raw, &line.surname(), may_be_truncated)
    });
    compare("mrz.matches.document_number", "document_number", &|visual, line| {
        Comparison::of_numbers(&visual.raw, line.document_number())
    });
    compare("mrz.matches.date_of_expiry", "date_of_expiry", &|_, line| {
        Comparison::of_dates(document.date("date_of_expiry"), line.date_of_expiry())
    });
    checks
}

fn comparison<Z>(
    document: &Document<'_>,
    code: &'static str,
    field: &'static str,
    zone: Option<&Z>,
    compare: &dyn Fn(&Reading, &Z) -> Comparison,
) -> Option<Check> {
    document.document_type.field(field)?;
    Some(compared(code, field, document.reading(field), zone.ok_or(NO_ZONE), compare))
}

fn name(document: &Document<'_>, visual: &Reading, zone: &Zone, in_zone: &str) -> Comparison {
    let (surname, given_names) = (document.reading("surname"), document.reading("given_names"));
    let may_be_truncated = zone.names_may_be_truncated()
        || names_exceed(Script::Latin, surname, given_names, zone.name_field_length());
    Comparison::of_names(Script::Latin, &visual.raw, in_zone, may_be_truncated)
}
