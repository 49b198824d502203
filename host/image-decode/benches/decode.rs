//! What a page costs from its bytes to pixels, by format.
//! `cargo bench --workspace --profile dev --bench decode`

use std::io::Cursor;

use divan::Bencher;
use divan::counter::ItemsCount;
use dossier_image_decode::{DecodeLimits, decode_page};
use image::{ImageFormat, RgbImage};

fn main() {
    divan::main();
}

/// A page of a phone's camera, made smaller: two million pixels.
const SIZE: (u32, u32) = (1632, 1224);
const FORMATS: [&str; 4] = ["jpeg", "png", "tiff", "webp"];

/// A page with a texture, so that no format has it for nothing.
fn page(format: &str) -> Vec<u8> {
    let texture = |x: u32, y: u32| {
        let grain = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 27;
        [x >> 3, y >> 3, x + y].map(|ground| (ground as u8 / 2).wrapping_add(grain as u8))
    };
    let page = RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| image::Rgb(texture(x, y)));
    let format = ImageFormat::from_extension(format).expect("a format");
    let mut bytes = Cursor::new(Vec::new());
    page.write_to(&mut bytes, format).expect("it is written");
    bytes.into_inner()
}

#[divan::bench(args = FORMATS)]
fn format(bencher: Bencher<'_, '_>, format: &str) {
    let bytes = page(format);
    let limits = DecodeLimits::default();
    bencher
        .counter(ItemsCount::new(SIZE.0 * SIZE.1))
        .bench_local(|| decode_page(divan::black_box(&bytes), &limits).expect("a page"));
}
