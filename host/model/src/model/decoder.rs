//! The mBART decoder (`transformers/models/mbart/modeling_mbart.py`).

use candle_core::{Device, Result, Tensor};

use super::attention::{scaling, split_heads, split_heads_transposed};
use super::{DEFAULT_EPS, KvCache, LayerNorm, TokenBatch};
use crate::ModelError;
use crate::activation::Activation;
use crate::config::DecoderConfig;
use crate::config::GuidedAttention;
use crate::kernels::{Focus, Looking, PageSpan, Weight, append_and_attend, attend_to_pages};
use crate::linear::{LayerRegistry, Linear};
use crate::lora::AdapterRows;
use crate::weights::WeightFile;

/// The decoder: embeddings, layers, output head.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// `(vocab_size, d_model)`.
    embed_tokens: Weight,
    embedding_scale: f64,
    /// `(positions, d_model)`; the checkpoint's two unused rows in front are cut off.
    embed_positions: Tensor,
    layernorm_embedding: LayerNorm,
    layers: Vec<Layer>,
    layer_norm: LayerNorm,
    lm_head: Linear,
    heads: usize,
    /// The layer that looks where the next character stands, and which of its heads do.
    guided: Option<(usize, Looking)>,
    device: Device,
}

/// What comes behind the last token of each row.
#[derive(Debug)]
pub(crate) struct NextLogits {
    /// `(rows, vocab_size)`.
    pub(crate) logits: Tensor,
    /// Where each row looks for its next character, where the decoder can tell.
    pub(crate) foci: Vec<Focus>,
}

/// Keys and values of cross-attention: computed once a page, shared by all rows that look at it.
#[derive(Debug)]
pub(crate) struct EncodedPages {
    /// One a decoder layer.
    layers: Vec<CrossCache>,
    /// Tokens of a page in a row.
    columns: usize,
}

#[derive(Debug)]
struct CrossCache {
    /// `(pages, heads, head_dim, encoder seq_len)`.
    keys: Tensor,
    /// `(pages, heads, encoder seq_len, head_dim)`.
    values: Tensor,
}

impl Decoder {
    pub(super) fn load(
        config: &DecoderConfig,
        file: &WeightFile<'_>,
        linears: &mut LayerRegistry,
    ) -> std::result::Result<Self, ModelError> {
        let path = "decoder.model.decoder";
        let (vocab_size, d_model) = (config.vocab_size, config.d_model);
        let layers = (0..config.layers)
            .map(|layer| Layer::load(config, &format!("{path}.layers.{layer}"), file, linears))
            .collect::<std::result::Result<_, _>>()?;
        let (embed_tokens, head) = load_embeddings(config, file)?;
        let embedding_scale = if config.scale_embedding { (d_model as f64).sqrt() } else { 1.0 };
        let positions = config.max_position_embeddings;
        let embed_positions = file.take(
            &format!("{path}.embed_positions.weight"),
            &[positions + POSITION_OFFSET, d_model],
        )?;
        let norm = |name: &str, linears: &mut LayerRegistry| {
            LayerNorm::load(file, linears, &format!("{path}.{name}"), d_model, DEFAULT_EPS)
        };
        debug_assert_eq!(head.dims(), [vocab_size, d_model]);
        Ok(Self {
            embed_tokens,
            embedding_scale,
            embed_positions: embed_positions.narrow(0, POSITION_OFFSET, positions)?,
            layernorm_embedding: norm("layernorm_embedding", linears)?,
            layers,
            layer_norm: norm("layer_norm", linears)?,
            lm_head: Linear::from_weight(linears, "decoder.lm_head", head, None),
            heads: config.attention_heads,
            guided: None,
            device: file.device().clone(),
        })
    }

    /// Tells from now on where rows look.
    pub(crate) fn tell_foci(&mut self, guided: &GuidedAttention) {
        self.guided = Some((guided.layer, Looking { heads: guided.heads }));
    }

    /// Whether it tells where rows look: kernels of devices keep no attention.
    pub(crate) fn tells_foci(&self) -> bool {
        self.guided.is_some() && self.device.is_cpu()
    }

    /// Longest sequence, in tokens.
    pub(crate) fn positions(&self) -> usize {
        self.embed_positions.dims()[0]
    }

    /// Where it computes.
    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    /// Refuses tokens outside the vocabulary.
    pub(crate) fn check_tokens(&self, tokens: &[u32]) -> std::result::Result<(), ModelError> {
        let vocabulary = self.embed_tokens.dims()[0];
        match tokens.iter().find(|token| **token as usize >= vocabulary) {
            None => Ok(()),
            Some(token) => Err(ModelError::TokenOutOfRange { token: *token, vocabulary }),
        }
    }

    /// A cache for the past of rows, empty.
    pub(crate) fn new_cache(&self) -> Result<KvCache> {
        let head_dim = self.embed_tokens.dims()[1] / self.heads;
        KvCache::new(self.layers.len(), self.heads, head_dim, &self.device)
    }

    /// Keys and values of cross-attention for `states`, `(pages, seq_len, d_model)`, of which `columns`
    /// lie in a row of the page.
    pub(super) fn encode_pages(
        &self,
        states: &Tensor,
        columns: usize,
        pages: &AdapterRows,
    ) -> Result<EncodedPages> {
        let layers = self.layers.iter().map(|layer| layer.encoder_attn.encode(states, pages));
        Ok(EncodedPages { layers: layers.collect::<Result<_>>()?, columns })
    }

    /// Decodes new tokens. Returns the last hidden states, `(tokens, d_model)`, and where each token looks
    /// if that is known.
    pub(crate) fn forward(
        &self,
        batch: &TokenBatch,
        past: &KvCache,
    ) -> Result<(Tensor, Vec<Focus>)> {
        let tokens = Tensor::new(batch.tokens.as_slice(), &self.device)?;
        let positions = Tensor::new(batch.positions.as_slice(), &self.device)?;
        let embedded = ((self.embed_tokens.rows(&tokens)? * self.embedding_scale)?
            + self.embed_positions.index_select(&positions, 0)?)?;
        let mut x = self.layernorm_embedding.forward(&embedded, &batch.adapters)?;
        // What a part adds is normalised for the part behind it, in another layer or none, at once.
        let norms = self.layers.iter().map(|layer| &layer.self_attn_layer_norm);
        let mut norms = norms.chain([&self.layer_norm]);
        let mut normed = match norms.next() {
            Some(norm) => norm.forward(&x, &batch.adapters)?,
            None => x.clone(),
        };
        let mut foci = Vec::new();
        for ((index, layer), norm) in self.layers.iter().enumerate().zip(norms) {
            let asked = self.guided.filter(|(guided, _)| *guided == index);
            let looking = asked.map(|(_, looking)| looking);
            let looks;
            (x, normed, looks) = layer.forward(&x, &normed, norm, index, batch, past, looking)?;
            foci.extend(looks);
        }
        Ok((normed, foci))
    }

    /// `(items, d_model)` to `(items, vocab_size)`.
    pub(crate) fn logits(&self, hidden: &Tensor, adapters: &AdapterRows) -> Result<Tensor> {
        self.lm_head.forward(hidden, adapters)
    }

    /// The logits behind the last token of each row.
    pub(crate) fn next_logits(&self, batch: &TokenBatch, past: &KvCache) -> Result<NextLogits> {
        let (hidden, foci) = self.forward(batch, past)?;
        let (hidden, foci) = match batch.last_tokens() {
            Some(last) => {
                let of_last = last.iter().filter_map(|token| foci.get(*token as usize).copied());
                let foci = of_last.collect();
                (hidden.index_select(&Tensor::new(last, &self.device)?, 0)?, foci)
            }
            None => (hidden, foci),
        };
        Ok(NextLogits { logits: self.logits(&hidden, batch.row_adapters())?, foci })
    }
}

/// mBART never uses its first two positions (`MBartLearnedPositionalEmbedding`).
const POSITION_OFFSET: usize = 2;

/// The token embeddings and the output head. A tied pair stands in the file once, under either
/// name; a pair that differs is not tied, whatever the flag says (`PreTrainedModel.tie_weights`).
fn load_embeddings(
    config: &DecoderConfig,
    file: &WeightFile<'_>,
) -> std::result::Result<(Weight, Weight), ModelError> {
    let tokens = "decoder.model.decoder.embed_tokens.weight";
    let head = "decoder.lm_head.weight";
    let shape = [config.vocab_size, config.d_model];
    if config.tie_word_embeddings && !(file.contains(tokens) && file.contains(head)) {
        let shared = file.take_matrix(if file.contains(head) { head } else { tokens }, &shape)?;
        return Ok((shared.clone(), shared));
    }
    Ok((file.take_matrix(tokens, &shape)?, file.take_matrix(head, &shape)?))
}

/// Self-attention, cross-attention and a feed-forward part (`MBartDecoderLayer`).
#[derive(Debug)]
struct Layer {
    self_attn: Attention,
    self_attn_layer_norm: LayerNorm,
    encoder_attn: Attention,
    encoder_attn_layer_norm: LayerNorm,
    fc1: Linear,
    activation: Activation,
    fc2: Linear,
    final_layer_norm: LayerNorm,
}

impl Layer {
    fn load(
        config: &DecoderConfig,
        path: &str,
        file: &WeightFile<'_>,
        linears: &mut LayerRegistry,
    ) -> std::result::Result<Self, ModelError> {
        let (d_model, ffn_dim) = (config.d_model, config.ffn_dim);
        let norm = |name: &str, linears: &mut LayerRegistry| {
            LayerNorm::load(file, linears, &format!("{path}.{name}"), d_model, DEFAULT_EPS)
        };
        Ok(Self {
            self_attn: Attention::load(config, &format!("{path}.self_attn"), file, linears)?,
            self_attn_layer_norm: norm("self_attn_layer_norm", linears)?,
            encoder_attn: Attention::load(config, &format!("{path}.encoder_attn"), file, linears)?,
            encoder_attn_layer_norm: norm("encoder_attn_layer_norm", linears)?,
            fc1: Linear::load(file, linears, &format!("{path}.fc1"), d_model, ffn_dim, true)?,
            activation: config.activation_function,
            fc2: Linear::load(file, linears, &format!("{path}.fc2"), ffn_dim, d_model, true)?,
            final_layer_norm: norm("final_layer_norm", linears)?,
        })
    }

    /// What comes behind the layer, and what `next` makes of it; `normed` is what the layer's own first
    /// norm made of `x`. And where the tokens look, if that is asked.
    #[expect(clippy::too_many_arguments, reason = "a layer stands between its neighbours")]
    fn forward(
        &self,
        x: &Tensor,
        normed: &Tensor,
        next: &LayerNorm,
        index: usize,
        batch: &TokenBatch,
        past: &KvCache,
        looking: Option<Looking>,
    ) -> Result<(Tensor, Tensor, Vec<Focus>)> {
        let adapters = &batch.adapters;
        let attended = self.self_attn.attend_to_past(normed, index, batch, past)?;
        let (x, normed) = self.encoder_attn_layer_norm.forward_sum(attended, x, adapters)?;
        let (attended, foci) = self.encoder_attn.attend_to_pages(&normed, index, batch, looking)?;
        let (x, normed) = self.final_layer_norm.forward_sum(attended, &x, adapters)?;
        let inner = self.activation.forward_fresh(self.fc1.forward(&normed, adapters)?)?;
        let (x, normed) = next.forward_sum(self.fc2.forward(&inner, adapters)?, &x, adapters)?;
        Ok((x, normed, foci))
    }
}

/// Multi-headed attention (`MBartAttention`).
#[derive(Debug)]
struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    out_proj: Linear,
    heads: usize,
    scaling: f64,
}

impl Attention {
    fn load(
        config: &DecoderConfig,
        path: &str,
        file: &WeightFile<'_>,
        linears: &mut LayerRegistry,
    ) -> std::result::Result<Self, ModelError> {
        let d_model = config.d_model;
        let mut linear = |name: &str| {
            Linear::load(file, linears, &format!("{path}.{name}"), d_model, d_model, true)
        };
        Ok(Self {
            k_proj: linear("k_proj")?,
            v_proj: linear("v_proj")?,
            q_proj: linear("q_proj")?,
            out_proj: linear("out_proj")?,
            heads: config.attention_heads,
            scaling: scaling(d_model, config.attention_heads),
        })
    }

    /// Self-attention: writes the new tokens into the cache and looks at all of their rows.
    fn attend_to_past(
        &self,
        x: &Tensor,
        layer: usize,
        batch: &TokenBatch,
        past: &KvCache,
    ) -> Result<Tensor> {
        let adapters = &batch.adapters;
        let query = self.q_proj.forward(x, adapters)?;
        let keys = self.k_proj.forward(x, adapters)?;
        let values = self.v_proj.forward(x, adapters)?;
        let cache = past.layer(layer);
        let (keys, values) = ([&keys, &cache.keys], [&values, &cache.values]);
        let attended = append_and_attend(&query, keys, values, &batch.past, self.scaling)?;
        self.out_proj.forward(&attended, adapters)
    }

    /// Cross-attention: all tokens that look at a page are queries of one product with its keys.
    fn attend_to_pages(
        &self,
        x: &Tensor,
        layer: usize,
        batch: &TokenBatch,
        looking: Option<Looking>,
    ) -> Result<(Tensor, Vec<Focus>)> {
        let query = self.q_proj.forward(x, &batch.adapters)?;
        let spans = batch.pages.iter().map(|(vectors, page)| {
            let CrossCache { keys, values } = &page.pages.layers[layer];
            let columns = page.pages.columns;
            PageSpan { vectors: vectors.clone(), keys, values, page: page.index, columns }
        });
        let spans = spans.collect::<Vec<_>>();
        let (attended, foci) = attend_to_pages(&query, &spans, self.scaling, looking)?;
        Ok((self.out_proj.forward(&attended, &batch.adapters)?, foci))
    }

    /// Keys and values of every page, `states` being `(pages, seq_len, d_model)`.
    fn encode(&self, states: &Tensor, pages: &AdapterRows) -> Result<CrossCache> {
        let keys = split_heads_transposed(&self.k_proj.forward(states, pages)?, self.heads)?;
        let values = split_heads(&self.v_proj.forward(states, pages)?, self.heads)?;
        Ok(CrossCache { keys, values })
    }
}
