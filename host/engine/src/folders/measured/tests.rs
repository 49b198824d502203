//! Records of trainings, as they are and as they are not.

use serde_json::{Value, json};

use super::*;

fn of(test: &Value) -> Option<Measured> {
    Measured::of(json!({"format": 1, "metrics": {"test": test}}).to_string().as_bytes())
}

#[test]
fn a_shipped_record_tells_how_well_its_adapter_reads() {
    let record = include_bytes!("../../../../../adapters/utopia/passport/2024/training.json");
    let measured = Measured::of(record).expect("it tells");
    assert_eq!(measured.documents, 80);
    assert!((0.9..=1.0).contains(&measured.fields_exact), "{measured:?}");
    assert!(measured.documents_exact.is_some());
}

#[test]
fn what_can_not_be_so_is_not_shown() {
    let good = json!({"documents": 1, "fields_exact": 1.0, "documents_exact": 0.0, "cer": 7});
    assert!(of(&good).is_some());
    assert!(of(&json!({"documents": MOST_DOCUMENTS, "fields_exact": 0.0})).is_some());
    let bad = [
        json!({"documents": 0, "fields_exact": 1.0}),
        json!({"documents": MOST_DOCUMENTS + 1, "fields_exact": 1.0}),
        json!({"documents": -1, "fields_exact": 1.0}),
        json!({"documents": 1, "fields_exact": 1.0001}),
        json!({"documents": 1, "fields_exact": -0.1}),
        json!({"documents": 1, "fields_exact": 0.5, "documents_exact": 2.0}),
        json!({"documents": 1}),
        json!({}),
        json!(null),
    ];
    for test in bad {
        assert_eq!(of(&test), None, "{test}");
    }
}

#[test]
fn what_is_no_record_tells_nothing() {
    let long =
        format!("{}{}", " ".repeat(MOST_BYTES), r#"{"metrics": {"test": {"documents": 1}}}"#);
    for text in ["", "[]", "{\"metrics\": 1}", &"[".repeat(10_000), &long] {
        assert_eq!(Measured::of(text.as_bytes()), None);
    }
}
