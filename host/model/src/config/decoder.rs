//! `decoder` of `config.json`: mBART.

use serde_json::Value;

use super::{EncoderConfig, WITHOUT_EFFECT, expect_model_type};
use crate::ModelError;
use crate::activation::Activation;
use crate::json::JsonObject;

/// `MBartConfig` (`transformers/models/mbart/configuration_mbart.py`), its decoder half.
#[derive(Clone, Debug)]
pub(crate) struct DecoderConfig {
    pub(crate) vocab_size: usize,
    pub(crate) max_position_embeddings: usize,
    pub(crate) d_model: usize,
    pub(crate) layers: usize,
    pub(crate) attention_heads: usize,
    pub(crate) ffn_dim: usize,
    pub(crate) activation_function: Activation,
    pub(crate) scale_embedding: bool,
    pub(crate) tie_word_embeddings: bool,
    /// Whether encoder states go through `enc_to_dec_proj` first.
    pub(crate) projects_encoder_states: bool,
}

impl DecoderConfig {
    pub(super) fn take(
        mut object: JsonObject,
        encoder: &EncoderConfig,
    ) -> Result<Self, ModelError> {
        expect_model_type(&mut object, "mbart")?;
        object.refuse_unless("pruned_heads", |value| {
            value.as_object().is_some_and(|m| m.is_empty())
        })?;
        object.refuse_unless("add_cross_attention", |value| value == true)?;
        let activation =
            object.take_string("activation_function")?.unwrap_or_else(|| "gelu".to_owned());
        let d_model = object.take_count("d_model")?.unwrap_or(1024);
        if object.take_count("hidden_size")?.is_some_and(|size| size != d_model) {
            return Err(object.invalid("hidden_size", "equal to `d_model`"));
        }
        let cross_attention_hidden_size = object.take_count("cross_attention_hidden_size")?;
        if cross_attention_hidden_size.is_some_and(|size| size != encoder.hidden_size()) {
            return Err(object.invalid("cross_attention_hidden_size", "the encoder's hidden size"));
        }
        let projects_encoder_states = encoder.hidden_size() != d_model;
        // mBART's cross-attention has no other input width than its own.
        if projects_encoder_states && cross_attention_hidden_size.is_some() {
            return Err(
                object.invalid("cross_attention_hidden_size", "absent, as the widths differ")
            );
        }
        let config = Self {
            vocab_size: object.take_count("vocab_size")?.unwrap_or(50265),
            max_position_embeddings: object.take_count("max_position_embeddings")?.unwrap_or(1024),
            d_model,
            layers: object.take_count("decoder_layers")?.unwrap_or(12),
            attention_heads: object.take_count("decoder_attention_heads")?.unwrap_or(16),
            ffn_dim: object.take_count("decoder_ffn_dim")?.unwrap_or(4096),
            activation_function: Activation::from_name(&activation).ok_or_else(|| {
                object.unsupported("activation_function", &Value::String(activation))
            })?,
            scale_embedding: object.take_bool("scale_embedding")?.unwrap_or(false),
            tie_word_embeddings: object.take_bool("tie_word_embeddings")?.unwrap_or(true),
            projects_encoder_states,
        };
        if !d_model.is_multiple_of(config.attention_heads) {
            return Err(
                object.invalid("decoder_attention_heads", format!("a divisor of {d_model}"))
            );
        }
        object.ignore(&[
            "activation_dropout",
            // mBART always has the last layer norm; Donut's checkpoints say so in vain.
            "add_final_layer_norm",
            "attention_dropout",
            "classifier_dropout",
            "decoder_layerdrop",
            "dropout",
            "encoder_attention_heads",
            "encoder_ffn_dim",
            "encoder_layerdrop",
            "encoder_layers",
            "gradient_checkpointing",
            "init_std",
            "num_attention_heads",
            "num_hidden_layers",
        ]);
        object.ignore(WITHOUT_EFFECT);
        object.finish()?;
        Ok(config)
    }
}
