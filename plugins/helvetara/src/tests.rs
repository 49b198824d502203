//! The rules of Helvetara on whole documents.

use dossier_rules_sdk::testing::{codes, readings};
use dossier_rules_sdk::{Observation, Outcome, Reading, Report, Settings, after};

use super::DOCUMENT_TYPES;

const TODAY: &str = "2026-11-24";

fn report(document_type: &str, readings: &[Reading]) -> Report {
    let settings = Settings::default();
    after(&DOCUMENT_TYPES, document_type, readings, &Observation::default(), TODAY, settings)
        .expect("a report")
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
    let right = report("helvetara/driving-licence/2024", &readings(&values));
    for code in [
        "mrz.format",
        "mrz.issuing_state",
        "mrz.check_digit.document_number",
        "mrz.check_digit.composite",
        "mrz.matches.surname",
        "mrz.matches.document_number",
        "mrz.matches.date_of_expiry",
    ] {
        assert!(codes(&right, Outcome::Passed).contains(&code), "{code}");
    }
    let wrong = values.map(|(field, page, raw)| {
        (field, page, if field == "mrz" { "D1QHV1891803586250821GUSSONI<3" } else { raw })
    });
    let wrong = report("helvetara/driving-licence/2024", &readings(&wrong));
    let failed = codes(&wrong, Outcome::Failed);
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
    for document_type in &DOCUMENT_TYPES {
        let report = report(document_type.id, &[]);
        assert!(!report.checks.is_empty(), "{}", document_type.id);
        assert_eq!(codes(&report, Outcome::Passed), [""; 0], "{}", document_type.id);
        assert_eq!(codes(&report, Outcome::Failed), [""; 0], "{}", document_type.id);
    }
}
