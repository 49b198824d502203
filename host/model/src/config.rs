//! `config.json` of a `VisionEncoderDecoderModel`.

use std::path::Path;

use serde_json::Value;

use crate::ModelError;
use crate::json::JsonObject;

mod encoder;
pub(crate) use encoder::EncoderConfig;

mod decoder;
pub(crate) use decoder::DecoderConfig;

mod generation;
pub(crate) use generation::GenerationConfig;

mod guided_attention;
pub(crate) use guided_attention::GuidedAttention;

/// `config.json` (`transformers/models/vision_encoder_decoder/configuration_vision_encoder_decoder.py`).
#[derive(Clone, Debug)]
pub(crate) struct ModelConfig {
    pub(crate) encoder: EncoderConfig,
    pub(crate) decoder: DecoderConfig,
    /// What `generate` would do without a `generation_config.json`.
    pub(crate) generation: GenerationConfig,
}

impl ModelConfig {
    pub(crate) fn read(path: &Path) -> Result<Self, ModelError> {
        let mut root = JsonObject::read(path)?;
        expect_model_type(&mut root, "vision-encoder-decoder")?;
        let mut encoder = root.take_object("encoder")?.ok_or_else(|| root.missing("encoder"))?;
        let mut decoder = root.take_object("decoder")?.ok_or_else(|| root.missing("decoder"))?;
        let mut generation = GenerationConfig::take_from_model_config(&mut root)?;
        // The outer model never ties; the decoder's own flag decides. Training scripts leave a
        // `vocab_size` here, which nothing reads.
        root.ignore(&["tie_word_embeddings", "processor_class", "vocab_size"]);
        root.ignore(WITHOUT_EFFECT);
        root.finish()?;
        GenerationConfig::take_from_model_config(&mut encoder)?;
        let encoder = EncoderConfig::take(encoder)?;
        generation.fill_from(GenerationConfig::take_from_model_config(&mut decoder)?);
        let decoder = DecoderConfig::take(decoder, &encoder)?;
        Ok(Self { encoder, decoder, generation })
    }
}

impl ModelConfig {
    /// The same for pages of another height and width, in pixels.
    pub(crate) fn of_size(&self, size: [usize; 2]) -> Self {
        let mut config = self.clone();
        config.encoder.image_size = size;
        config
    }
}

/// Refuses another kind of model.
fn expect_model_type(object: &mut JsonObject, expected: &str) -> Result<(), ModelError> {
    let model_type =
        object.take_string("model_type")?.ok_or_else(|| object.missing("model_type"))?;
    if model_type == expected {
        Ok(())
    } else {
        Err(object.unsupported("model_type", &Value::String(model_type)))
    }
}

/// Keys of `PreTrainedConfig`, of transformers 4 and 5, that change nothing in a forward pass of
/// these models outside training.
const WITHOUT_EFFECT: &[&str] = &[
    "_attn_implementation_autoset",
    "_commit_hash",
    "_name_or_path",
    "add_cross_attention",
    "architectures",
    "chunk_size_feed_forward",
    "cross_attention_hidden_size",
    "dtype",
    "finetuning_task",
    "id2label",
    "is_decoder",
    "is_encoder_decoder",
    "label2id",
    "output_attentions",
    "output_hidden_states",
    "prefix",
    "problem_type",
    "return_dict",
    "sep_token_id",
    "task_specific_params",
    "tf_legacy_loss",
    "tie_encoder_decoder",
    "tokenizer_class",
    "torch_dtype",
    "torchscript",
    "transformers_version",
    "use_bfloat16",
    "use_cache",
];
