//! The zones of Doc 9303, and the one national way to misread its rules that passes: Belgium's.

use dossier_rules_sdk::Date;
use dossier_rules_sdk::zone::{self, CheckDigit as Digit, Correction, Zone, ZoneFault, ZoneFormat};

use super::{CheckDigit, Content, Names};

/// Reads a zone that must have the format.
pub(super) fn read(text: &str, format: ZoneFormat, today: Date) -> Result<Content, ZoneFault> {
    let zone = Zone::parse(text)?;
    if zone.format() == format { Ok(content(&zone, today)) } else { Err(ZoneFault::Shape) }
}

/// What the zone must have been, and what that tells.
pub(crate) fn corrected(
    text: &str,
    format: ZoneFormat,
    today: Date,
) -> Option<(Content, Correction)> {
    let correction = zone::correct(text)?;
    (correction.zone.format() == format).then(|| (content(&correction.zone, today), correction))
}

fn content(zone: &Zone, today: Date) -> Content {
    let optional = zone.optional_data();
    Content {
        text: zone.text(),
        document_code: Some(zone.document_code().to_owned()),
        issuing_state: zone.issuing_state().to_owned(),
        nationality: Some(zone.nationality().to_owned()),
        names: Some(Names {
            surname: zone.surname(),
            given_names: Some(zone.given_names()),
            may_be_truncated: zone.names_may_be_truncated(),
            shared_cells: Some(zone.name_field_length()),
            is_encoded: false,
        }),
        document_number: Some(zone.document_number().to_owned()),
        date_of_birth: Some(zone.date_of_birth().to_owned()),
        date_of_expiry: Some(zone.date_of_expiry().to_owned()),
        sex: Some(zone.sex()),
        told: Some(zone.told(today)),
        has_text_after_number: zone.number_overflows()
            && optional.first().is_some_and(|first| !first.is_empty()),
        check_digits: check_digits(zone),
        ..Content::default()
    }
}

fn check_digits(zone: &Zone) -> Vec<CheckDigit> {
    let known: [(&'static str, Digit, &'static [&'static str]); 5] = [
        ("mrz.check_digit.document_number", Digit::DocumentNumber, &["document_number"]),
        ("mrz.check_digit.date_of_birth", Digit::DateOfBirth, &["date_of_birth"]),
        ("mrz.check_digit.date_of_expiry", Digit::DateOfExpiry, &["date_of_expiry"]),
        ("mrz.check_digit.optional_data", Digit::OptionalData, &["personal_number"]),
        ("mrz.check_digit.composite", Digit::Composite, &[]),
    ];
    let printed = known.into_iter().filter_map(|(code, digit, covers)| {
        Some(CheckDigit::new(code, zone.check_digit(digit)?, covers))
    });
    let mut digits = printed.collect::<Vec<_>>();
    if let Some(digit) = digits.first_mut().filter(|digit| !digit.agrees)
        && zone.number_agrees_in_the_older_belgian_way()
    {
        digit.agrees = true;
        digit.note = Some("the check digit agrees as older Belgian cards compute it");
    }
    digits
}
