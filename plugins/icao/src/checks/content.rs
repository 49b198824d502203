//! Whether what the zone tells makes sense.

use dossier_rules_sdk::checks::not_expired;
use dossier_rules_sdk::codes::state_code;
use dossier_rules_sdk::zone::{UNKNOWN_DATE, ZoneExpiry, birth_date};
use dossier_rules_sdk::{Check, Date};

use super::{NO_ZONE, ZONE, failed, judged, not_performed, passed};
use crate::document::{Document, Validity};
use crate::zones::{Content, ZoneKind};

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
            _ if code == "document.expiry" => expired(document),
            None => not_performed(code, ZONE, NO_ZONE),
            Some(zone) => match code {
                "mrz.nationality" => nationality(code, zone, document),
                "mrz.date_of_birth" => birth(code, zone, today),
                "mrz.date_of_birth.known" => birth_known(code, zone),
                "mrz.sex" => sex(code, zone),
                "mrz.date_of_expiry" => expiry(code, zone, document),
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

fn nationality(code: &'static str, zone: &Content, document: &Document<'_>) -> Check {
    let nationality = zone.nationality.as_deref().unwrap_or_default();
    state_code("nationality", nationality, document.issued().0).check(code)
}

/// Unknown parts are fillers (part 3, section 4.8): those known must still be of a day.
fn birth(code: &'static str, zone: &Content, today: Date) -> Check {
    let cells = zone.date_of_birth.as_deref().unwrap_or_default();
    if has_zeros(cells) {
        return not_performed(
            code,
            ZONE,
            "the month or day of birth is zero: Doc 9303 has fillers for what is unknown, and some issuers write zeros",
        );
    }
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

/// Whether the month or the day is zero, in a date of nothing but digits.
fn has_zeros(cells: &str) -> bool {
    let is_zero = |at: usize| cells.get(at..at + 2) == Some("00");
    cells.bytes().all(|b| b.is_ascii_digit()) && (is_zero(2) || is_zero(4))
}

/// Pairs of digits or of fillers, and no month or day that there isn't.
fn is_partly_known_date(cells: &str) -> bool {
    let pair = |at: usize, most: u32| {
        let pair = cells.get(at..at + 2).unwrap_or_default();
        pair == "<<" || pair.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number))
    };
    let year = cells.get(..2).unwrap_or_default();
    let is_year = year == "<<" || year.bytes().all(|b| b.is_ascii_digit());
    cells.len() == UNKNOWN_DATE.len() && is_year && pair(2, 12) && pair(4, 31)
}

fn birth_known(code: &'static str, zone: &Content) -> Check {
    match zone.date_of_birth.as_deref() {
        Some(cells) if has_zeros(cells) => not_performed(
            code,
            ZONE,
            "the issuer writes zeros for parts of the date of birth that are unknown",
        ),
        Some(cells) if !cells.contains('<') => {
            passed(code, ZONE, "the issuer knows the date of birth")
        }
        Some(UNKNOWN_DATE) => {
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

fn expiry(code: &'static str, zone: &Content, document: &Document<'_>) -> Check {
    let cells = zone.date_of_expiry.as_deref().unwrap_or_default();
    match document.expiry_in(zone, cells) {
        ZoneExpiry::On(_) => passed(code, ZONE, "the date of expiry is a real day"),
        ZoneExpiry::NotADay => failed(code, ZONE, "the date of expiry isn't a real day"),
        ZoneExpiry::NoEnd(None) => {
            not_performed(code, ZONE, "the document states no end: there is no date of expiry")
        }
        ZoneExpiry::NoEnd(Some(_)) => {
            not_performed(code, ZONE, "the date is how this issuer says that there is no end")
        }
        ZoneExpiry::Uncertain(why) => not_performed(code, ZONE, why),
    }
}

fn expired(document: &Document<'_>) -> Check {
    let (code, fields) = ("document.expiry", &["date_of_expiry", "mrz"]);
    match document.validity() {
        Validity::Until(day) => not_expired(fields, day, document.today, document.settings),
        Validity::NoEnd => passed(code, fields, "the document states that it has no end"),
        Validity::Unknown(why) => not_performed(code, fields, why),
    }
}

/// Digits are not names (part 3, section 4.6), but for those of a code.
fn names(code: &'static str, zone: &Content) -> Check {
    let Some(names) = &zone.names else {
        return not_performed(code, ZONE, NO_ZONE);
    };
    let all = [Some(&names.surname), names.given_names.as_ref()];
    let has_digit = all.iter().flatten().any(|name| name.bytes().any(|b| b.is_ascii_digit()));
    let has_given_names = names.given_names.as_ref().is_some_and(|names| !names.is_empty());
    if has_digit && !names.is_encoded {
        failed(code, ZONE, "there are digits in a name")
    } else if names.surname.is_empty() && has_given_names {
        not_performed(
            code,
            ZONE,
            "the issuer leaves the primary identifier blank: the holder's only name stands as secondary",
        )
    } else if names.surname.is_empty() {
        failed(code, ZONE, "there is no name")
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
