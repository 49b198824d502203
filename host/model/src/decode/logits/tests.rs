//! What is copied of logits against all of them.

use proptest::prelude::*;

use super::*;

const VOCABULARY: usize = 40;

fn candidates(tokens: &[u32]) -> Candidates {
    let columns = Tensor::new(tokens, &Device::Cpu).expect("a tensor");
    Candidates { tokens: tokens.to_vec(), columns }
}

proptest! {
    /// The logits of candidates are the same numbers, their probabilities but for rounding.
    #[test]
    fn candidates_weigh_as_in_the_whole_vocabulary(
        values in prop::collection::vec(-30f32..30.0, 3 * VOCABULARY),
        tokens in prop::collection::btree_set(0..VOCABULARY as u32, 1..VOCABULARY),
    ) {
        let logits = Tensor::from_vec(values, (3, VOCABULARY), &Device::Cpu).expect("a tensor");
        let candidates = candidates(&tokens.iter().copied().collect::<Vec<_>>());
        let whole = Logits::whole(&logits).expect("copied");
        let some = Logits::of(&candidates, &logits).expect("copied");
        for (whole, some) in whole.rows().zip(some.rows()) {
            prop_assert_eq!(some.values.len(), tokens.len() + 2);
            for token in 0..VOCABULARY as u32 {
                if !tokens.contains(&token) {
                    prop_assert_eq!(some.of(token), None);
                    prop_assert!(some.probability(token).is_err());
                    continue;
                }
                prop_assert_eq!(some.of(token), whole.of(token));
                let (some, whole) = (some.probability(token), whole.probability(token));
                let (some, whole) = (some.expect("finite"), whole.expect("finite"));
                prop_assert!((some - whole).abs() <= 1e-6, "{} for {}", some, whole);
            }
        }
    }
}

#[test]
fn what_is_no_number_is_no_confidence() {
    let tokens = candidates(&[1]);
    for bad in [f32::NAN, f32::INFINITY] {
        // Also where it stands at a token that nobody may choose.
        let logits = Tensor::new(&[[0f32, 1.0, bad]], &Device::Cpu).expect("a tensor");
        let whole = Logits::whole(&logits).expect("copied");
        let some = Logits::of(&tokens, &logits).expect("copied");
        for row in whole.rows().chain(some.rows()) {
            assert!(!row.probability(1).is_ok_and(|probability| probability > 0.0), "{bad}");
        }
    }
}
