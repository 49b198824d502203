//! `encoder` of `config.json`: DonutSwin.

use std::path::Path;

use serde_json::Value;

use super::{WITHOUT_EFFECT, expect_model_type};
use crate::ModelError;
use crate::activation::Activation;
use crate::json::JsonObject;

/// `DonutSwinConfig` (`transformers/models/donut/configuration_donut_swin.py`).
#[derive(Clone, Debug)]
pub(crate) struct EncoderConfig {
    /// Height and width of the input, in pixels.
    pub(crate) image_size: [usize; 2],
    /// Height and width of a patch, in pixels.
    pub(crate) patch_size: [usize; 2],
    pub(crate) num_channels: usize,
    pub(crate) embed_dim: usize,
    /// Layers of each stage.
    pub(crate) depths: Vec<usize>,
    /// Attention heads of each stage.
    pub(crate) num_heads: Vec<usize>,
    pub(crate) window_size: usize,
    pub(crate) mlp_ratio: f64,
    pub(crate) qkv_bias: bool,
    pub(crate) hidden_act: Activation,
    pub(crate) layer_norm_eps: f64,
}

impl EncoderConfig {
    /// Width of stage `stage`.
    pub(crate) fn stage_dim(&self, stage: usize) -> usize {
        self.embed_dim << stage
    }

    /// Width of the last stage.
    pub(crate) fn hidden_size(&self) -> usize {
        self.stage_dim(self.depths.len() - 1)
    }

    /// Rows and columns of tokens in stage `stage`. Patch embedding and patch merging pad upwards.
    pub(crate) fn grid(&self, stage: usize) -> [usize; 2] {
        let patches = [0, 1].map(|axis| self.image_size[axis].div_ceil(self.patch_size[axis]));
        (0..stage).fold(patches, |grid, _| grid.map(|side| side.div_ceil(2)))
    }

    /// Refuses windows larger than a grid: transformers shrinks the window then, but not its table
    /// of position biases, and fails.
    pub(crate) fn check_grids(&self, path: &Path) -> Result<(), ModelError> {
        for stage in 0..self.depths.len() {
            let [rows, columns] = self.grid(stage);
            if rows.min(columns) < self.window_size {
                return Err(ModelError::InvalidValue {
                    path: path.to_owned(),
                    key: "encoder.window_size".to_owned(),
                    expected: format!(
                        "at most {}: stage {stage} has {rows} x {columns} tokens",
                        rows.min(columns)
                    ),
                });
            }
        }
        Ok(())
    }

    pub(super) fn take(mut object: JsonObject) -> Result<Self, ModelError> {
        expect_model_type(&mut object, "donut-swin")?;
        // transformers gives such a model one position more than it has patches, and fails.
        object.refuse_unless("use_absolute_embeddings", |value| value == false)?;
        // Both only matter together with task heads or pruning, which the encoder does not have.
        object.refuse_unless("pruned_heads", |value| {
            value.as_object().is_some_and(|m| m.is_empty())
        })?;
        let hidden_act = object.take_string("hidden_act")?.unwrap_or_else(|| "gelu".to_owned());
        let config = Self {
            image_size: take_pair(&mut object, "image_size")?.unwrap_or([224; 2]),
            patch_size: take_pair(&mut object, "patch_size")?.unwrap_or([4; 2]),
            num_channels: object.take_count("num_channels")?.unwrap_or(3),
            embed_dim: object.take_count("embed_dim")?.unwrap_or(96),
            depths: object.take_counts("depths")?.unwrap_or_else(|| vec![2, 2, 6, 2]),
            num_heads: object.take_counts("num_heads")?.unwrap_or_else(|| vec![3, 6, 12, 24]),
            window_size: object.take_count("window_size")?.unwrap_or(7),
            mlp_ratio: object.take_f64("mlp_ratio")?.unwrap_or(4.0),
            qkv_bias: object.take_bool("qkv_bias")?.unwrap_or(true),
            hidden_act: Activation::from_name(&hidden_act)
                .ok_or_else(|| object.unsupported("hidden_act", &Value::String(hidden_act)))?,
            layer_norm_eps: object.take_f64("layer_norm_eps")?.unwrap_or(1e-5),
        };
        config.check(&mut object)?;
        object.ignore(&[
            "attention_probs_dropout_prob",
            "drop_path_rate",
            "hidden_dropout_prob",
            "initializer_range",
            "path_norm",
            "tie_word_embeddings",
        ]);
        object.ignore(WITHOUT_EFFECT);
        object.finish()?;
        Ok(config)
    }

    /// Refuses sizes that contradict each other.
    fn check(&self, object: &mut JsonObject) -> Result<(), ModelError> {
        if self.num_channels != 3 {
            return Err(object.unsupported("num_channels", &self.num_channels.into()));
        }
        if self.depths.is_empty() || self.depths.len() > 16 {
            return Err(object.invalid("depths", "a list of 1 to 16 stages"));
        }
        if self.num_heads.len() != self.depths.len() {
            return Err(object.invalid("num_heads", "as many numbers as `depths`"));
        }
        if !(self.mlp_ratio > 0.0 && self.mlp_ratio * (self.hidden_size() as f64) < 1e9) {
            return Err(object.invalid("mlp_ratio", "above 0"));
        }
        for (name, derived) in
            [("hidden_size", self.hidden_size()), ("num_layers", self.depths.len())]
        {
            if object.take_count(name)?.is_some_and(|stated| stated != derived) {
                return Err(
                    object.invalid(name, format!("{derived}, as `depths` and `embed_dim` say"))
                );
            }
        }
        for (stage, heads) in self.num_heads.iter().enumerate() {
            if !self.stage_dim(stage).is_multiple_of(*heads) {
                return Err(object.invalid(
                    "num_heads",
                    format!(
                        "divisors of each stage's width; stage {stage} is {} wide",
                        self.stage_dim(stage)
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// One number for both sides, or `[height, width]`.
fn take_pair(object: &mut JsonObject, key: &str) -> Result<Option<[usize; 2]>, ModelError> {
    let side = |value: &Value| {
        value.as_u64().filter(|n| (1..=1 << 20).contains(n)).and_then(|n| usize::try_from(n).ok())
    };
    object.take_with(key, "a number above 0 or [height, width]", |value| match value {
        Value::Array(sides) => match sides.as_slice() {
            [height, width] => Some([side(height)?, side(width)?]),
            _ => None,
        },
        _ => side(value).map(|side| [side, side]),
    })
}
