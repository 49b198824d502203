//! Whether the machine-readable zone is one, agrees with itself, and says what the visual zone says.

use dossier_rules_sdk::names::{NameMatch, Script, compare, shortest_spelling};
use dossier_rules_sdk::zone::{CheckDigit, Zone, ZoneFormat, agrees_with};

use super::{Check, Document, ReadZone, ZoneFault, failed, judged, not_performed, passed};
use crate::document_type::ZoneKind;
use crate::{LicenceLine, Reading};

const ZONE: &str = "mrz";
const FIELDS: &[&str] = &[ZONE];
const NO_ZONE: &str = "no machine-readable zone was read, or it isn't one";

pub(super) fn checks(document: &Document<'_>, kind: ZoneKind) -> Vec<Check> {
    let mut checks = vec![format(document, kind), issuing_state(document)];
    match kind {
        ZoneKind::Icao(format) => {
            let zone = icao(document);
            checks.extend(
                digits(format).iter().map(|&(code, digit)| {
                    agreement(code, zone.map(|zone| zone.check_digit(digit)))
                }),
            );
            checks.extend(icao_comparisons(document));
        }
        ZoneKind::LicenceLine => {
            let line = licence(document);
            let number = line.map(|line| Some(line.number_agrees()));
            let composite = line.map(|line| Some(line.composite_agrees()));
            checks.push(agreement("mrz.check_digit.document_number", number));
            checks.push(agreement("mrz.check_digit.composite", composite));
            checks.extend(licence_comparisons(document));
        }
    }
    checks
}

fn icao<'a>(document: &'a Document<'_>) -> Option<&'a Zone> {
    match document.zone.as_ref()?.as_ref().ok()? {
        ReadZone::Icao(zone) => Some(zone),
        ReadZone::Licence(_) => None,
    }
}

fn licence<'a>(document: &'a Document<'_>) -> Option<&'a LicenceLine> {
    match document.zone.as_ref()?.as_ref().ok()? {
        ReadZone::Licence(line) => Some(line),
        ReadZone::Icao(_) => None,
    }
}

fn format(document: &Document<'_>, expected: ZoneKind) -> Check {
    let code = "mrz.format";
    let is_expected = |zone: &ReadZone| match (zone, expected) {
        (ReadZone::Icao(zone), ZoneKind::Icao(format)) => zone.format() == format,
        (ReadZone::Licence(_), ZoneKind::LicenceLine) => true,
        _ => false,
    };
    match &document.zone {
        None => not_performed(code, FIELDS, "no machine-readable zone was read"),
        Some(Ok(zone)) => judged(
            code,
            FIELDS,
            is_expected(zone),
            "the machine-readable zone has the format of this document type",
            "the machine-readable zone has the format of another document type",
        ),
        Some(Err(fault)) => failed(
            code,
            FIELDS,
            match fault {
                ZoneFault::Shape => "no format has so many lines of that length",
                ZoneFault::Characters => "it has characters other than A-Z, 0-9 and <",
                ZoneFault::DocumentCode => "its document code isn't one of its format",
                ZoneFault::DocumentNumber => "its document number starts with a filler",
            },
        ),
    }
}

fn issuing_state(document: &Document<'_>) -> Check {
    let code = "mrz.issuing_state";
    let found = match (icao(document), licence(document)) {
        (Some(zone), _) => zone.issuing_state(),
        (None, Some(line)) => line.issuing_state(),
        (None, None) => return not_performed(code, FIELDS, NO_ZONE),
    };
    judged(
        code,
        FIELDS,
        found == document.document_type.issuing_state,
        "the issuing state is the one of this document type",
        "the issuing state isn't the one of this document type",
    )
}

/// The check digits that a format prints.
fn digits(format: ZoneFormat) -> &'static [(&'static str, CheckDigit)] {
    const NUMBER: (&str, CheckDigit) =
        ("mrz.check_digit.document_number", CheckDigit::DocumentNumber);
    const BIRTH: (&str, CheckDigit) = ("mrz.check_digit.date_of_birth", CheckDigit::DateOfBirth);
    const EXPIRY: (&str, CheckDigit) = ("mrz.check_digit.date_of_expiry", CheckDigit::DateOfExpiry);
    const OPTIONAL: (&str, CheckDigit) =
        ("mrz.check_digit.optional_data", CheckDigit::OptionalData);
    const COMPOSITE: (&str, CheckDigit) = ("mrz.check_digit.composite", CheckDigit::Composite);
    match format {
        ZoneFormat::Td3 => &[NUMBER, BIRTH, EXPIRY, OPTIONAL, COMPOSITE],
        ZoneFormat::Td1 | ZoneFormat::Td2 => &[NUMBER, BIRTH, EXPIRY, COMPOSITE],
        ZoneFormat::MrvA | ZoneFormat::MrvB => &[NUMBER, BIRTH, EXPIRY],
    }
}

/// `None` is no zone, `Some(None)` a zone without such a digit.
fn agreement(code: &'static str, agrees: Option<Option<bool>>) -> Check {
    match agrees {
        None => not_performed(code, FIELDS, NO_ZONE),
        Some(None) => not_performed(code, FIELDS, "the zone's format has no such check digit"),
        Some(Some(agrees)) => {
            judged(code, FIELDS, agrees, "the check digit agrees", "the check digit doesn't agree")
        }
    }
}

/// What came of a comparison.
enum Comparison {
    Same,
    SameAsFarAsItGoes,
    Different,
    Impossible(&'static str),
}

fn icao_comparisons(document: &Document<'_>) -> Vec<Check> {
    let zone = icao(document);
    let truncated = zone.is_some_and(|zone| may_be_truncated(document, zone));
    let mut checks = Vec::new();
    let mut compare = |code, field, with: &dyn Fn(&Reading, &Zone) -> Comparison| {
        checks.extend(comparison(document, code, field, zone, with));
    };
    compare("mrz.matches.surname", "surname", &|visual, zone| {
        name(&visual.raw, &zone.surname(), truncated)
    });
    compare("mrz.matches.given_names", "given_names", &|visual, zone| {
        name(&visual.raw, &zone.given_names(), truncated)
    });
    compare("mrz.matches.document_number", "document_number", &|visual, zone| {
        equal(letters_and_digits(&visual.raw) == letters_and_digits(zone.document_number()))
    });
    compare("mrz.matches.nationality", "nationality", &|visual, zone| {
        equal(visual.raw.trim() == zone.nationality())
    });
    compare("mrz.matches.date_of_birth", "date_of_birth", &|_, zone| {
        date(document, "date_of_birth", zone.date_of_birth())
    });
    compare("mrz.matches.sex", "sex", &|visual, zone| {
        let sexes = &document.document_type.sexes;
        let place = sexes.iter().position(|sex| *sex == visual.raw.trim());
        equal(place.and_then(|place| ["F", "M", "X"].get(place).copied()) == zone.sex())
    });
    compare("mrz.matches.date_of_expiry", "date_of_expiry", &|_, zone| {
        date(document, "date_of_expiry", zone.date_of_expiry())
    });
    if document.document_type.personal_number_in_zone {
        compare("mrz.matches.personal_number", "personal_number", &|visual, zone| {
            let optional = zone.optional_data().first().map(|text| letters_and_digits(text));
            equal(optional == Some(letters_and_digits(&visual.raw)))
        });
    }
    checks
}

fn licence_comparisons(document: &Document<'_>) -> Vec<Check> {
    let line = licence(document);
    let mut checks = Vec::new();
    let mut compare = |code, field, with: &dyn Fn(&Reading, &LicenceLine) -> Comparison| {
        checks.extend(comparison(document, code, field, line, with));
    };
    compare("mrz.matches.surname", "surname", &|visual, line| {
        name(&visual.raw, &line.surname(), line.surname_may_be_truncated())
    });
    compare("mrz.matches.document_number", "document_number", &|visual, line| {
        equal(letters_and_digits(&visual.raw) == line.document_number())
    });
    compare("mrz.matches.date_of_expiry", "date_of_expiry", &|_, line| {
        date(document, "date_of_expiry", line.date_of_expiry())
    });
    checks
}

/// The comparison of a field, if the type has the field.
fn comparison<Z>(
    document: &Document<'_>,
    code: &'static str,
    field: &'static str,
    zone: Option<&Z>,
    compare: &dyn Fn(&Reading, &Z) -> Comparison,
) -> Option<Check> {
    document.document_type.field(field)?;
    let fields = &[field, ZONE];
    let Some(visual) = document.reading(field) else {
        return Some(not_performed(code, fields, "the field was not read in the visual zone"));
    };
    let Some(zone) = zone else {
        return Some(not_performed(code, fields, NO_ZONE));
    };
    Some(match compare(visual, zone) {
        Comparison::Same => passed(code, fields, "both zones say the same"),
        Comparison::SameAsFarAsItGoes => passed(
            code,
            fields,
            "both zones say the same as far as the machine-readable zone has room for it",
        ),
        Comparison::Different => failed(code, fields, "the zones differ"),
        Comparison::Impossible(why) => not_performed(code, fields, why),
    })
}

fn equal(is_equal: bool) -> Comparison {
    if is_equal { Comparison::Same } else { Comparison::Different }
}

/// Names are cut if the name field is full, which a letter at its end tells. Some issuers cut right
/// after a filler; then it is the visual names that tell, by not fitting.
fn may_be_truncated(document: &Document<'_>, zone: &Zone) -> bool {
    let length = |field| {
        document
            .reading(field)
            .and_then(|reading| shortest_spelling(Script::Latin, &reading.raw))
            .unwrap_or(0)
    };
    let separator = 2;
    zone.names_may_be_truncated()
        || length("surname") + separator + length("given_names") > zone.name_field_length()
}

fn name(visual: &str, in_zone: &str, may_be_truncated: bool) -> Comparison {
    if in_zone.is_empty() && may_be_truncated && !visual.trim().is_empty() {
        return Comparison::Impossible("the machine-readable zone had no room for it");
    }
    match compare(visual, in_zone, may_be_truncated) {
        NameMatch::Equal => Comparison::Same,
        NameMatch::Truncated => Comparison::SameAsFarAsItGoes,
        NameMatch::Different => Comparison::Different,
    }
}

/// The zone has two digits of the Gregorian year; the visual zone has the century.
fn date(document: &Document<'_>, field: &str, in_zone: &str) -> Comparison {
    match document.date(field).map(|visual| agrees_with(in_zone, visual)) {
        None => Comparison::Impossible("the date of the visual zone is none"),
        Some(None) => Comparison::Impossible("the machine-readable zone says it is unknown"),
        Some(Some(agrees)) => equal(agrees),
    }
}

fn letters_and_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}
