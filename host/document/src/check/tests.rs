//! The verdict follows the written rule.

use super::*;

fn verdict_of(outcomes: &[CheckOutcome]) -> Verdict {
    let checks = outcomes
        .iter()
        .map(|&outcome| Check {
            code: "a.check".to_owned(),
            outcome,
            fields: Vec::new(),
            message: String::new(),
        })
        .collect::<Vec<_>>();
    Verdict::of(&checks)
}

#[test]
fn the_verdict_follows_the_written_rule() {
    use CheckOutcome::{Failed, NotPerformed, Passed};
    assert_eq!(verdict_of(&[]), Verdict::Incomplete);
    assert_eq!(verdict_of(&[Passed, Passed]), Verdict::Accepted);
    assert_eq!(verdict_of(&[Passed, NotPerformed]), Verdict::Incomplete);
    assert_eq!(verdict_of(&[NotPerformed, Failed, Passed]), Verdict::Rejected);
}
