//! Fixtures that are understood, and reports that are not as they expect.

use dossier_document::{Check, CheckOutcome};
use dossier_plugin::ReportField;
use serde_json::json;

use super::*;

fn fixture() -> Value {
    json!({
        "document_type": "utopia/passport/2024",
        "today": "2026-11-24",
        "fields": {"surname": "ERIKSSON", "sex": "F"},
        "expected": {
            "fields": {"surname": "ERIKSSON", "sex": null},
            "checks": [{"code": "sex.known", "outcome": "not_performed", "fields": ["sex"]}],
        },
    })
}

fn parse(fixture: &Value) -> Result<Fixture, FixtureError> {
    Fixture::parse(fixture.to_string().as_bytes())
}

fn report() -> Report {
    let field = |name: &str, value: Option<&str>| ReportField {
        name: name.parse().expect("a field name"),
        value: value.map(FieldText::new),
        source: "visual".to_owned(),
    };
    Report {
        fields: vec![field("surname", Some("ERIKSSON")), field("sex", None)],
        checks: vec![Check {
            code: "sex.known".to_owned(),
            outcome: CheckOutcome::NotPerformed,
            fields: vec!["sex".parse().expect("a field name")],
            message: "nothing was read".to_owned(),
        }],
    }
}

fn compare(fixture: &Value, report: &Report) -> Result<(), FixtureError> {
    match parse(fixture).expect("understood").expected {
        Expected::Report(expected) => expected.compare(report),
        Expected::Refusal(_) => panic!("expects a report"),
    }
}

#[test]
fn a_report_as_expected_passes() {
    compare(&fixture(), &report()).expect("as expected");
    let refusal = parse(&{
        let mut fixture = fixture();
        fixture["expected"] = json!({"refused": "mrz.missing"});
        fixture
    });
    assert!(matches!(refusal.expect("understood").expected, Expected::Refusal(_)));
}

#[test]
fn every_difference_fails_and_quotes_no_value() {
    for (pointer, value, told) in [
        ("/expected/fields/surname", json!("ERIKSEN"), "`surname`"),
        ("/expected/fields/surname", json!(null), "`surname`"),
        ("/expected/fields", json!({"surname": "ERIKSSON"}), "not expected"),
        ("/expected/fields", json!({"surname": "ERIKSSON", "sex": null, "age": "7"}), "`age`"),
        ("/expected/checks", json!([]), "check 1"),
        ("/expected/checks/0/code", json!("sex.unknown"), "`sex.unknown`"),
        ("/expected/checks/0/outcome", json!("passed"), "`outcome`"),
        ("/expected/checks/0/fields", json!(["surname"]), "`fields`"),
        ("/expected/checks/0/message", json!("another"), "`message`"),
    ] {
        let mut fixture = fixture();
        match fixture.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => fixture["expected"]["checks"][0]["message"] = value,
        }
        let error = compare(&fixture, &report()).expect_err(told).to_string();
        assert!(error.contains(told) && !error.contains("ERIKS"), "{told}: {error}");
    }
}

#[test]
fn what_is_not_understood_is_refused_and_quotes_no_value() {
    for (key, value) in [
        ("document_type", json!("passport")),
        ("today", json!("24.11.2026")),
        ("fields", json!({"Surname": "ERIKSSON"})),
        ("fields", json!({"surname": 7})),
        ("expected", json!({"fields": {}, "check": []})),
        ("expected", json!("ERIKSSON")),
        ("surprise", json!("ERIKSSON")),
    ] {
        let mut fixture = fixture();
        fixture[key] = value;
        let error = parse(&fixture).expect_err(key);
        assert!(matches!(error, FixtureError::Malformed(_)));
        assert!(!error.to_string().contains("ERIKS"), "{error}");
    }
}
