//! The rank of each layer, and the factor of what is added to it.

use serde_json::Value;

use crate::ModelError;
use crate::json::JsonObject;
use crate::lora::pattern::{Pattern, PatternBudget};

/// `r`, `lora_alpha`, `use_rslora` and the patterns.
#[derive(Debug)]
pub(in crate::lora) struct Ranks {
    r: usize,
    lora_alpha: f64,
    use_rslora: bool,
    rank_pattern: Vec<(Pattern, f64)>,
    alpha_pattern: Vec<(Pattern, f64)>,
}

impl Ranks {
    pub(super) fn take(
        object: &mut JsonObject,
        budget: &PatternBudget,
    ) -> Result<Self, ModelError> {
        let ranks = Self {
            r: object.take_count("r")?.unwrap_or(8),
            lora_alpha: object.take_f64("lora_alpha")?.unwrap_or(8.0),
            use_rslora: object.take_bool("use_rslora")?.unwrap_or(false),
            rank_pattern: take_patterns(object, budget, "rank_pattern")?,
            alpha_pattern: take_patterns(object, budget, "alpha_pattern")?,
        };
        if ranks.rank_pattern.iter().any(|(_, rank)| *rank < 1.0 || rank.fract() != 0.0) {
            return Err(object.invalid("rank_pattern", "whole numbers above 0"));
        }
        Ok(ranks)
    }

    /// The rank of the layer at `path`.
    pub(in crate::lora) fn rank(&self, path: &str) -> Result<usize, ModelError> {
        Ok(first_match(&self.rank_pattern, path)?.map_or(self.r, |rank| rank as usize))
    }

    /// The factor of the layer's delta: alpha / r, or alpha / sqrt(r) with `use_rslora`.
    pub(in crate::lora) fn scaling(&self, path: &str) -> Result<f64, ModelError> {
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
fn take_patterns(
    object: &mut JsonObject,
    budget: &PatternBudget,
    key: &str,
) -> Result<Vec<(Pattern, f64)>, ModelError> {
    let entries = object
        .take_with(key, "an object of numbers", |value| {
            let entry =
                |(pattern, value): (&String, &Value)| Some((pattern.clone(), value.as_f64()?));
            value.as_object()?.iter().map(entry).collect::<Option<Vec<_>>>()
        })?
        .unwrap_or_default();
    entries
        .into_iter()
        .map(|(pattern, value)| Ok((Pattern::suffix(object, budget, key, &pattern)?, value)))
        .collect()
}
