//! Whether the zone is one of its kind and agrees with itself.

use dossier_rules_sdk::codes::{self, state_code};
use dossier_rules_sdk::zone::{Cell, ZoneFault, ZoneFormat};

use super::{NO_ZONE, ZONE, failed, judged, not_performed, passed};
use crate::document::Document;
use crate::zones::ZoneKind;
use dossier_rules_sdk::Check;

pub(super) fn checks(document: &Document<'_>) -> Vec<Check> {
    let mut checks = vec![format(document)];
    checks.push(document_code(document));
    checks.push(match document.valid_zone() {
        None => not_performed("mrz.issuing_state", ZONE, NO_ZONE),
        Some(zone) => state_code("issuing state", &zone.issuing_state, document.issued().0)
            .check("mrz.issuing_state"),
    });
    checks.extend(document.document_type.check_digits.iter().map(|&code| digit(document, code)));
    if matches!(document.document_type.zone, ZoneKind::Icao(_)) {
        checks.push(as_read(document));
    }
    if matches!(document.document_type.zone, ZoneKind::Icao(ZoneFormat::Td1 | ZoneFormat::Td2)) {
        checks.push(optional_data(document));
    }
    checks
}

fn document_code(document: &Document<'_>) -> Check {
    let code = "mrz.document_code";
    let Some(zone) = document.valid_zone() else {
        return not_performed(code, ZONE, NO_ZONE);
    };
    match (document.document_type.zone, &zone.document_code) {
        (ZoneKind::Icao(format), Some(letters)) => {
            let (issued, expiry) = document.issued();
            codes::document_code(letters, format, &zone.issuing_state, issued, expiry).check(code)
        }
        _ => passed(code, ZONE, "the document code is the one of this document type"),
    }
}

/// Doc 9303 lets a long document number go on in the optional data, and says nothing of what follows it.
fn optional_data(document: &Document<'_>) -> Check {
    let code = "mrz.optional_data";
    match document.valid_zone() {
        None => not_performed(code, ZONE, NO_ZONE),
        Some(zone) if zone.has_text_after_number => not_performed(
            code,
            ZONE,
            "there is text after a document number that overflows: it is told as optional data, and nothing says what it is",
        ),
        Some(_) => passed(code, ZONE, "there is no text after a document number that overflows"),
    }
}

fn format(document: &Document<'_>) -> Check {
    let code = "mrz.format";
    match &document.zone {
        None => not_performed(code, ZONE, "no machine-readable zone was read"),
        Some(Ok(_)) => {
            passed(code, ZONE, "the machine-readable zone has the format of this document type")
        }
        Some(Err(fault)) => failed(
            code,
            ZONE,
            match fault {
                ZoneFault::Shape => "this document type's zone has other lines",
                ZoneFault::Characters => "it has characters other than A-Z, 0-9 and <",
                ZoneFault::DocumentCode => "it doesn't begin as this document type's zone does",
                ZoneFault::DocumentNumber => "its document number starts with a filler",
            },
        ),
    }
}

fn digit(document: &Document<'_>, code: &'static str) -> Check {
    let Some(zone) = document.valid_zone() else {
        return not_performed(code, ZONE, NO_ZONE);
    };
    match zone.check_digits.iter().find(|digit| digit.code == code) {
        None => not_performed(code, ZONE, "this zone has no such check digit"),
        Some(digit) => judged(
            code,
            ZONE,
            digit.agrees,
            digit.note.unwrap_or("the check digit agrees"),
            "the check digit doesn't agree",
        ),
    }
}

/// The check that no correction is silent.
fn as_read(document: &Document<'_>) -> Check {
    /// Longer lists of cells make no sentence for people.
    const MOST_CELLS: usize = 12;
    let code = "mrz.as_read";
    if let Some((_, cells)) = &document.correction {
        let place = |cell: &Cell| format!("line {} position {}", cell.line, cell.position);
        let shown = cells.iter().take(MOST_CELLS).map(place).collect::<Vec<_>>().join(", ");
        let more = if cells.len() > MOST_CELLS { " and others" } else { "" };
        return failed(
            code,
            ZONE,
            format!(
                "misread: one other reading alone agrees, in mrz_corrected; it differs in {shown}{more}"
            ),
        );
    }
    let Some(zone) = document.valid_zone() else {
        return not_performed(
            code,
            ZONE,
            "no machine-readable zone was read, and none can be made of it",
        );
    };
    judged(
        code,
        ZONE,
        zone.check_digits.iter().all(|digit| digit.agrees),
        "nothing had to be corrected",
        "check digits disagree, and no single reading makes them agree",
    )
}
