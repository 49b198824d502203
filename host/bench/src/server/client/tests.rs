//! What is read of an answer.

use super::*;

#[test]
fn stages_are_all_times_but_the_whole() {
    let answer = r#"{"timings_ms": {"pages": 2.5, "decode": 40.0, "total": 99.0}}"#;
    assert_eq!(stages(answer), Duration::from_micros(42_500));
    assert_eq!(stages(r#"{"code": "overloaded"}"#), Duration::ZERO);
    assert_eq!(stages("no JSON"), Duration::ZERO);
}
