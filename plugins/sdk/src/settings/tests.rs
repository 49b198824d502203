//! Settings that are taken, and those that are refused by name.

use super::*;

#[test]
fn what_is_not_set_has_its_default() {
    assert_eq!(Settings::parse("{}"), Ok(Settings::default()));
    let set = Settings::parse(r#"{"least_confidence": 0.8, "days_after_expiry": 90}"#);
    assert_eq!(set, Ok(Settings { least_confidence: 0.8, days_after_expiry: 90 }));
}

#[test]
fn bad_settings_are_refused_by_the_name_of_their_key() {
    for (text, code, key) in [
        ("", "settings.malformed", "JSON"),
        ("[]", "settings.malformed", "JSON"),
        (r#"{"days": 1}"#, "settings.unknown", "`days`"),
        (r#"{"least_confidence": 1.1}"#, "settings.range", "`least_confidence`"),
        (r#"{"least_confidence": "0.5"}"#, "settings.range", "`least_confidence`"),
        (r#"{"days_after_expiry": -1}"#, "settings.range", "`days_after_expiry`"),
        (r#"{"days_after_expiry": 1.5}"#, "settings.range", "`days_after_expiry`"),
        (r#"{"days_after_expiry": 3661}"#, "settings.range", "`days_after_expiry`"),
        (r#"{"days_after_expiry": null}"#, "settings.range", "`days_after_expiry`"),
    ] {
        let refusal = Settings::parse(text).expect_err(text);
        assert_eq!(refusal.code, code, "{text}");
        assert!(refusal.message.contains(key), "{}", refusal.message);
    }
    let long = format!(r#"{{"{}": 1}}"#, "k".repeat(2000));
    assert!(Settings::parse(&long).expect_err("unknown").message.len() < 512);
    let large = format!("{{{}}}", " ".repeat(64 * 1024));
    assert_eq!(Settings::parse(&large).expect_err("large").code, "settings.malformed");
}

#[test]
fn an_instance_has_the_defaults_until_it_is_configured() {
    assert_eq!(Settings::current(), Settings::default());
    let set = Settings { days_after_expiry: 7, ..Settings::default() };
    set.make_current();
    assert_eq!(Settings::current(), set);
}
