//! Every format in, one picture out; and files that mean harm.

use std::fs;
use std::path::Path;

use image::{ExtendedColorType, ImageEncoder};
use proptest::prelude::*;

use super::*;
use crate::Limit;

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const BLACK: [u8; 3] = [0, 0, 0];
const WHITE: [u8; 3] = [255, 255, 255];

/// Files of every format and of every compression that has a decoder of its own.
const VALID: [&str; 12] = [
    "baseline.jpg",
    "progressive.jpg",
    "cmyk.jpg",
    "orientation-6.jpg",
    "palette.png",
    "transparent.png",
    "lossy.webp",
    "lossless.webp",
    "transparent.webp",
    "none.tif",
    "deflate.tif",
    "orientation-6.tif",
];

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).expect("a fixture")
}

fn decode(bytes: &[u8]) -> Result<PageImage, DecodeError> {
    decode_page(bytes, &DecodeLimits::default())
}

/// The four quarters, clockwise from the top left, each seen at its centre.
fn quarters(page: &PageImage) -> [[u8; 3]; 4] {
    let (width, height) = (page.width() as usize, page.height() as usize);
    [(1, 1), (3, 1), (3, 3), (1, 3)].map(|(x, y)| {
        let at = ((height * y / 4) * width + width * x / 4) * 3;
        [page.rgb()[at], page.rgb()[at + 1], page.rgb()[at + 2]]
    })
}

#[track_caller]
fn assert_shows(name: &str, expected: [[u8; 3]; 4], tolerance: u8) {
    let page = decode(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((page.width(), page.height()), (32, 16), "{name}");
    let seen = quarters(&page);
    let differs = seen
        .as_flattened()
        .iter()
        .zip(expected.as_flattened())
        .any(|(seen, expected)| seen.abs_diff(*expected) > tolerance);
    assert!(!differs, "{name}: {seen:?} is not {expected:?}");
}

#[test]
fn every_format_gives_the_same_picture() {
    for name in
        ["palette.png", "lossless.webp", "none.tif", "deflate.tif", "packbits.tif", "cmyk.tif"]
    {
        assert_shows(name, [RED, GREEN, BLUE, BLACK], 0);
    }
    for name in ["baseline.jpg", "progressive.jpg", "cmyk.jpg", "lossy.webp"] {
        assert_shows(name, [RED, GREEN, BLUE, BLACK], 12);
    }
}

#[test]
fn orientation_is_applied() {
    for name in ["orientation-3.jpg", "orientation-6.jpg", "orientation-8.jpg"] {
        assert_shows(name, [RED, GREEN, BLUE, BLACK], 12);
    }
    for name in ["orientation-6.png", "orientation-6.webp", "orientation-6.tif"] {
        assert_shows(name, [RED, GREEN, BLUE, BLACK], 0);
    }
}

#[test]
fn transparency_is_laid_on_white() {
    assert_shows("transparent.png", [WHITE, GREEN, BLUE, BLACK], 0);
    assert_shows("transparent.webp", [WHITE, GREEN, BLUE, BLACK], 12);
    assert_eq!(over_white(0, 128), 127);
    assert_eq!(over_white(255, 128), 255);
}

#[test]
fn grey_and_16_bit_become_rgb() {
    assert_shows("grey.jpg", [[76; 3], [150; 3], [29; 3], BLACK], 3);
    assert_shows("grey-16-bit.png", [WHITE, [64; 3], [1; 3], BLACK], 0);
}

#[test]
fn several_pages_of_a_tiff_come_in_their_order() {
    let file = fixture("two-pages.tif");
    let limits = DecodeLimits::default();
    let mut pages = PageFile::open(&file, &limits).expect("a TIFF");
    assert_eq!(pages.pages(), 2);
    let seen = [0, 1].map(|page| {
        let header = pages.header(page, &limits).expect("a header");
        assert_eq!((header.width, header.height), (32, 16));
        quarters(&pages.decode(page, &limits).expect("a page"))
    });
    assert_eq!(seen, [[RED, GREEN, BLUE, BLACK], [BLUE; 4]]);
    let corrupt = DecodeError::Corrupt { format: PageFormat::Tiff };
    assert_eq!(pages.decode(2, &limits), Err(corrupt));
}

#[test]
fn several_pages_where_one_is_wanted_and_animations_are_refused_by_name() {
    for (name, format) in [
        ("two-pages.tif", PageFormat::Tiff),
        ("two-pages.pdf", PageFormat::Pdf),
        ("animated.png", PageFormat::Png),
        ("animated.webp", PageFormat::WebP),
    ] {
        assert_eq!(decode(&fixture(name)), Err(DecodeError::MoreThanOneImage { format }), "{name}");
    }
    let gif = Err(DecodeError::UnsupportedFormat { format: "GIF" });
    assert_eq!(decode(&fixture("still.gif")), gif);
}

#[test]
fn length_is_checked_before_content() {
    let limits = DecodeLimits { max_bytes: 4, ..DecodeLimits::default() };
    let error = DecodeError::TooManyBytes { bytes: 5, max_bytes: 4 };
    assert_eq!(decode_page(b"hello", &limits), Err(error));
    assert_eq!(decode(b""), Err(DecodeError::Empty));
    assert_eq!(decode(b"hello"), Err(DecodeError::UnknownFormat));
}

#[test]
fn memory_is_estimated_before_pixels_are_decoded() {
    // 32 x 16 pixels: three bytes decoded, and up to eight of work for each.
    for (name, bytes) in [("palette.png", 3 + 3), ("progressive.jpg", 3 + 6), ("lossy.webp", 3 + 8)]
    {
        let needed = 32 * 16 * bytes;
        let limits = DecodeLimits { max_alloc_bytes: needed, ..DecodeLimits::default() };
        let strict = DecodeLimits { max_alloc_bytes: needed - 1, ..limits };
        match decode_page(&fixture(name), &strict) {
            Err(DecodeError::TooLarge { limit: Limit::AllocBytes, .. }) => {}
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// A PNG of `side` x `side` zero bytes, about a thousand times smaller than its pixels.
fn png_bomb(side: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let pixels = vec![0; side as usize * side as usize];
    image::codecs::png::PngEncoder::new(&mut file)
        .write_image(&pixels, side, side, ExtendedColorType::L8)
        .expect("encodes");
    file
}

#[test]
fn a_decompression_bomb_is_refused_by_its_pixels() {
    let bomb = png_bomb(4_000);
    assert!(bomb.len() < 100_000, "{} bytes", bomb.len());
    let limits = DecodeLimits { max_pixels: 15_999_999, ..DecodeLimits::default() };
    match decode_page(&bomb, &limits) {
        Err(DecodeError::TooLarge { limit: Limit::Pixels, actual: 16_000_000, .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_png_whose_text_unpacks_without_end_stays_within_memory() {
    // A compressed text chunk of 64 MiB of zeros, before the pixels of a 1 x 1 image.
    let mut encoder = flate_of_zeros(64 * 1024 * 1024);
    let mut text = b"Comment\0\0".to_vec();
    text.append(&mut encoder);
    let one = png_bomb(1);
    let after_header = 8 + 25;
    let mut file = one[..after_header].to_vec();
    file.extend(png_chunk(b"zTXt", &text));
    file.extend(&one[after_header..]);
    let limits = DecodeLimits { max_alloc_bytes: 1024 * 1024, ..DecodeLimits::default() };
    let page = decode_page(&file, &limits).expect("text is not unpacked");
    assert_eq!(page.rgb(), BLACK);
}

/// `length` zeros, compressed: the image data of a PNG made for the purpose.
fn flate_of_zeros(length: u32) -> Vec<u8> {
    let side = length.isqrt();
    let png = png_bomb(side);
    let mut at = 8;
    loop {
        let size = u32::from_be_bytes(png[at..at + 4].try_into().expect("four")) as usize;
        if &png[at + 4..at + 8] == b"IDAT" {
            return png[at + 8..at + 8 + size].to_vec();
        }
        at += size + 12;
    }
}

fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = u32::try_from(data.len()).expect("short").to_be_bytes().to_vec();
    chunk.extend(kind);
    chunk.extend(data);
    let checksum = chunk[4..].iter().fold(u32::MAX, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
        crc
    });
    chunk.extend((!checksum).to_be_bytes());
    chunk
}

#[test]
fn a_file_cut_anywhere_is_refused_or_complete() {
    for name in VALID {
        let file = fixture(name);
        let whole = decode(&file).expect("valid");
        for length in 0..file.len() {
            match decode(&file[..length]) {
                Ok(page) => assert_eq!(page, whole, "{name} cut to {length}"),
                Err(error) => assert!(
                    !matches!(error, DecodeError::TooLarge { .. }),
                    "{name} cut to {length}: {error}"
                ),
            }
        }
    }
}

#[test]
fn a_file_cut_in_half_is_called_truncated() {
    for name in ["baseline.jpg", "progressive.jpg", "palette.png", "lossy.webp", "lossless.webp"] {
        let file = fixture(name);
        let error = decode(&file[..file.len() / 2]).expect_err("half a file");
        assert!(matches!(error, DecodeError::Truncated { .. }), "{name}: {error}");
    }
}

proptest! {
    #[test]
    fn damaged_files_never_panic_nor_outgrow_the_limits(
        index in 0..VALID.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0_u32..8), 1..6),
    ) {
        let mut file = fixture(VALID[index]);
        for (at, bit) in damage {
            let at = at.index(file.len());
            file[at] ^= 1 << bit;
        }
        let limits = DecodeLimits { max_pixels: 1_000_000, ..DecodeLimits::default() };
        if let Ok(page) = decode_page(&file, &limits) {
            prop_assert!(u64::from(page.width()) * u64::from(page.height()) <= limits.max_pixels);
        }
    }

    #[test]
    fn any_bytes_after_any_signature_never_panic(
        signature in prop::sample::select(vec![
            &b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF\xff\0\0\0WEBPVP8X",
            b"RIFF\xff\0\0\0WEBPVP8L", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08",
        ]),
        tail in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let file = [signature, &tail].concat();
        let limits = DecodeLimits { max_pixels: 1_000_000, ..DecodeLimits::default() };
        // Random bytes hardly ever make a page; what counts is that this returns.
        let _: Result<PageImage, DecodeError> = decode_page(&file, &limits);
    }
}
