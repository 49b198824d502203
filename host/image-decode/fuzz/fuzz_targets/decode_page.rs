//! Any bytes are a page within the limits, or an error.
#![no_main]

use dossier_image_decode::{DecodeLimits, decode_page};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = DecodeLimits { max_pixels: 4_000_000, ..DecodeLimits::default() };
    if let Ok(page) = decode_page(bytes, &limits) {
        assert!(u64::from(page.width()) * u64::from(page.height()) <= limits.max_pixels);
    }
});
