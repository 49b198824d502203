//! Answers that are believed, and those that are not.

use super::*;

#[test]
fn versions_are_three_numbers() {
    for version in ["0.0.0", "1.0.0", "10.20.30"] {
        assert!(is_version(version), "{version}");
    }
    for version in
        ["", "1", "1.0", "1.0.0.0", "1.0.x", "01.0.0", "1.0.0-a", "1..0", "4294967296.0.0"]
    {
        assert!(!is_version(version), "{version}");
    }
}

#[test]
fn codes_have_few_characters() {
    for code in ["a", "mrz.check_digit.document_number", "td1"] {
        assert!(is_code(code), "{code}");
    }
    let long = "a".repeat(129);
    for code in ["", "A", "a-b", "ä", "a b", long.as_str()] {
        assert!(!is_code(code), "{code}");
    }
}

#[test]
fn messages_are_one_line() {
    assert!(is_message("the check digit doesn't agree"));
    assert!(!is_message("first\nsecond"));
    assert!(!is_message("\u{1b}[31mred"));
    assert!(!is_message(&"x".repeat(513)));
}

#[test]
fn a_refusal_needs_a_code() {
    let error = |code: &str| hooks::Error { code: code.to_owned(), message: "no".to_owned() };
    assert!(refusal(error("pages.count")).is_ok());
    assert!(matches!(refusal(error("Pages!")), Err(InvalidResult::Form { .. })));
}

#[test]
fn values_hide_nothing() {
    let field = |value: &str| hooks::Field {
        name: "surname".to_owned(),
        value: Some(value.to_owned()),
        source: "visual".to_owned(),
    };
    let read = HashSet::from(["surname"]);
    for value in ["DOE", "line 1\nline 2", "ȘTEFĂNESCU", "نامحدود"] {
        assert!(report_field(0, field(value), &read, &read).is_ok(), "{value}");
    }
    for value in [
        "DO\u{202e}E",
        "DOE\u{200f}",
        "\u{2066}DOE",
        "D\u{61c}",
        "D\tE",
        "D\r\n",
        "D\u{0}",
        "D\u{2028}E",
        "D\u{9b}",
    ] {
        let refused = report_field(3, field(value), &read, &read);
        let is_said =
            matches!(refused, Err(InvalidResult::Form { what: "value of field", position: 3 }));
        assert!(is_said, "{value:?}");
    }
}
