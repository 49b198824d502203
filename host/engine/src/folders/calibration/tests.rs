//! Against what `dossier_training.factory.calibration` computes, and what is refused.

use dossier_document::FieldText;

use super::*;

const SURNAME: &str =
    r#"{"method": "platt", "fields": {"surname": {"slope": 0.8, "intercept": -0.3}}}"#;

fn parse(text: &str) -> Result<Calibration, FolderError> {
    Calibration::parse(text.as_bytes(), Path::new("adapter"))
}

fn reading(name: &str, confidence: f32) -> FieldReading {
    let name = name.parse().expect("a field name");
    FieldReading { name, page: 0, raw: FieldText::new("SPECIMEN"), confidence, polygon: None }
}

#[test]
fn confidences_are_those_that_training_computes() {
    // `Scaling(0.8, -0.3)(np.array([0, 0.5, 0.9, 0.9997, 1]))`
    let expected = [
        (0.0, 1.174_104_9e-5),
        (0.5, 0.425_557_5),
        (0.9, 0.811_192_9),
        (0.9997, 0.997_952_6),
        (1.0, 0.999_978_6),
    ];
    let calibration = parse(SURNAME).expect("valid");
    for (confidence, expected) in expected {
        let read = calibration.apply(vec![reading("surname", confidence)]);
        assert!((read[0].confidence - expected).abs() < 1e-6, "{confidence}: {read:?}");
        assert_eq!(read[0].raw, FieldText::new("SPECIMEN"));
    }
}

#[test]
fn a_field_without_a_scaling_keeps_its_confidence() {
    let read = parse(SURNAME).expect("valid").apply(vec![reading("sex", 0.7)]);
    assert_eq!(read, [reading("sex", 0.7)]);
}

#[test]
fn what_is_not_a_number_is_not_made_one() {
    let read = parse(SURNAME).expect("valid").apply(vec![reading("surname", f32::NAN)]);
    assert!(read[0].confidence.is_nan());
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    for (from, to, named) in [
        ("platt", "isotonic", "method"),
        ("surname", "Surname", "Surname"),
        ("0.8", "0", "slope"),
        ("0.8", "-0.8", "slope"),
        ("0.8", "1e999", "number out of range"),
        ("0.8", "1e9", "slope"),
        ("-0.3", "-1e9", "intercept"),
        ("\"slope\"", "\"slip\"", "slip"),
        ("\"method\": \"platt\", ", "", "method"),
    ] {
        let error = parse(&SURNAME.replace(from, to)).expect_err("refused").to_string();
        assert!(error.contains("calibration.json"), "{error}");
        assert!(error.contains(named), "{to}: {error}");
    }
}

#[test]
fn every_key_has_a_bound() {
    let scaling = Scaling { slope: 1.0, intercept: 0.0 };
    let fields = BTreeMap::from([("surname".to_owned(), scaling)]);
    let file = CalibrationFile { method: METHOD.to_owned(), fields };
    let example = serde_json::to_value(file).expect("JSON");
    assert_eq!(BOUNDS.unbounded(&example), Vec::<String>::new());
}
