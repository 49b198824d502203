//! `generation_config.json`, as far as greedy decoding goes.

use std::path::Path;

use serde_json::Value;

use crate::ModelError;
use crate::json::JsonObject;

/// What greedy `generate` obeys (`transformers/generation/configuration_utils.py`).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct GenerationConfig {
    pub(crate) decoder_start_token_id: Option<u32>,
    pub(crate) pad_token_id: Option<u32>,
    /// Each of them ends a sequence.
    pub(crate) eos_token_ids: Option<Vec<u32>>,
    pub(crate) forced_bos_token_id: Option<u32>,
    pub(crate) forced_eos_token_ids: Option<Vec<u32>>,
    /// Least length in tokens, the prompt included.
    pub(crate) min_length: Option<usize>,
    pub(crate) min_new_tokens: Option<usize>,
    pub(crate) suppress_tokens: Option<Vec<u32>>,
    pub(crate) begin_suppress_tokens: Option<Vec<u32>>,
    pub(crate) bad_words_ids: Option<Vec<Vec<u32>>>,
    /// Options that ask for something other than greedy decoding: key and value, as JSON.
    pub(crate) unsupported: Vec<(String, String)>,
}

impl GenerationConfig {
    pub(crate) fn read(path: &Path) -> Result<Self, ModelError> {
        let mut object = JsonObject::read(path)?;
        let config = Self::take_from_model_config(&mut object)?;
        object.ignore(&["_from_model_config", "transformers_version"]);
        object.ignore(OUTPUT_ONLY);
        object.finish()?;
        Ok(config)
    }

    /// Takes the generation options out of a configuration; older checkpoints keep them there.
    pub(super) fn take_from_model_config(object: &mut JsonObject) -> Result<Self, ModelError> {
        let mut unsupported = Vec::new();
        for (key, harmless) in NOT_GREEDY {
            if let Some(value) = object.take(key)
                && !harmless.allows(&value)
            {
                unsupported.push(((*key).to_owned(), value.to_string()));
            }
        }
        object.ignore(BOUNDS_AND_BEAMS);
        Ok(Self {
            decoder_start_token_id: object.take_token("decoder_start_token_id")?,
            pad_token_id: object.take_token("pad_token_id")?,
            eos_token_ids: object.take_tokens("eos_token_id")?,
            forced_bos_token_id: object.take_token("forced_bos_token_id")?,
            forced_eos_token_ids: object.take_tokens("forced_eos_token_id")?,
            min_length: object.take_length("min_length")?,
            min_new_tokens: object.take_length("min_new_tokens")?,
            suppress_tokens: object.take_tokens("suppress_tokens")?,
            begin_suppress_tokens: object.take_tokens("begin_suppress_tokens")?,
            bad_words_ids: object.take_with(
                "bad_words_ids",
                "a list of lists of token ids",
                |value| {
                    let word = |word: &Value| {
                        let token =
                            |token: &Value| token.as_u64().and_then(|n| u32::try_from(n).ok());
                        word.as_array()?.iter().map(token).collect::<Option<Vec<_>>>()
                    };
                    value.as_array()?.iter().map(word).collect()
                },
            )?,
            unsupported,
        })
    }

    /// Refuses options that ask for something other than greedy decoding.
    pub(crate) fn refuse_unsupported(&self) -> Result<(), ModelError> {
        match self.unsupported.first() {
            None => Ok(()),
            Some((key, value)) => {
                Err(ModelError::UnsupportedGeneration { key: key.clone(), value: value.clone() })
            }
        }
    }

    /// What the outer configuration leaves unset comes from the decoder's
    /// (`GenerationConfig.from_model_config`).
    pub(super) fn fill_from(&mut self, decoder: Self) {
        fn fill<T>(own: &mut Option<T>, other: Option<T>) {
            if own.is_none() {
                *own = other;
            }
        }
        fill(&mut self.decoder_start_token_id, decoder.decoder_start_token_id);
        fill(&mut self.pad_token_id, decoder.pad_token_id);
        fill(&mut self.eos_token_ids, decoder.eos_token_ids);
        fill(&mut self.forced_bos_token_id, decoder.forced_bos_token_id);
        fill(&mut self.forced_eos_token_ids, decoder.forced_eos_token_ids);
        fill(&mut self.min_length, decoder.min_length);
        fill(&mut self.min_new_tokens, decoder.min_new_tokens);
        fill(&mut self.suppress_tokens, decoder.suppress_tokens);
        fill(&mut self.begin_suppress_tokens, decoder.begin_suppress_tokens);
        fill(&mut self.bad_words_ids, decoder.bad_words_ids);
        self.unsupported.extend(decoder.unsupported);
    }
}

/// A value that leaves decoding greedy.
enum Harmless {
    Falsy,
    One,
    Zero,
}

impl Harmless {
    fn allows(&self, value: &Value) -> bool {
        match self {
            Self::Falsy => match value {
                Value::Bool(flag) => !flag,
                Value::Array(items) => items.is_empty(),
                Value::Object(map) => map.is_empty(),
                Value::Number(number) => number.as_f64() == Some(0.0),
                Value::Null => true,
                Value::String(_) => false,
            },
            Self::One => value.as_f64() == Some(1.0),
            Self::Zero => value.as_f64() == Some(0.0),
        }
    }
}

/// Options that change which token greedy decoding takes, or replace it.
const NOT_GREEDY: &[(&str, Harmless)] = &[
    ("constraints", Harmless::Falsy),
    ("do_sample", Harmless::Falsy),
    ("dola_layers", Harmless::Falsy),
    ("encoder_no_repeat_ngram_size", Harmless::Zero),
    ("exponential_decay_length_penalty", Harmless::Falsy),
    ("force_words_ids", Harmless::Falsy),
    ("guidance_scale", Harmless::One),
    ("max_time", Harmless::Falsy),
    ("no_repeat_ngram_size", Harmless::Zero),
    ("num_beam_groups", Harmless::One),
    ("num_beams", Harmless::One),
    ("num_return_sequences", Harmless::One),
    ("penalty_alpha", Harmless::Falsy),
    ("prompt_lookup_num_tokens", Harmless::Falsy),
    ("remove_invalid_values", Harmless::Falsy),
    ("repetition_penalty", Harmless::One),
    ("sequence_bias", Harmless::Falsy),
    ("stop_strings", Harmless::Falsy),
    ("token_healing", Harmless::Falsy),
    ("use_mtp", Harmless::Falsy),
    ("watermarking_config", Harmless::Falsy),
];

/// Options that only beam search or sampling reads, and lengths that callers state themselves.
const BOUNDS_AND_BEAMS: &[&str] = &[
    "bos_token_id",
    "diversity_penalty",
    "early_stopping",
    // Without encoder tokens transformers warns and goes on.
    "encoder_repetition_penalty",
    "epsilon_cutoff",
    "eta_cutoff",
    "length_penalty",
    "max_length",
    "max_new_tokens",
    "min_p",
    "output_scores",
    "renormalize_logits",
    "return_dict_in_generate",
    "temperature",
    "top_h",
    "top_k",
    "top_p",
    "typical_p",
];

/// Options about caches, compilation, assistants that are not given, and what is returned.
const OUTPUT_ONLY: &[&str] = &[
    "assistant_confidence_threshold",
    "assistant_early_exit",
    "assistant_ensemble_weight",
    "assistant_lookbehind",
    "cache_config",
    "cache_implementation",
    "compile_config",
    "continuous_batching_config",
    "disable_compile",
    "is_assistant",
    "low_memory",
    "max_cache_len",
    "max_matching_ngram_size",
    "num_assistant_tokens",
    "num_assistant_tokens_schedule",
    "output_attentions",
    "output_hidden_states",
    "output_logits",
    "prefill_chunk_size",
    "speculation_type",
    "target_lookbehind",
    "use_cache",
];
