//! What is read of an answer.

use super::*;

#[test]
fn stages_are_all_times_but_the_whole() {
    let answer = r#"{"timings_ms": {"pages": 2.5, "decode": 40.0, "total": 99.0}}"#;
    let (stages, document) = times_of(answer);
    assert_eq!(stages, Duration::from_micros(42_500));
    assert_eq!(document, Duration::from_millis(99));
    assert_eq!(times_of(r#"{"code": "overloaded"}"#), (Duration::ZERO, Duration::ZERO));
    assert_eq!(times_of("no JSON"), (Duration::ZERO, Duration::ZERO));
}
