//! Whether what the zone tells makes sense.

use dossier_rules_sdk::zone::{birth_date, expiry_date};
use dossier_rules_sdk::{Check, dates};

use super::{NO_ZONE, ZONE, failed, judged, not_performed, passed};
use crate::document::Document;
use crate::zones::{Content, ZoneKind};

const UNKNOWN: &str = "<<<<<<";

/// The code of a check, and which zones have what it looks at.
type Row = (&'static str, fn(ZoneKind) -> bool);

pub(super) fn checks(document: &Document<'_>) -> Vec<Check> {
    let today = document.today;
    let rows: [Row; 8] = [
        ("mrz.nationality", has_nationality),
        ("mrz.date_of_birth", has_birth),
        ("mrz.date_of_birth.known", has_birth),
        ("mrz.sex", has_sex),
        ("mrz.date_of_expiry", has_expiry),
        ("document.expiry", has_expiry),
        ("mrz.names", has_names),
        ("mrz.names.complete", has_names),
    ];
    let kind = document.document_type.zone;
    let applicable = rows.into_iter().filter(|(_, applies)| applies(kind));
    applicable
        .map(|(code, _)| match document.valid_zone() {
            None => not_performed(code, ZONE, NO_ZONE),
            Some(zone) => match code {
                "mrz.nationality" => nationality(code, zone),
                "mrz.date_of_birth" => birth(code, zone, today),
                "mrz.date_of_birth.known" => birth_known(code, zone),
                "mrz.sex" => sex(code, zone),
                "mrz.date_of_expiry" => expiry(code, zone, today),
                "document.expiry" => not_expired(code, zone, today),
                "mrz.names" => names(code, zone),
                _ => names_complete(code, zone),
            },
        })
        .collect()
}

fn has_nationality(kind: ZoneKind) -> bool {
    matches!(kind, ZoneKind::Icao(_) | ZoneKind::RussianInternalPassport)
}

fn has_birth(kind: ZoneKind) -> bool {
    !matches!(kind, ZoneKind::FrenchDrivingLicence | ZoneKind::DutchDrivingLicence)
}

fn has_sex(kind: ZoneKind) -> bool {
    has_birth(kind) && kind != ZoneKind::SwissDrivingLicence
}

fn has_expiry(kind: ZoneKind) -> bool {
    matches!(kind, ZoneKind::Icao(_) | ZoneKind::FrenchDrivingLicence)
}

fn has_names(kind: ZoneKind) -> bool {
    kind != ZoneKind::DutchDrivingLicence
}

fn nationality(code: &'static str, zone: &Content) -> Check {
    judged(
        code,
        ZONE,
        zone.nationality.as_deref().is_some_and(|state| mrz::country_name(state).is_some()),
        "the nationality is one of Doc 9303 part 3",
        "the nationality isn't one of Doc 9303 part 3",
    )
}

/// Unknown parts are fillers (part 3, section 4.8): those known must still be of a day.
fn birth(code: &'static str, zone: &Content, today: dossier_rules_sdk::Date) -> Check {
    let cells = zone.date_of_birth.as_deref().unwrap_or_default();
    if cells.contains('<') {
        return judged(
            code,
            ZONE,
            is_partly_known_date(cells),
            "the date of birth is known in part, or stated to be unknown",
            "the date of birth isn't one",
        );
    }
    judged(
        code,
        ZONE,
        birth_date(cells, today).is_some(),
        "the date of birth is a real day",
        "the date of birth isn't a real day",
    )
}

/// Pairs of digits or of fillers, and no month or day that there isn't.
fn is_partly_known_date(cells: &str) -> bool {
    let pair = |at: usize, most: u32| {
        let pair = cells.get(at..at + 2).unwrap_or_default();
        pair == "<<" || pair.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number))
    };
    let year = cells.get(..2).unwrap_or_default();
    let is_year = year == "<<" || year.bytes().all(|b| b.is_ascii_digit());
    cells.len() == UNKNOWN.len() && is_year && pair(2, 12) && pair(4, 31)
}

fn birth_known(code: &'static str, zone: &Content) -> Check {
    match zone.date_of_birth.as_deref() {
        Some(cells) if !cells.contains('<') => {
            passed(code, ZONE, "the issuer knows the date of birth")
        }
        Some(UNKNOWN) => {
            not_performed(code, ZONE, "the issuer states that the date of birth is unknown")
        }
        _ => not_performed(
            code,
            ZONE,
            "the issuer states that parts of the date of birth are unknown",
        ),
    }
}

fn sex(code: &'static str, zone: &Content) -> Check {
    judged(
        code,
        ZONE,
        zone.sex.flatten().is_some(),
        "the sex is one that the zone can state",
        "the sex isn't one that the zone can state",
    )
}

fn expiry(code: &'static str, zone: &Content, today: dossier_rules_sdk::Date) -> Check {
    let cells = zone.date_of_expiry.as_deref().unwrap_or_default();
    judged(
        code,
        ZONE,
        expiry_date(cells, today).is_some(),
        "the date of expiry is a real day",
        "the date of expiry isn't a real day",
    )
}

fn not_expired(code: &'static str, zone: &Content, today: dossier_rules_sdk::Date) -> Check {
    let cells = zone.date_of_expiry.as_deref().unwrap_or_default();
    match expiry_date(cells, today).filter(|_| !zone.is_contradicted("date_of_expiry")) {
        None => not_performed(code, ZONE, "the date of expiry isn't certain"),
        Some(expiry) => judged(
            code,
            ZONE,
            !dates::is_before(expiry, today),
            "the document has not expired",
            "the document has expired",
        ),
    }
}

/// Digits are not names (part 3, section 4.6), but for those of a code.
fn names(code: &'static str, zone: &Content) -> Check {
    let Some(names) = &zone.names else {
        return not_performed(code, ZONE, NO_ZONE);
    };
    let all = [Some(&names.surname), names.given_names.as_ref()];
    let has_digit = all.iter().flatten().any(|name| name.bytes().any(|b| b.is_ascii_digit()));
    if names.surname.is_empty() {
        failed(code, ZONE, "there is no primary identifier")
    } else if has_digit && !names.is_encoded {
        failed(code, ZONE, "there are digits in a name")
    } else {
        passed(code, ZONE, "there is a primary identifier, and no digit in a name")
    }
}

fn names_complete(code: &'static str, zone: &Content) -> Check {
    if zone.names.as_ref().is_some_and(|names| names.may_be_truncated) {
        not_performed(code, ZONE, "the name field is full: names may be cut short")
    } else {
        passed(code, ZONE, "the name field has room to spare")
    }
}
