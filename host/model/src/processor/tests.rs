//! What the golden pixels can't show.

use std::fs;

use super::*;

pub(super) fn processor(config: &str) -> ImageProcessor {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("preprocessor_config.json"), config).expect("a file");
    ImageProcessor::load(folder.path()).expect("a valid configuration")
}

fn page(width: u32, height: u32) -> PageImage {
    PageImage::new(width, height, vec![200; 3 * width as usize * height as usize]).expect("RGB")
}

#[test]
fn an_image_larger_than_its_padding_is_refused() {
    let processor = processor(r#"{"size": {"height": 8, "width": 8}, "do_thumbnail": false}"#);
    let refused = processor.pixel_values(&page(40, 10));
    assert!(matches!(
        refused,
        Err(ModelError::ImageLargerThanTarget { width: 32, height: 8, target_width: 8, .. })
    ));
}

#[test]
fn the_thinnest_page_still_has_a_pixel() {
    let processor = processor(r#"{"size": {"height": 8, "width": 8}}"#);
    for (width, height) in [(4000, 1), (1, 4000), (1, 1)] {
        let (size, values) = processor.pixel_values(&page(width, height)).expect("pixels");
        assert_eq!((size, values.len()), ([8, 8], 3 * 64));
    }
}

#[test]
fn padding_is_black_before_it_is_normalised() {
    let processor =
        processor(r#"{"size": {"height": 4, "width": 8}, "image_mean": [0.0, 0.5, 1.0]}"#);
    let (_, values) = processor.pixel_values(&page(4, 4)).expect("pixels");
    assert_eq!([values[0], values[32], values[64]], [0.0, -1.0, -2.0]);
}

#[test]
fn a_strip_does_not_claim_all_memory() {
    let processor = processor(r#"{"size": {"height": 2560, "width": 1920}}"#);
    let refused = processor.pixel_values(&page(30_000, 1));
    assert!(matches!(refused, Err(ModelError::ImageTooElongated { width: 30_000, height: 1 })));
}
