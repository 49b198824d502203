//! Numbers written into a component, and answers of one version and of two.

use serde_json::json;

use super::*;

#[test]
fn numbers_are_written_where_they_stand_once() {
    let component = [b"\0asm", MARK, NUMBERS, b"rest"].concat();
    let marked = Marked::new(component.clone()).expect("is marked");
    assert_eq!(marked.component(7, 1234), b"\0asmdossier-mark:07.1234rest");
    assert_eq!(marked.component(0, 0), component);
    assert!(Marked::new(b"\0asm".to_vec()).is_none());
    assert!(Marked::new([component.clone(), component].concat()).is_none());
}

#[test]
fn the_shipped_component_is_marked() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/prebuilt/marked.wasm");
    assert!(Marked::new(std::fs::read(file).expect("is shipped")).is_some());
}

#[test]
fn an_answer_of_two_versions_is_told() {
    let answer =
        |raw: &str, told: &str| json!({"fields": [{"raw": raw}], "checks": [{"message": told}]});
    assert!(is_of_one_version(&answer("ABCD", "3")));
    assert!(is_of_one_version(&answer("ABCD", "11")));
    assert!(!is_of_one_version(&answer("ABCDE", "3")));
    assert!(!is_of_one_version(&answer("ABCD", "none")));
    assert!(!is_of_one_version(&json!({})));
}
