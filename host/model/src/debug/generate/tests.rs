//! Each processor alone.

use super::*;

fn processed(config: &GenerationConfig, sequence: &[u32], prompt: usize, new: usize) -> Vec<f32> {
    let mut logits = vec![1.0, 2.0, 3.0, 4.0, 5.0];
    process(&mut logits, sequence, prompt, new, config);
    logits
}

const BANNED: f32 = f32::NEG_INFINITY;

#[test]
fn nothing_asked_nothing_changed() {
    let config = GenerationConfig::default();
    assert_eq!(processed(&config, &[0], 1, 4), [1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[test]
fn the_last_token_may_be_forced() {
    let config = GenerationConfig {
        forced_eos_token_ids: Some(vec![2]),
        eos_token_ids: Some(vec![2]),
        ..Default::default()
    };
    assert_eq!(first_greatest(&processed(&config, &[0, 4, 4], 1, 4)), 4);
    assert_eq!(first_greatest(&processed(&config, &[0, 4, 4, 4], 1, 4)), 2);
}

#[test]
fn the_first_token_may_be_forced() {
    let config = GenerationConfig { forced_bos_token_id: Some(1), ..Default::default() };
    assert_eq!(first_greatest(&processed(&config, &[0], 1, 4)), 1);
    assert_eq!(first_greatest(&processed(&config, &[0, 1], 1, 4)), 4);
}

#[test]
fn the_end_waits_for_the_least_length() {
    let config = GenerationConfig {
        eos_token_ids: Some(vec![4, 3]),
        min_length: Some(3),
        min_new_tokens: Some(2),
        ..Default::default()
    };
    assert_eq!(processed(&config, &[0, 0], 1, 9)[3..], [BANNED, BANNED]);
    assert_eq!(processed(&config, &[0, 0, 0], 2, 9)[3..], [BANNED, BANNED]);
    assert_eq!(processed(&config, &[0, 0, 0], 1, 9)[3..], [4.0, 5.0]);
}

#[test]
fn words_are_banned_behind_their_heads() {
    let config = GenerationConfig {
        bad_words_ids: Some(vec![vec![1, 4], vec![3], vec![2]]),
        eos_token_ids: Some(vec![2]),
        ..Default::default()
    };
    // The end token alone can't be banned.
    assert_eq!(processed(&config, &[0, 1], 1, 9), [1.0, 2.0, 3.0, BANNED, BANNED]);
    assert_eq!(processed(&config, &[1, 0], 1, 9), [1.0, 2.0, 3.0, BANNED, 5.0]);
}

#[test]
fn tokens_are_suppressed_always_or_at_the_beginning() {
    let config = GenerationConfig {
        suppress_tokens: Some(vec![0, 99]),
        begin_suppress_tokens: Some(vec![4]),
        ..Default::default()
    };
    assert_eq!(processed(&config, &[1, 1], 2, 9), [BANNED, 2.0, 3.0, 4.0, BANNED]);
    assert_eq!(processed(&config, &[1, 1, 1], 2, 9), [BANNED, 2.0, 3.0, 4.0, 5.0]);
}
