//! Whether the machine-readable zone is one, and agrees with itself.

use super::super::ZoneKind;
use super::{Document, ReadZone};
use crate::Check;
use crate::checks::{NO_ZONE, failed, judged, not_performed};
use crate::zone::{CheckDigit, ZoneFault, ZoneFormat};

const FIELDS: &[&str] = &["mrz"];

pub(super) fn checks(document: &Document<'_>, kind: ZoneKind) -> Vec<Check> {
    let mut checks = vec![format(document, kind), issuing_state(document)];
    match kind {
        ZoneKind::Icao(format) => {
            let zone = document.icao();
            checks.extend(
                digits(format).iter().map(|&(code, digit)| {
                    agreement(code, zone.map(|zone| zone.check_digit(digit)))
                }),
            );
        }
        ZoneKind::LicenceLine => {
            let line = document.licence();
            let number = line.map(|line| Some(line.number_agrees()));
            let composite = line.map(|line| Some(line.composite_agrees()));
            checks.push(agreement("mrz.check_digit.document_number", number));
            checks.push(agreement("mrz.check_digit.composite", composite));
        }
    }
    checks
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
    let found = match (document.icao(), document.licence()) {
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
