//! The rules on invented cards and licences.

use dossier_rules_sdk::{Check, Outcome, Settings};

use super::{FieldKind, Reading, ZoneKind, after, before, document_types};

const TODAY: &str = "2026-11-24";

fn readings(values: &[(&str, u32, &str)]) -> Vec<Reading> {
    let reading = |(name, page, raw): &(&str, u32, &str)| Reading {
        name: (*name).to_owned(),
        page: *page,
        raw: (*raw).to_owned(),
        confidence: 0.99,
    };
    values.iter().map(reading).collect()
}

fn outcomes(checks: &[Check], outcome: Outcome) -> Vec<&str> {
    checks.iter().filter(|check| check.outcome == outcome).map(|check| check.code).collect()
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
    let report = after("norvaria/id-card/2021", &readings(&CARD), TODAY, Settings::default())
        .expect("a report");
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
        let report = after("norvaria/id-card/2021", &readings(&values), TODAY, Settings::default())
            .expect("a report");
        assert_eq!(outcomes(&report.checks, Outcome::Failed), expected, "{name}");
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
    let report = after("norvaria/id-card/2021", &readings(&values), TODAY, Settings::default())
        .expect("a report");
    assert!(!outcomes(&report.checks, Outcome::Passed).contains(&"mrz.matches.sex"));
}

#[test]
fn years_of_other_calendars_are_reported_as_gregorian() {
    for (document_type, raw, expected) in [
        ("siamara/id-card/2019", "27 SEP 2499", "1956-09-27"),
        ("parsavand/id-card/2017", "1335/07/05", "1956-09-27"),
        ("costaluz/passport/2021", "27 AGO 1956", "1956-08-27"),
        ("hokuto/driving-licence/2020", "1956.09.27", "1956-09-27"),
    ] {
        let values = readings(&[("date_of_birth", 0, raw)]);
        let report = after(document_type, &values, TODAY, Settings::default()).expect("a report");
        assert_eq!(report.fields[0].value.as_deref(), Some(expected), "{document_type}");
    }
}

#[test]
fn a_date_that_the_type_does_not_have_is_not_checked() {
    let report =
        after("parsavand/id-card/2017", &[], TODAY, Settings::default()).expect("a report");
    let codes = report.checks.iter().map(|check| check.code).collect::<Vec<_>>();
    assert!(codes.contains(&"document.expiry") && codes.contains(&"date_of_birth.plausible"));
    assert!(!codes.iter().any(|code| code.contains("issue")), "{codes:?}");
}

#[test]
fn a_sex_is_told_as_f_m_or_x() {
    let report = after(
        "anatolis/id-card/2024",
        &readings(&[("sex", 0, "E / M")]),
        TODAY,
        Settings::default(),
    );
    assert_eq!(report.expect("a report").fields[0].value.as_deref(), Some("M"));
    let report =
        after("anatolis/id-card/2024", &readings(&[("sex", 0, "M")]), TODAY, Settings::default());
    assert_eq!(report.expect("a report").fields[0].value, None);
}

#[test]
fn a_licence_s_line_is_compared_with_the_front() {
    let line = "D1QHV1891803596250821GUSSONI<3";
    let values = [
        ("surname", 0, "GUSSONI"),
        ("document_number", 0, "189180359"),
        ("date_of_expiry", 0, "21 08 2025"),
        ("mrz", 1, line),
    ];
    let report =
        after("helvetara/driving-licence/2024", &readings(&values), TODAY, Settings::default())
            .expect("a report");
    for code in [
        "mrz.format",
        "mrz.issuing_state",
        "mrz.check_digit.document_number",
        "mrz.check_digit.composite",
        "mrz.matches.surname",
        "mrz.matches.document_number",
        "mrz.matches.date_of_expiry",
    ] {
        assert!(outcomes(&report.checks, Outcome::Passed).contains(&code), "{code}");
    }
    let wrong = values.map(|(field, page, raw)| {
        (field, page, if field == "mrz" { "D1QHV1891803586250821GUSSONI<3" } else { raw })
    });
    let report =
        after("helvetara/driving-licence/2024", &readings(&wrong), TODAY, Settings::default())
            .expect("a report");
    let failed = outcomes(&report.checks, Outcome::Failed);
    for code in [
        "mrz.check_digit.document_number",
        "mrz.check_digit.composite",
        "mrz.matches.document_number",
    ] {
        assert!(failed.contains(&code), "{code}");
    }
}

#[test]
fn nothing_read_is_nothing_performed() {
    for document_type in document_types() {
        let report = after(document_type.id, &[], TODAY, Settings::default()).expect("a report");
        assert_eq!(outcomes(&report.checks, Outcome::Passed), [""; 0], "{}", document_type.id);
        assert_eq!(outcomes(&report.checks, Outcome::Failed), [""; 0], "{}", document_type.id);
    }
}

#[test]
fn every_document_type_asks_for_its_fields() {
    let mut ids = Vec::new();
    for document_type in document_types() {
        let requests =
            before(document_type.id, document_type.pages, None, TODAY).expect("requests");
        assert_eq!(requests.len(), document_type.fields.len());
        assert!(
            requests
                .iter()
                .all(|request| request.max_length > 0 && request.page < document_type.pages)
        );
        let has_zone =
            document_type.fields.iter().any(|rule| FieldKind::of(rule.name) == FieldKind::Zone);
        assert_eq!(has_zone, document_type.zone.is_some(), "{}", document_type.id);
        assert!(before(document_type.id, document_type.pages + 1, None, TODAY).is_err());
        ids.push(document_type.id);
    }
    assert!(ids.len() >= 21);
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(
        document_types().any(|document_type| document_type.zone == Some(ZoneKind::LicenceLine))
    );
    assert!(before("norvaria/passport/1918", 1, None, TODAY).is_err());
}
