//! Names, redaction and shapes of fields.

use super::*;

#[test]
fn names_are_snake_case() {
    for name in ["mrz", "date_of_birth", "a1"] {
        assert_eq!(name.parse::<FieldName>().expect("valid").as_str(), name);
    }
    for name in ["", "1a", "_a", "Date", "a-b", "a b", "é"] {
        assert_eq!(name.parse::<FieldName>(), Err(InvalidFieldName), "{name}");
    }
    assert!("a".repeat(FieldName::MAX_BYTES + 1).parse::<FieldName>().is_err());
}

#[test]
fn debug_of_a_reading_shows_no_value() {
    let reading = FieldReading {
        name: "surname".parse().expect("valid"),
        page: 0,
        raw: FieldText::new("ERIKSSON"),
        confidence: 0.5,
        polygon: None,
    };
    let shown = format!("{reading:?}");
    assert!(!shown.contains("ERIKSSON"), "{shown}");
    assert!(shown.contains("8 characters"), "{shown}");
}

#[test]
fn a_shape_counts_its_line_breaks() {
    assert_eq!(LineShape { lines: 2, characters_per_line: 44 }.total_characters(), 89);
    assert_eq!(LineShape { lines: 3, characters_per_line: 30 }.total_characters(), 92);
}
