//! Varieties of each format: the right pixels, or a refusal that names what is not read. Never other
//! pixels, and never damage where there is none.

use super::*;

mod jpeg;
mod png;
mod tiff;
mod webp;

fn fixture(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    std::fs::read(folder.join(name)).expect("a fixture")
}

#[track_caller]
fn page(file: &[u8]) -> PageImage {
    decode_page(file, &DecodeLimits::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(file: &[u8]) -> DecodeError {
    decode_page(file, &DecodeLimits::default()).map(|_| ()).expect_err("a refusal")
}

#[track_caller]
fn assert_unsupported(file: &[u8], what: &str) {
    let error = refusal(file);
    let is_unsupported = matches!(error, DecodeError::UnsupportedVariety { .. });
    assert!(is_unsupported, "{what}: {error}");
}
