//! The logits processors of greedy `generate`, in transformers' order
//! (`transformers/generation/logits_process.py`).

use crate::config::GenerationConfig;

/// Changes the logits of the next token as the generation configuration asks.
pub(super) fn process(
    logits: &mut [f32],
    sequence: &[u32],
    prompt_length: usize,
    max_new_tokens: usize,
    config: &GenerationConfig,
) {
    let length = sequence.len();
    let ends = config.eos_token_ids.as_deref().unwrap_or_default();
    // `NoBadWordsLogitsProcessor` drops words that are an end token.
    for word in config.bad_words_ids.iter().flatten() {
        if let Some((last, head)) = word.split_last()
            && sequence.ends_with(head)
            && !(head.is_empty() && ends.contains(last))
        {
            ban(logits, &[*last]);
        }
    }
    let is_too_short = config.min_length.is_some_and(|least| length < least)
        || config.min_new_tokens.is_some_and(|least| length - prompt_length < least);
    if is_too_short {
        ban(logits, ends);
    }
    if let Some(token) = config.forced_bos_token_id
        && length == 1
    {
        force(logits, &[token]);
    }
    if let Some(tokens) = &config.forced_eos_token_ids
        && length + 1 == prompt_length + max_new_tokens
    {
        force(logits, tokens);
    }
    ban(logits, config.suppress_tokens.as_deref().unwrap_or_default());
    let begin =
        prompt_length + usize::from(prompt_length <= 1 && config.forced_bos_token_id.is_some());
    if length == begin {
        ban(logits, config.begin_suppress_tokens.as_deref().unwrap_or_default());
    }
}

/// The index of the greatest logit, the first of equals, as `argmax` has it.
pub(super) fn first_greatest(logits: &[f32]) -> u32 {
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (0u32..).zip(logits).find(|(_, logit)| **logit == greatest).map_or(0, |(index, _)| index)
}

fn ban(logits: &mut [f32], tokens: &[u32]) {
    for token in tokens {
        if let Some(logit) = logits.get_mut(*token as usize) {
            *logit = f32::NEG_INFINITY;
        }
    }
}

fn force(logits: &mut [f32], tokens: &[u32]) {
    logits.fill(f32::NEG_INFINITY);
    for token in tokens {
        if let Some(logit) = logits.get_mut(*token as usize) {
            *logit = 0.0;
        }
    }
}

#[cfg(test)]
mod tests;
