//! The DonutSwin encoder (`transformers/models/donut/modeling_donut_swin.py`).

use candle_core::{DType, Result, Tensor};

use super::attention::scaling;
use super::windows::{EncoderLayout, MergeLayout, StageLayout, WindowLayout};
use super::{DEFAULT_EPS, LayerNorm};
use crate::ModelError;
use crate::activation::Activation;
use crate::config::EncoderConfig;
use crate::kernels::{WindowScores, add_to_fresh, window_attention};
use crate::linear::{LayerRegistry, Linear};
use crate::lora::AdapterRows;
use crate::weights::WeightFile;

/// The encoder: patches, then stages of windowed attention.
#[derive(Debug)]
pub(crate) struct Encoder {
    patches: PatchEmbeddings,
    norm: LayerNorm,
    stages: Vec<Stage>,
}

impl Encoder {
    pub(super) fn load(
        config: &EncoderConfig,
        file: &WeightFile<'_>,
        linears: &mut LayerRegistry,
    ) -> std::result::Result<Self, ModelError> {
        let stages = (0..config.depths.len())
            .map(|stage| Stage::load(config, stage, file, linears))
            .collect::<std::result::Result<_, _>>()?;
        Ok(Self {
            patches: PatchEmbeddings::load(config, file, linears)?,
            norm: LayerNorm::load(
                file,
                linears,
                "encoder.embeddings.norm",
                config.embed_dim,
                DEFAULT_EPS,
            )?,
            stages,
        })
    }

    /// `(pages, 3, height, width)` to `(pages, seq_len, hidden_size)`; `layout` is that of their size.
    pub(super) fn forward(
        &self,
        pixels: &Tensor,
        layout: &EncoderLayout,
        pages: &AdapterRows,
    ) -> Result<Tensor> {
        let mut x = self.norm.forward(&self.patches.forward(pixels, pages)?, pages)?;
        for (stage, layout) in self.stages.iter().zip(&layout.stages) {
            x = stage.forward(&x, layout, pages)?;
        }
        Ok(x)
    }
}

/// A convolution whose kernel is its stride, as one matrix product (`DonutSwinPatchEmbeddings`).
#[derive(Debug)]
struct PatchEmbeddings {
    projection: Linear,
    patch_size: [usize; 2],
}

impl PatchEmbeddings {
    fn load(
        config: &EncoderConfig,
        file: &WeightFile<'_>,
        linears: &mut LayerRegistry,
    ) -> std::result::Result<Self, ModelError> {
        let path = "encoder.embeddings.patch_embeddings.projection";
        let [height, width] = config.patch_size;
        let shape = [config.embed_dim, config.num_channels, height, width];
        Ok(Self {
            projection: Linear::load_patch_convolution(file, linears, path, shape)?,
            patch_size: config.patch_size,
        })
    }

    /// `(pages, channels, height, width)` to `(pages, patches, embed_dim)`.
    fn forward(&self, pixels: &Tensor, page_adapters: &AdapterRows) -> Result<Tensor> {
        let [patch_height, patch_width] = self.patch_size;
        let (pages, channels, height, width) = pixels.dims4()?;
        let [rows, columns] = [height.div_ceil(patch_height), width.div_ceil(patch_width)];
        let patches = pixels
            .pad_with_zeros(2, 0, rows * patch_height - height)?
            .pad_with_zeros(3, 0, columns * patch_width - width)?
            .reshape(&[pages, channels, rows, patch_height, columns, patch_width][..])?
            .permute([0, 2, 4, 1, 3, 5])?
            .reshape((pages, rows * columns, channels * patch_height * patch_width))?;
        self.projection.forward(&patches, page_adapters)
    }
}

/// Layers of one width (`DonutSwinStage`).
#[derive(Debug)]
struct Stage {
    layers: Vec<Layer>,
    downsample: Option<PatchMerging>,
}

impl Stage {
    fn load(
        config: &EncoderConfig,
        stage: usize,
        file: &WeightFile<'_>,
        linears: &mut LayerRegistry,
    ) -> std::result::Result<Self, ModelError> {
        let path = format!("encoder.encoder.layers.{stage}");
        let layers = (0..config.depths[stage])
            .map(|layer| {
                Layer::load(config, stage, &format!("{path}.blocks.{layer}"), file, linears)
            })
            .collect::<std::result::Result<_, _>>()?;
        let is_last = stage + 1 == config.depths.len();
        Ok(Self {
            layers,
            downsample: match is_last {
                true => None,
                false => Some(PatchMerging::load(
                    &format!("{path}.downsample"),
                    config.stage_dim(stage),
                    file,
                    linears,
                )?),
            },
        })
    }

    fn forward(&self, x: &Tensor, layout: &StageLayout, pages: &AdapterRows) -> Result<Tensor> {
        let mut x = x.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            let windows = if index % 2 == 0 { &layout.plain } else { &layout.shifted };
            x = layer.forward(&x, windows, pages)?;
        }
        match self.downsample.as_ref().zip(layout.merge.as_ref()) {
            Some((downsample, merge)) => downsample.forward(&x, merge, pages),
            None => Ok(x),
        }
    }
}

/// Windowed attention and a feed-forward part (`DonutSwinLayer`).
#[derive(Debug)]
struct Layer {
    layernorm_before: LayerNorm,
    attention: WindowAttention,
    layernorm_after: LayerNorm,
    intermediate: Linear,
    activation: Activation,
    output: Linear,
}

impl Layer {
    fn load(
        config: &EncoderConfig,
        stage: usize,
        path: &str,
        file: &WeightFile<'_>,
        linears: &mut LayerRegistry,
    ) -> std::result::Result<Self, ModelError> {
        let dim = config.stage_dim(stage);
        let inner = (config.mlp_ratio * dim as f64) as usize;
        let eps = config.layer_norm_eps;
        let norm = |name: &str, linears: &mut LayerRegistry| {
            LayerNorm::load(file, linears, &format!("{path}.{name}"), dim, eps)
        };
        Ok(Self {
            layernorm_before: norm("layernorm_before", linears)?,
            attention: WindowAttention::load(
                config,
                stage,
                &format!("{path}.attention"),
                file,
                linears,
            )?,
            layernorm_after: norm("layernorm_after", linears)?,
            intermediate: Linear::load(
                file,
                linears,
                &format!("{path}.intermediate.dense"),
                dim,
                inner,
                true,
            )?,
            activation: config.hidden_act,
            output: Linear::load(file, linears, &format!("{path}.output.dense"), inner, dim, true)?,
        })
    }

    fn forward(&self, x: &Tensor, layout: &WindowLayout, pages: &AdapterRows) -> Result<Tensor> {
        let windows = layout.partition(&self.layernorm_before.forward(x, pages)?)?;
        let attended = layout.reverse(&self.attention.forward(&windows, layout, pages)?)?;
        let x = add_to_fresh(attended, x)?;
        let inner = self.intermediate.forward(&self.layernorm_after.forward(&x, pages)?, pages)?;
        let inner = self.activation.forward_fresh(inner)?;
        add_to_fresh(self.output.forward(&inner, pages)?, &x)
    }
}

/// Attention within windows, with a learnt bias a relative position (`DonutSwinSelfAttention` and
/// `DonutSwinSelfOutput`).
#[derive(Debug)]
struct WindowAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    /// `(heads, window_size^2, window_size^2)`.
    position_bias: Tensor,
    scaling: f64,
}

impl WindowAttention {
    fn load(
        config: &EncoderConfig,
        stage: usize,
        path: &str,
        file: &WeightFile<'_>,
        linears: &mut LayerRegistry,
    ) -> std::result::Result<Self, ModelError> {
        let dim = config.stage_dim(stage);
        let heads = config.num_heads[stage];
        let mut linear = |name: &str, bias| {
            Linear::load(file, linears, &format!("{path}.{name}"), dim, dim, bias)
        };
        Ok(Self {
            query: linear("self.query", config.qkv_bias)?,
            key: linear("self.key", config.qkv_bias)?,
            value: linear("self.value", config.qkv_bias)?,
            output: linear("output.dense", true)?,
            position_bias: load_position_bias(
                &format!("{path}.self"),
                config.window_size,
                heads,
                file,
            )?,
            scaling: scaling(dim, heads),
        })
    }

    /// `(pages, windows * window_size^2, dim)` to the same shape.
    fn forward(&self, x: &Tensor, layout: &WindowLayout, pages: &AdapterRows) -> Result<Tensor> {
        let query = self.query.forward(x, pages)?;
        let key = self.key.forward(x, pages)?;
        let value = self.value.forward(x, pages)?;
        let scores =
            WindowScores { bias: &self.position_bias, mask: layout.mask(), scaling: self.scaling };
        let attended = window_attention(&query, &key, &value, &scores)?;
        self.output.forward(&attended, pages)
    }
}

/// Spreads `relative_position_bias_table` over all pairs of places in a window.
fn load_position_bias(
    path: &str,
    window_size: usize,
    heads: usize,
    file: &WeightFile<'_>,
) -> std::result::Result<Tensor, ModelError> {
    let side = 2 * window_size - 1;
    let table =
        file.take(&format!("{path}.relative_position_bias_table"), &[side * side, heads])?;
    let places = window_size * window_size;
    let index = relative_position_index(window_size);
    let name = format!("{path}.relative_position_index");
    // A buffer that some versions of transformers save. It follows from the window size.
    if file.contains(&name) {
        let saved = file.take_raw(&name, &[places, places])?;
        let saved = saved.to_dtype(DType::I64)?.flatten_all()?.to_vec1::<i64>()?;
        if saved.iter().zip(&index).any(|(saved, index)| *saved != i64::from(*index)) {
            return Err(file.contents(&name, "contradicts the window size"));
        }
    }
    let index = Tensor::new(index, file.device())?;
    let bias = table.index_select(&index, 0)?.reshape((places, places, heads))?;
    Ok(bias.permute((2, 0, 1))?.contiguous()?)
}

/// For each pair of places the row of the bias table (`create_relative_position_index`).
fn relative_position_index(window_size: usize) -> Vec<u32> {
    let side = 2 * window_size - 1;
    let places = window_size * window_size;
    let mut index = Vec::with_capacity(places * places);
    for query in 0..places {
        for key in 0..places {
            let y = query / window_size + window_size - 1 - key / window_size;
            let x = query % window_size + window_size - 1 - key % window_size;
            index.push((y * side + x) as u32);
        }
    }
    index
}

/// Four neighbours become one token of twice the width (`DonutSwinPatchMerging`).
#[derive(Debug)]
struct PatchMerging {
    norm: LayerNorm,
    reduction: Linear,
}

impl PatchMerging {
    fn load(
        path: &str,
        dim: usize,
        file: &WeightFile<'_>,
        linears: &mut LayerRegistry,
    ) -> std::result::Result<Self, ModelError> {
        Ok(Self {
            norm: LayerNorm::load(file, linears, &format!("{path}.norm"), 4 * dim, DEFAULT_EPS)?,
            reduction: Linear::load(
                file,
                linears,
                &format!("{path}.reduction"),
                4 * dim,
                2 * dim,
                false,
            )?,
        })
    }

    fn forward(&self, x: &Tensor, layout: &MergeLayout, pages: &AdapterRows) -> Result<Tensor> {
        self.reduction.forward(&self.norm.forward(&layout.merge(x)?, pages)?, pages)
    }
}
