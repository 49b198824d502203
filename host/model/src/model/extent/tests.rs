//! Donut-base's shape, counted by hand.

use std::path::Path;

use super::*;

fn donut_base(image_size: [usize; 2]) -> ModelConfig {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/goldens/models/tied/config.json");
    let mut config = ModelConfig::read(&path).expect("a configuration");
    config.encoder = EncoderConfig {
        image_size,
        patch_size: [4; 2],
        num_channels: 3,
        embed_dim: 128,
        depths: vec![2, 2, 14, 2],
        num_heads: vec![4, 8, 16, 32],
        window_size: 10,
        mlp_ratio: 4.0,
        ..config.encoder
    };
    config.decoder.d_model = 1024;
    config
}

#[test]
fn the_inner_layer_of_the_first_stage_is_the_largest() {
    // 640 x 480 patches of 4 * 128 numbers; their scores are 640 * 480 * 4 * 100.
    assert_eq!(numbers_of_a_page(&donut_base([2560, 1920])), 640 * 480 * 512);
    // 240 x 168 patches; padded to 240 x 170 their scores are 240 * 170 * 4 * 100.
    assert_eq!(numbers_of_a_page(&donut_base([960, 672])), 240 * 168 * 512);
}

#[test]
fn many_heads_make_the_scores_the_largest() {
    let mut config = donut_base([960, 672]);
    config.encoder.num_heads = vec![8, 16, 32, 64];
    assert_eq!(numbers_of_a_page(&config), 240 * 170 * 8 * 100);
}

#[test]
fn few_vectors_are_padded_beside_the_base() {
    // 2 x 2 states of 128 numbers through one window: no weight is worth merging for four vectors.
    let mut config = donut_base([8, 8]);
    config.encoder.depths = vec![2];
    config.encoder.num_heads = vec![4];
    config.encoder.window_size = 2;
    config.decoder.d_model = 128;
    assert_eq!(numbers_of_a_page(&config), 2 * 4 * 512);
}

#[test]
fn no_size_overflows() {
    let numbers = numbers_of_a_page(&donut_base([1 << 20, 1 << 20]));
    assert!(numbers >= (1usize << 36) * 512);
    let mut config = donut_base([usize::MAX >> 2, usize::MAX >> 2]);
    config.encoder.patch_size = [1, 1];
    assert_eq!(numbers_of_a_page(&config), usize::MAX);
}
