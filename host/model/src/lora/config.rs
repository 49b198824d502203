//! `adapter_config.json`: LoRA as this program implements it, everything else refused by name.

use std::path::Path;

use serde_json::Value;

use super::targets::{Pattern, Selection};
use crate::ModelError;
use crate::json::JsonObject;

/// `LoraConfig` (`peft/tuners/lora/config.py`, PEFT 0.21).
#[derive(Debug)]
pub(super) struct LoraConfig {
    r: usize,
    lora_alpha: f64,
    use_rslora: bool,
    rank_pattern: Vec<(Pattern, f64)>,
    alpha_pattern: Vec<(Pattern, f64)>,
    pub(super) targets: Selection,
}

impl LoraConfig {
    pub(super) fn read(path: &Path) -> Result<Self, ModelError> {
        let mut object = JsonObject::read(path)?;
        let peft_type = object.take("peft_type").ok_or_else(|| object.missing("peft_type"))?;
        if peft_type != "LORA" {
            return Err(object.unsupported("peft_type", &peft_type));
        }
        for (key, harmless) in REFUSED {
            object.refuse_unless(key, |value| harmless.contains(&value.to_string().as_str()))?;
        }
        let config = Self {
            r: object.take_count("r")?.unwrap_or(8),
            lora_alpha: object.take_f64("lora_alpha")?.unwrap_or(8.0),
            use_rslora: object.take_bool("use_rslora")?.unwrap_or(false),
            rank_pattern: take_patterns(&mut object, "rank_pattern")?,
            alpha_pattern: take_patterns(&mut object, "alpha_pattern")?,
            targets: Selection::take(&mut object)?,
        };
        if config.rank_pattern.iter().any(|(_, rank)| *rank < 1.0 || rank.fract() != 0.0) {
            return Err(object.invalid("rank_pattern", "whole numbers above 0"));
        }
        object.ignore(WITHOUT_EFFECT);
        object.finish()?;
        Ok(config)
    }

    /// The rank of the layer at `path`.
    pub(super) fn rank(&self, path: &str) -> Result<usize, ModelError> {
        Ok(first_match(&self.rank_pattern, path)?.map_or(self.r, |rank| rank as usize))
    }

    /// The factor of the layer's delta: alpha / r, or alpha / sqrt(r) with `use_rslora`.
    pub(super) fn scaling(&self, path: &str) -> Result<f64, ModelError> {
        let alpha = first_match(&self.alpha_pattern, path)?.unwrap_or(self.lora_alpha);
        let r = self.rank(path)? as f64;
        Ok(if self.use_rslora { alpha / r.sqrt() } else { alpha / r })
    }
}

fn first_match(patterns: &[(Pattern, f64)], path: &str) -> Result<Option<f64>, ModelError> {
    for (pattern, value) in patterns {
        if pattern.matches(path)? {
            return Ok(Some(*value));
        }
    }
    Ok(None)
}

/// `{pattern: number}`, in the file's order: the first that matches wins.
fn take_patterns(object: &mut JsonObject, key: &str) -> Result<Vec<(Pattern, f64)>, ModelError> {
    let entries = object
        .take_with(key, "an object of numbers", |value| {
            let entry =
                |(pattern, value): (&String, &Value)| Some((pattern.clone(), value.as_f64()?));
            value.as_object()?.iter().map(entry).collect::<Option<Vec<_>>>()
        })?
        .unwrap_or_default();
    entries
        .into_iter()
        .map(|(pattern, value)| Ok((Pattern::suffix(object, key, &pattern)?, value)))
        .collect()
}

/// Keys of variants that change what an adapter computes, with the values that switch them off.
const REFUSED: &[(&str, &[&str])] = &[
    ("alora_invocation_tokens", &["[]"]),
    ("arrow_config", &[]),
    ("bias", &["\"none\""]),
    ("corda_config", &[]),
    ("eva_config", &[]),
    ("fan_in_fan_out", &["false"]),
    // Values such as pissa, olora or loftq train against a changed base. These three only say how
    // training began.
    ("init_lora_weights", &["true", "false", "\"gaussian\""]),
    ("kasa_config", &[]),
    ("layer_replication", &["[]"]),
    ("loftq_config", &["{}"]),
    ("lora_bias", &["false"]),
    ("lora_ga_config", &[]),
    ("megatron_config", &[]),
    ("modules_to_save", &["[]"]),
    ("monteclora_config", &[]),
    ("target_parameters", &["[]"]),
    ("trainable_token_indices", &["[]", "{}"]),
    ("use_bdlora", &["false"]),
    ("use_dora", &["false"]),
    ("use_qalora", &["false"]),
    ("velora_config", &[]),
];

/// Keys that PEFT does not read when it runs a plain LoRA adapter.
const WITHOUT_EFFECT: &[&str] = &[
    "auto_mapping",
    "base_model_name_or_path",
    // Only with `modules_to_save` or targeted embeddings, which are refused.
    "ensure_weight_tying",
    "inference_mode",
    "lora_dropout",
    // Only with `megatron_config`, which is refused.
    "megatron_core",
    "peft_version",
    // Only with `use_qalora`, which is refused.
    "qalora_group_size",
    "revision",
    // Older versions write it; it moves work between devices.
    "runtime_config",
    "task_type",
];
