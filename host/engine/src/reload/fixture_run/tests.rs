//! What is kept of many fixtures, and what a report of them shows of itself.

use dossier_document::FieldText;
use dossier_plugin::ReportField;

use super::*;

const VALUE_BYTES: usize = 4000;

fn fixture() -> Fixture {
    let content = br#"{"document_type": "utopia/passport/2024", "today": "2026-11-24",
        "fields": {"surname": "ROE"}, "expected": {"refused": "document.incomplete"}}"#;
    Fixture::parse(content).expect("a fixture")
}

fn answer(value_bytes: usize) -> RulesAnswer {
    let value = Some(FieldText::new("A".repeat(value_bytes)));
    let name = "surname".parse().expect("a name");
    let fields = vec![ReportField { name, value, source: "visual".to_owned() }];
    RulesAnswer::Report(Report { fields, checks: Vec::new() })
}

fn add(runs: &mut FixtureRuns, is_passed: bool) {
    let difference = (!is_passed).then_some(FixtureError::UnexpectedField);
    runs.add("one", fixture(), 200, answer(VALUE_BYTES), difference);
}

#[test]
fn many_fixtures_are_told_and_their_reports_are_bounded() {
    let mut runs = FixtureRuns::default();
    let kept = |runs: &FixtureRuns| runs.runs.iter().filter(|run| run.reports.is_some()).count();
    for _ in 0..1000 {
        add(&mut runs, true);
    }
    let of_passed = kept(&runs);
    let least = 200 + VALUE_BYTES;
    assert!((400..1000).contains(&of_passed) && of_passed * least <= MOST_BYTES_OF_PASSED);
    for _ in 0..1000 {
        add(&mut runs, false);
    }
    let of_failed = kept(&runs) - of_passed;
    assert!(of_failed >= of_passed, "those that fail have room of their own");
    assert!((of_passed + of_failed) * least <= MOST_BYTES);
    assert_eq!(runs.runs.len(), 2000, "each is told by its name");
    assert!(runs.runs[1999].reports.is_none() && runs.runs[1999].difference.is_some());
}

#[test]
fn what_serves_is_shown_beside_a_report_that_is_kept_and_only_where_there_is_room() {
    let mut runs = FixtureRuns::default();
    add(&mut runs, true);
    let rules = Digest::from_sha256([7; 32]);
    let serving = |bytes| ServingRun { rules, answer: Ok(answer(bytes)) };
    runs.add_serving(0, serving(MOST_BYTES));
    assert!(runs.runs[0].reports.as_ref().expect("is kept").serving.is_none());
    runs.add_serving(0, serving(10));
    let reports = runs.runs[0].reports.as_ref().expect("is kept");
    let kept = reports.serving.as_ref().expect("has room");
    assert_eq!(kept.answer, Ok(answer(10)));
    // Nobody is asked about a fixture that is not there.
    runs.add_serving(1, serving(10));
    assert_eq!(runs.runs.len(), 1);
}

#[test]
fn an_answer_is_compared_with_what_is_expected() {
    let expected = fixture().expected.expect("is stated");
    assert!(RulesAnswer::Refused("document.incomplete".to_owned()).compare(&expected).is_ok());
    let other = RulesAnswer::Refused("another".to_owned()).compare(&expected);
    assert!(matches!(other, Err(FixtureError::Refused(code)) if code == "another"));
    assert!(matches!(answer(1).compare(&expected), Err(FixtureError::NotRefused(_))));
}

#[test]
fn no_debug_output_holds_a_value() {
    let mut runs = FixtureRuns::default();
    add(&mut runs, false);
    let shown = format!("{runs:?}");
    assert!(!shown.contains("AAAA") && !shown.contains("document.incomplete"), "{shown}");
}
