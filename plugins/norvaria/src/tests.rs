//! The rules of Norvaria on whole documents.

use dossier_rules_sdk::testing::{codes, readings};
use dossier_rules_sdk::{Observation, Outcome, Reading, Report, Settings, after};

use super::DOCUMENT_TYPES;

const TODAY: &str = "2026-11-24";

fn report(document_type: &str, readings: &[Reading]) -> Report {
    let settings = Settings::default();
    after(&DOCUMENT_TYPES, document_type, readings, &Observation::default(), TODAY, settings)
        .expect("a report")
}

/// As the generator of `adapters/training` drew it.
const CARD: [(&str, u32, &str); 13] = [
    ("surname", 0, "HUGIS"),
    ("given_names", 0, "VILBORG"),
    ("sex", 0, "M"),
    ("nationality", 0, "QNV"),
    ("date_of_birth", 0, "13.10.1952"),
    ("personal_number", 0, "131052-308T"),
    ("document_number", 0, "EU9180357"),
    ("card_access_number", 0, "066354"),
    ("date_of_expiry", 0, "07.05.2030"),
    ("date_of_issue", 1, "07.05.2025"),
    ("authority", 1, "POLICE WEANKRUM"),
    ("place_of_birth", 1, "CEADGREAT"),
    (
        "mrz",
        1,
        "IDQNVEU91803571131052308T<<<<<\n5210138M3005073QNV<<<<<<<<<<<4\nHUGIS<<VILBORG<<<<<<<<<<<<<<<<",
    ),
];

#[test]
fn a_right_card_passes_every_check() {
    let report = report("norvaria/id-card/2021", &readings(&CARD));
    let not_passed = report.checks.iter().filter(|check| check.outcome != Outcome::Passed);
    assert_eq!(not_passed.map(|check| check.code).collect::<Vec<_>>(), [""; 0]);
    let value = |name: &str| {
        report.fields.iter().find(|field| field.name == name).and_then(|field| field.value.clone())
    };
    assert_eq!(value("date_of_birth").as_deref(), Some("1952-10-13"));
}

#[test]
fn each_lie_fails_its_own_checks() {
    for (name, lie, expected) in [
        ("surname", "HUGES", vec!["mrz.matches.surname"]),
        (
            "personal_number",
            "131052-308U",
            vec!["personal_number.check_digit", "mrz.matches.personal_number"],
        ),
        ("nationality", "UTO", vec!["nationality.format", "mrz.matches.nationality"]),
        ("date_of_expiry", "07.05.2031", vec!["mrz.matches.date_of_expiry"]),
        ("document_number", "EU9180358", vec!["mrz.matches.document_number"]),
        (
            "date_of_birth",
            "14.10.1952",
            vec!["personal_number.date_of_birth", "mrz.matches.date_of_birth"],
        ),
    ] {
        let values =
            CARD.map(|(field, page, raw)| (field, page, if field == name { lie } else { raw }));
        let report = report("norvaria/id-card/2021", &readings(&values));
        assert_eq!(codes(&report, Outcome::Failed), expected, "{name}");
    }
}

#[test]
fn a_sex_that_neither_zone_can_have_does_not_agree() {
    let zone_without_sex = CARD[12].2.replace("5210138M", "5210138Q");
    let values = CARD.map(|(field, page, raw)| match field {
        "sex" => (field, page, "Q"),
        "mrz" => (field, page, zone_without_sex.as_str()),
        _ => (field, page, raw),
    });
    let report = report("norvaria/id-card/2021", &readings(&values));
    assert!(!codes(&report, Outcome::Passed).contains(&"mrz.matches.sex"));
}

#[test]
fn nothing_read_is_nothing_performed() {
    for document_type in &DOCUMENT_TYPES {
        let report = report(document_type.id, &[]);
        assert!(!report.checks.is_empty(), "{}", document_type.id);
        assert_eq!(codes(&report, Outcome::Passed), [""; 0], "{}", document_type.id);
        assert_eq!(codes(&report, Outcome::Failed), [""; 0], "{}", document_type.id);
    }
}
