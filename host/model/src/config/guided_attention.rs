//! `guided_attention.json`: which of the decoder's attention was taught to look at the next character.

use std::path::Path;

use super::DecoderConfig;
use crate::ModelError;
use crate::json::JsonObject;

/// Cross-attention that finds the next character on its page, as the training of the base guided it
/// (`adapters/training/dossier_training/lessons.py`). A base without the file reads as well, and tells no
/// places.
///
/// The file changes no reading, so it is no part of the base's digest, to which adapters are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GuidedAttention {
    /// The layer, counted from 0.
    pub(crate) layer: usize,
    /// The first so many heads of that layer.
    pub(crate) heads: usize,
}

impl GuidedAttention {
    /// That of a base's folder, if it has one.
    ///
    /// # Errors
    /// When the decoder has no such layer or heads, or the file says anything else.
    pub(crate) fn read(folder: &Path, decoder: &DecoderConfig) -> Result<Option<Self>, ModelError> {
        let path = folder.join("guided_attention.json");
        if !path.exists() {
            return Ok(None);
        }
        let mut object = JsonObject::read(&path)?;
        let layer = object.take_length("layer")?.ok_or_else(|| object.missing("layer"))?;
        let heads = object.take_count("heads")?.ok_or_else(|| object.missing("heads"))?;
        if layer >= decoder.layers {
            return Err(object.invalid("layer", format!("below {}", decoder.layers)));
        }
        if heads > decoder.attention_heads {
            return Err(object.invalid("heads", format!("at most {}", decoder.attention_heads)));
        }
        object.finish()?;
        Ok(Some(Self { layer, heads }))
    }
}
