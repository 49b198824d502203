//! Pixels of the processor, bit for bit.

use std::fs;

use dossier_model::ImageProcessor;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::fixtures::{UPDATE, goldens, page, read_json};

#[derive(Deserialize)]
struct Case {
    name: String,
    /// As a person would write it.
    config: Value,
    /// As `save_pretrained` writes it.
    saved_config: Value,
    image: String,
    shape: [usize; 3],
    sha256: String,
    samples: Vec<(usize, f32)>,
}

#[test]
fn pixels_equal_those_of_transformers() {
    let cases = read_json::<Vec<Case>>(&goldens().join("processor.json"));
    assert!(cases.len() > 90, "{} cases", cases.len());
    for case in cases {
        for config in [&case.config, &case.saved_config] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("preprocessor_config.json");
            fs::write(path, config.to_string()).expect("a file");
            let processor = ImageProcessor::load(folder.path()).expect("a valid configuration");
            let what = format!("{} of {}", case.name, case.image);
            let (size, pixels) = processor.pixel_values(&page(&case.image)).expect("pixels");
            assert_eq!([3, size[0], size[1]], case.shape, "{what}");
            for (place, expected) in &case.samples {
                assert_eq!(pixels[*place], *expected, "{what}, value {place}; {UPDATE}");
            }
            let bytes = pixels.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
            let digest = Sha256::digest(&bytes);
            let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            assert_eq!(digest, case.sha256, "{what}: some value differs; {UPDATE}");
        }
    }
}

#[test]
fn a_nested_processor_config_comes_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let nested = r#"{"image_processor": {"size": {"height": 8, "width": 16}}, "processor_class": "DonutProcessor"}"#;
    fs::write(folder.path().join("processor_config.json"), nested).expect("a file");
    fs::write(folder.path().join("preprocessor_config.json"), "{}").expect("a file");
    let processor = ImageProcessor::load(folder.path()).expect("a valid configuration");
    assert_eq!(processor.padded_size(), Some([8, 16]));
}
