//! Whether the machine-readable zone and the visual zone say the same.

use crate::checks::{Comparison, NO_ZONE, VisualZone, compared, zones_agree};
use crate::dates::Unread;
use crate::names::Script;
use crate::zone::Zone;

use super::super::{LicenceLine, ZoneKind};
use super::Document;
use crate::{Check, Reading};

/// The comparisons of the fields that the type has.
pub(super) fn checks(document: &Document<'_>, kind: ZoneKind) -> Vec<Check> {
    match kind {
        ZoneKind::Icao(_) => with_icao(document),
        ZoneKind::LicenceLine => with_licence(document),
    }
}

fn with_icao(document: &Document<'_>) -> Vec<Check> {
    let mut checks = zones_agree(document, document.icao());
    if document.document_type.personal_number_in_zone {
        checks.extend(comparison(
            document,
            "mrz.matches.personal_number",
            "personal_number",
            document.icao(),
            &|visual, zone: &Zone| match zone.optional_data().first() {
                Some(optional) => Comparison::of_numbers(&visual.raw, optional),
                None => Comparison::Different,
            },
        ));
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
        let day = document.date("date_of_expiry").ok_or(Unread::Form);
        Comparison::of_dates(day, line.date_of_expiry())
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
