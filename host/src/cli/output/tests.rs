//! Tables and reports as they are printed.

use dossier_document::{Check, CheckOutcome};
use dossier_engine::pipeline::Transcription;
use dossier_plugin::ReportField;
use serde_json::json;

use super::*;

#[test]
fn columns_are_as_wide_as_their_widest_cell() {
    let rows = [["é", "1"], ["long", "2"]].map(|row| row.map(str::to_owned));
    let table = table(["a", "b"], rows.into_iter());
    assert_eq!(anstream::adapter::strip_str(&table).to_string(), "a     b\né     1\nlong  2\n");
}

#[test]
fn what_came_of_something_has_a_colour() {
    let rows = [["failed", "x"], ["passed", "failed twice"]].map(|row| row.map(str::to_owned));
    let table = table(["outcome", "why"], rows.into_iter());
    let red = AnsiColor::Red.on_default();
    assert!(table.contains(&format!("{red}failed{red:#}   x")), "{table:?}");
    assert!(table.contains("   failed twice\n"), "{table:?}");
}

#[test]
fn a_report_is_values_by_name_and_checks() {
    let name = |text: &str| text.parse().expect("a field name");
    let report = Report {
        fields: vec![
            ReportField {
                name: name("surname"),
                value: Some(FieldText::new("DOE")),
                source: "visual".to_owned(),
            },
            ReportField { name: name("sex"), value: None, source: "visual".to_owned() },
        ],
        checks: vec![Check {
            code: "mrz.structure".to_owned(),
            outcome: CheckOutcome::Passed,
            fields: vec![name("mrz")],
            message: "The MRZ has 2 lines of 44.".to_owned(),
        }],
    };
    assert_eq!(
        report_value(&report),
        json!({
            "fields": {"surname": "DOE", "sex": null},
            "checks": [{"code": "mrz.structure", "outcome": "passed", "fields": ["mrz"],
                        "message": "The MRZ has 2 lines of 44."}],
        })
    );
}

#[test]
fn the_lines_of_a_field_stand_below_each_other() {
    let raw = FieldText::new("P<UTO\nP1234");
    let read = Transcription { raw, confidence: 0.5, page: 1, polygon: None, other: None };
    let field = ExtractedField {
        name: "mrz".parse().expect("a field name"),
        transcription: Some(read),
        value: None,
        source: "visual".to_owned(),
    };
    assert_eq!(
        field_rows(&field),
        [["mrz", "-", "P<UTO", "0.50", "2", "visual"], ["", "", "P1234", "", "", ""]]
    );
}
