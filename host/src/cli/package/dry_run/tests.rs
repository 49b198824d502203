//! What is printed of a dry run.

use serde_json::json;

use super::*;

fn report(surname: &str) -> Value {
    json!({"fields": {"surname": surname}, "checks": []})
}

#[test]
fn a_failed_fixture_is_told_with_its_differences_and_a_passed_one_in_its_row() {
    let run = json!({
        "name": "utopia", "version": "1.1.0", "package": "sha256:12",
        "fixtures": [
            {"name": "good", "document_type": "utopia/passport/2024", "passed": true,
             "difference": null, "expected": report("DOE"), "found": report("DOE"),
             "serving": {"rules": "sha256:34", "found": report("DOE"), "code": null}},
            {"name": "other", "document_type": "utopia/passport/2024", "passed": false,
             "difference": "the field `surname` is not as expected",
             "expected": report("DOE"), "found": report("ROE"),
             "serving": {"rules": "sha256:34", "found": report("DOE"), "code": null}},
        ],
    });
    let fixtures = run["fixtures"].as_array().expect("a list");
    let told = anstream::adapter::strip_str(&as_text(&run, fixtures)).to_string();
    let lines = told.lines().collect::<Vec<_>>();
    assert!(lines[0].starts_with("fixture  document type"), "{told}");
    assert!(lines[1].contains("passed") && lines[1].ends_with("reports the same"), "{told}");
    assert!(lines[2].contains("failed") && lines[2].ends_with("reports otherwise"), "{told}");
    assert!(told.contains("\nother\n  the field `surname` is not as expected\n"), "{told}");
    assert!(told.contains("  .fields.surname: expected \"DOE\", found \"ROE\"\n"), "{told}");
    assert!(told.ends_with("tried utopia 1.1.0 sha256:12: nothing is published\n"), "{told}");
}

#[test]
fn an_adapter_has_no_fixtures_and_rules_that_fail_are_told_by_their_code() {
    let run = json!({"name": "utopia/passport/2024", "version": null, "package": "sha256:12"});
    let told = as_text(&run, &[]);
    assert_eq!(told, "tried utopia/passport/2024 - sha256:12: nothing is published\n");
    let serving = |code| json!({"serving": {"rules": "sha256:34", "found": null, "code": code}});
    assert_eq!(beside(&serving(json!("plugin.trap"))), "plugin.trap");
    assert_eq!(beside(&json!({"serving": null})), "-");
}
