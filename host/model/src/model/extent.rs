//! How large the tensors of one page become: kernels of a device count their numbers in 32 bits.

use crate::config::{EncoderConfig, ModelConfig};
use crate::linear::merging_pays;

/// Numbers in the largest tensor that one page makes on its way through the encoder and into
/// cross-attention, with whatever adapter. A pass over several pages has as many for each.
pub(crate) fn numbers_of_a_page(config: &ModelConfig) -> usize {
    let ModelConfig { encoder, decoder, .. } = config;
    let last = encoder.depths.len() - 1;
    let states = area(encoder.grid(last));
    let into_decoder = [
        of_product(states, encoder.hidden_size(), decoder.d_model),
        of_product(states, decoder.d_model, decoder.d_model),
    ];
    let stages = (0..=last).flat_map(|stage| of_stage(encoder, stage));
    stages.chain(of_patches(encoder)).chain(into_decoder).max().unwrap_or(0)
}

/// Patches, and the pixels around them.
fn of_patches(encoder: &EncoderConfig) -> [usize; 1] {
    let patches = area(encoder.grid(0));
    let values = encoder.num_channels.saturating_mul(area(encoder.patch_size));
    [of_product(patches, values, encoder.embed_dim)]
}

/// Layers of a stage and, but for the last, the merging behind them.
fn of_stage(encoder: &EncoderConfig, stage: usize) -> [usize; 5] {
    let (grid, dim, window) = (encoder.grid(stage), encoder.stage_dim(stage), encoder.window_size);
    let inner = (encoder.mlp_ratio * dim as f64) as usize;
    let tokens = area(grid);
    let places = area(grid.map(|side| side.next_multiple_of(window)));
    let merged = match stage + 1 < encoder.depths.len() {
        true => of_product(area(grid.map(|side| side.div_ceil(2))), 4 * dim, 2 * dim),
        false => 0,
    };
    [
        of_product(places, dim, dim),
        of_product(tokens, dim, inner),
        of_product(tokens, inner, dim),
        // Each place's scores, head by head, with all of its window.
        places.saturating_mul(encoder.num_heads[stage]).saturating_mul(window * window),
        merged,
    ]
}

/// What goes into a product or comes of it, the larger.
fn of_product(vectors: usize, in_features: usize, out_features: usize) -> usize {
    let numbers = vectors.saturating_mul(in_features.max(out_features));
    match merging_pays(vectors, in_features, out_features) {
        true => numbers,
        // Beside the base's product, segments of different lengths are padded to less than twice.
        false => numbers.saturating_mul(2),
    }
}

fn area([height, width]: [usize; 2]) -> usize {
    height.saturating_mul(width)
}

#[cfg(test)]
mod tests;
