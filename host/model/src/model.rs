//! `VisionEncoderDecoderModel`: a DonutSwin encoder and an mBART decoder, weights only. Whatever
//! grows while decoding lives outside, in [`KvCache`].

use candle_core::{Result, Tensor};

use crate::ModelError;
use crate::config::ModelConfig;
use crate::kernels::{Weight, add_layer_norm, layer_norm};
use crate::linear::{LayerId, LayerInfo, LayerKind, LayerRegistry, Linear};
use crate::lora::{AdapterRows, LayerDelta, Replaced};
use crate::page_form::PageForm;
use crate::weights::WeightFile;

mod encoder;
pub(crate) use encoder::Encoder;

mod windows;
pub(crate) use windows::EncoderLayout;

mod decoder;
pub(crate) use decoder::{Decoder, EncodedPages, NextLogits};

mod attention;

mod cache;
pub(crate) use cache::KvCache;

mod extent;
pub(crate) use extent::numbers_of_a_page;

mod rows;
pub(crate) use rows::{PageMemory, Row, TokenBatch};

/// The whole model (`transformers/models/vision_encoder_decoder/modeling_vision_encoder_decoder.py`).
#[derive(Debug)]
pub(crate) struct VisionEncoderDecoder {
    encoder: Encoder,
    enc_to_dec_proj: Option<Linear>,
    pub(crate) decoder: Decoder,
    linears: LayerRegistry,
    bytes: usize,
}

impl VisionEncoderDecoder {
    pub(crate) fn load(
        config: &ModelConfig,
        file: WeightFile<'_>,
    ) -> std::result::Result<Self, ModelError> {
        let mut linears = LayerRegistry::default();
        let encoder = Encoder::load(&config.encoder, &file, &mut linears)?;
        let enc_to_dec_proj = match config.decoder.projects_encoder_states {
            true => {
                let (from, to) = (config.encoder.hidden_size(), config.decoder.d_model);
                Some(Linear::load(&file, &mut linears, "enc_to_dec_proj", from, to, true)?)
            }
            false => None,
        };
        let decoder = Decoder::load(&config.decoder, &file, &mut linears)?;
        let bytes = file.bytes();
        file.finish()?;
        Ok(Self { encoder, enc_to_dec_proj, decoder, linears, bytes })
    }

    /// Memory of all weights.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn linears(&self) -> &LayerRegistry {
        &self.linears
    }

    /// `(pages, 3, height, width)` to the last hidden state, `(pages, seq_len, hidden_size)`; `layout` is
    /// that of their size.
    pub(crate) fn encoder_states(
        &self,
        pixels: &Tensor,
        layout: &EncoderLayout,
        pages: &AdapterRows,
    ) -> Result<Tensor> {
        self.encoder.forward(pixels, layout, pages)
    }

    /// Keys and values of cross-attention for each page of `form`, from `encoder_states`.
    pub(crate) fn encoded_pages(
        &self,
        states: &Tensor,
        form: &PageForm,
        pages: &AdapterRows,
    ) -> Result<EncodedPages> {
        let [_, columns] = form.grid;
        match &self.enc_to_dec_proj {
            Some(projection) => {
                self.decoder.encode_pages(&projection.forward(states, pages)?, columns, pages)
            }
            None => self.decoder.encode_pages(states, columns, pages),
        }
    }
}

/// Layer normalisation over the last dimension.
#[derive(Debug)]
struct LayerNorm {
    id: LayerId,
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    fn load(
        file: &WeightFile<'_>,
        registry: &mut LayerRegistry,
        path: &str,
        features: usize,
        eps: f64,
    ) -> std::result::Result<Self, ModelError> {
        let weight = file.take(&format!("{path}.weight"), &[features])?;
        let bias = file.take(&format!("{path}.bias"), &[features])?;
        let id = registry.add(LayerInfo {
            path: path.to_owned(),
            kind: LayerKind::LayerNorm,
            weight: Weight::new(weight.clone()),
            bias: Some(bias.clone()),
        });
        Ok(Self { id, weight, bias, eps })
    }

    /// The leading dimension of `x` counts `rows.items()` items.
    fn forward(&self, x: &Tensor, rows: &AdapterRows) -> Result<Tensor> {
        let y = self.normalise(x, &self.weight, &self.bias)?;
        self.replace(&y, x, rows)?;
        Ok(y)
    }

    /// `y + x`, and what [`LayerNorm::forward`] makes of it. `y` may be overwritten, so it must be a
    /// fresh result that nobody else looks at.
    fn forward_sum(&self, y: Tensor, x: &Tensor, rows: &AdapterRows) -> Result<(Tensor, Tensor)> {
        let (sum, normed) = add_layer_norm(y, x, &self.weight, &self.bias, self.eps as f32)?;
        self.replace(&normed, &sum, rows)?;
        Ok((sum, normed))
    }

    /// Overwrites in `y` what adapters with parameters of their own make of their items of `x`.
    fn replace(&self, y: &Tensor, x: &Tensor, rows: &AdapterRows) -> Result<()> {
        for (segment, delta) in rows.deltas_on(self.id) {
            let LayerDelta::Replaced(Replaced { weight, bias }) = delta else { continue };
            let items = segment.items();
            let x = x.narrow(0, items.start, items.len())?.contiguous()?;
            let weight = weight.as_ref().unwrap_or(&self.weight);
            let bias = bias.as_ref().unwrap_or(&self.bias);
            y.slice_set(&self.normalise(&x, weight, bias)?, 0, items.start)?;
        }
        Ok(())
    }

    fn normalise(&self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        layer_norm(x, weight, bias, self.eps as f32)
    }
}

/// PyTorch's default epsilon.
const DEFAULT_EPS: f64 = 1e-5;
