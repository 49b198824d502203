//! Whether the machine-readable zone is one, and agrees with itself.

use super::{Document, NO_ZONE, failed, judged, not_performed, passed};
use crate::Check;
use crate::zone::{CheckDigit, ZoneFault, ZoneFormat};

const FIELDS: &[&str] = &["mrz"];
/// The code of Utopia, which ICAO Doc 9303 part 3 section 5 keeps for specimens.
const ISSUING_STATE: &str = "UTO";

pub(super) fn checks(document: &Document<'_>, expected: ZoneFormat) -> Vec<Check> {
    let mut checks = vec![format(document, expected), issuing_state(document)];
    checks.extend(digits(expected).iter().map(|&(code, digit)| check_digit(document, code, digit)));
    checks
}

fn format(document: &Document<'_>, expected: ZoneFormat) -> Check {
    let code = "mrz.format";
    match &document.zone {
        None => not_performed(code, FIELDS, "no machine-readable zone was read"),
        Some(Ok(zone)) if zone.format() == expected => {
            passed(code, FIELDS, "the machine-readable zone has the format of this document type")
        }
        Some(Ok(zone)) => failed(code, FIELDS, other_format(zone.format())),
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

fn other_format(format: ZoneFormat) -> &'static str {
    match format {
        ZoneFormat::Td1 => "this document type has no zone of TD1 format",
        ZoneFormat::Td2 => "this document type has no zone of TD2 format",
        ZoneFormat::Td3 => "this document type has no zone of TD3 format",
        ZoneFormat::MrvA => "this document type has no zone of MRV-A format, which is a visa's",
        ZoneFormat::MrvB => "this document type has no zone of MRV-B format, which is a visa's",
    }
}

fn issuing_state(document: &Document<'_>) -> Check {
    let code = "mrz.issuing_state";
    match document.valid_zone() {
        None => not_performed(code, FIELDS, NO_ZONE),
        Some(zone) => judged(
            code,
            FIELDS,
            zone.issuing_state() == ISSUING_STATE,
            "the issuing state is Utopia",
            "the issuing state isn't Utopia",
        ),
    }
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

/// A zone of another format than the document type's has its check digits checked all the same.
fn check_digit(document: &Document<'_>, code: &'static str, digit: CheckDigit) -> Check {
    match document.valid_zone().map(|zone| zone.check_digit(digit)) {
        None => not_performed(code, FIELDS, NO_ZONE),
        Some(None) => not_performed(code, FIELDS, "the zone's format has no such check digit"),
        Some(Some(agrees)) => {
            judged(code, FIELDS, agrees, "the check digit agrees", "the check digit doesn't agree")
        }
    }
}
