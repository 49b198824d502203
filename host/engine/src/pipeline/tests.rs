//! The parts of the pipeline that need no model; the whole of it is driven in the host's `api/tests.rs`.

use dossier_document::FieldText;
use dossier_plugin::ReportField;

use super::*;

fn name(text: &str) -> FieldName {
    text.parse().expect("a field name")
}

fn reading(field: &str, raw: &str) -> FieldReading {
    FieldReading {
        name: name(field),
        page: 0,
        raw: FieldText::new(raw),
        confidence: 0.5,
        polygon: None,
    }
}

fn reported(field: &str, value: &str, source: &str) -> ReportField {
    ReportField { name: name(field), value: Some(FieldText::new(value)), source: source.to_owned() }
}

#[test]
fn fields_keep_the_order_of_the_request_and_derived_ones_follow() {
    let readings = vec![reading("sex", "F"), reading("mrz", "P<UTO")];
    let report = Report {
        fields: vec![
            reported("issuing_state", "UTO", "mrz"),
            reported("mrz", "P<UTO", "visual"),
            reported("sex", "F", "visual"),
        ],
        checks: Vec::new(),
    };
    let fields = join(readings, Vec::new(), &[], &report);
    let names = fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names, ["sex", "mrz", "issuing_state"]);
    assert!(fields[0].transcription.is_some() && fields[2].transcription.is_none());
    assert_eq!(fields[2].source, "mrz");
}

#[test]
fn the_number_of_pages_is_one_to_the_limit() {
    assert!(matches!(refuse_page_count(0, 2), Err(EngineError::NoPages)));
    assert!(refuse_page_count(1, 2).is_ok() && refuse_page_count(2, 2).is_ok());
    assert!(matches!(
        refuse_page_count(3, 2),
        Err(EngineError::TooManyPages { pages: 3, limit: 2 })
    ));
}

#[test]
fn fields_are_known_and_requested_once() {
    let known = [name("sex"), name("surname")];
    assert!(refuse_fields(&[], &known).is_ok());
    assert!(refuse_fields(&[name("surname"), name("sex")], &known).is_ok());
    assert!(matches!(
        refuse_fields(&[name("sex"), name("age")], &known),
        Err(EngineError::UnknownField(field)) if field.as_str() == "age"
    ));
    assert!(matches!(
        refuse_fields(&[name("sex"), name("sex")], &known),
        Err(EngineError::RepeatedField(field)) if field.as_str() == "sex"
    ));
}
