//! Headers made by hand: huge, lying, cut short.

use super::*;
use crate::Limit;
use crate::testing::{LONG, SHORT, Tags};

const SIDE: u32 = 30_000;

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    file.extend(width.to_be_bytes());
    file.extend(height.to_be_bytes());
    file.extend([8, 2, 0, 0, 0]);
    file
}

fn jpeg(start_of_frame: u8, width: u16, height: u16) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, start_of_frame, 0, 17, 8];
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    file
}

fn webp(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, data) in chunks {
        body.extend(*kind);
        body.extend(u32::try_from(data.len()).expect("short").to_le_bytes());
        body.extend(data);
    }
    let mut file = b"RIFF".to_vec();
    file.extend(u32::try_from(body.len()).expect("short").to_le_bytes());
    file.extend(body);
    file
}

fn extended(width: u32, height: u32) -> Vec<u8> {
    let mut data = vec![0; 4];
    data.extend(&(width - 1).to_le_bytes()[..3]);
    data.extend(&(height - 1).to_le_bytes()[..3]);
    data
}

fn lossless(width: u32, height: u32) -> Vec<u8> {
    let mut data = vec![0x2f];
    data.extend(((width - 1) | (height - 1) << 14).to_le_bytes());
    data.push(0);
    data
}

fn tiff(width: u32, height: u32, next_directory: u32) -> Vec<u8> {
    let mut file = b"MM\0*\0\0\0\x08\0\x02".to_vec();
    for (tag, value) in [(256_u16, width), (257, height)] {
        file.extend(tag.to_be_bytes());
        file.extend(4_u16.to_be_bytes());
        file.extend(1_u32.to_be_bytes());
        file.extend(value.to_be_bytes());
    }
    file.extend(next_directory.to_be_bytes());
    file
}

fn refusal(format: PageFormat, file: &[u8]) -> DecodeError {
    inspect(format, file, &DecodeLimits::default()).map(|_| ()).expect_err("a refusal")
}

#[track_caller]
fn assert_too_large(format: PageFormat, file: &[u8], expected: Limit) {
    match inspect(format, file, &DecodeLimits::default()) {
        Err(DecodeError::TooLarge { limit, .. }) => assert_eq!(limit, expected, "{format}"),
        other => panic!("{format}: {other:?}"),
    }
}

#[test]
fn a_huge_header_is_refused_in_every_format_although_the_file_ends_there() {
    let side = u16::try_from(SIDE).expect("fits");
    assert_too_large(PageFormat::Png, &png(SIDE, SIDE), Limit::Width);
    for start_of_frame in [0xc0, 0xc1, 0xc2] {
        assert_too_large(PageFormat::Jpeg, &jpeg(start_of_frame, side, side), Limit::Width);
    }
    assert_too_large(PageFormat::WebP, &webp(&[(b"VP8X", extended(SIDE, SIDE))]), Limit::Width);
    assert_too_large(
        PageFormat::WebP,
        &webp(&[(b"VP8L", lossless(16_384, 16_384))]),
        Limit::Pixels,
    );
    assert_too_large(PageFormat::Tiff, &tiff(SIDE, SIDE, 0), Limit::Width);
}

#[test]
fn each_dimension_limit_is_named() {
    assert_too_large(PageFormat::Png, &png(100, u32::MAX), Limit::Height);
    assert_too_large(PageFormat::Png, &png(16_384, 16_384), Limit::Pixels);
    assert_too_large(PageFormat::Tiff, &tiff(u32::MAX, u32::MAX, 0), Limit::Width);
}

#[test]
fn a_chunk_that_claims_more_than_the_file_holds_is_truncation() {
    let truncated = DecodeError::Truncated { format: PageFormat::WebP };
    let mut file = webp(&[(b"VP8X", extended(8, 8)), (b"EXIF", vec![0; 4])]);
    let length = file.len() - 8..file.len() - 4;
    file[length].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(refusal(PageFormat::WebP, &file), truncated);
    file[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(refusal(PageFormat::WebP, &file), truncated);
}

#[test]
fn a_webp_picture_larger_than_its_canvas_is_damaged() {
    let file = webp(&[(b"VP8X", extended(8, 8)), (b"VP8L", lossless(5_000, 5_000))]);
    let corrupt = DecodeError::Corrupt { format: PageFormat::WebP };
    assert_eq!(refusal(PageFormat::WebP, &file), corrupt);
}

#[test]
fn a_chain_of_tiff_directories_that_loops_is_damaged() {
    let corrupt = DecodeError::Corrupt { format: PageFormat::Tiff };
    assert_eq!(refusal(PageFormat::Tiff, &tiff(8, 8, 8)), corrupt);
    assert_eq!(pages_of_tiff(&tiff(8, 8, 8)), Err(corrupt));
    let truncated = DecodeError::Truncated { format: PageFormat::Tiff };
    assert_eq!(pages_of_tiff(&tiff(8, 8, 9999)), Err(truncated));
}

/// Each directory is the shortest there is: no entry, and the place of the next one.
#[test]
fn tiff_directories_are_counted_up_to_a_bound() {
    let chain = |directories: u32| {
        let mut file = b"MM\0*\0\0\0\x08".to_vec();
        for index in 1..=directories {
            file.extend([0, 0]);
            let next = if index == directories { 0 } else { 8 + 6 * index };
            file.extend(next.to_be_bytes());
        }
        file
    };
    assert_eq!(pages_of_tiff(&chain(3)), Ok(3));
    assert_eq!(pages_of_tiff(&chain(10_000)), Ok(MOST_PAGES));
    assert_eq!(pages_of_tiff(&chain(10_001)), Ok(MOST_PAGES));
}

#[test]
fn a_strip_is_no_page_in_any_format() {
    let too_long = |format, file: &[u8]| match refusal(format, file) {
        DecodeError::TooLong { allowed: 16, .. } => {}
        other => panic!("{format}: {other:?}"),
    };
    for (width, height) in [(1, 8000), (8000, 1), (16_000, 10), (17, 1), (1600, 99)] {
        too_long(PageFormat::Png, &png(width, height));
        too_long(PageFormat::Tiff, &tiff(width, height, 0));
        too_long(PageFormat::WebP, &webp(&[(b"VP8L", lossless(width, height))]));
        let side = |side| u16::try_from(side).expect("fits");
        too_long(PageFormat::Jpeg, &jpeg(0xc0, side(width), side(height)));
    }
    for (width, height) in [(16, 1), (1, 16), (1600, 100)] {
        let error = refusal(PageFormat::Png, &png(width, height));
        assert!(!matches!(error, DecodeError::TooLong { .. }), "{error}");
    }
}

#[test]
fn a_jpeg_of_endless_scans_is_refused() {
    let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0x12, 0xff, 0x00];
    let file = |scans| {
        let mut file = jpeg(0xc2, 8, 8);
        file.extend(scan.repeat(scans));
        file.extend([0xff, 0xd9]);
        file
    };
    assert!(inspect(PageFormat::Jpeg, &file(100), &DecodeLimits::default()).is_ok());
    let unsupported = refusal(PageFormat::Jpeg, &file(101));
    assert!(matches!(unsupported, DecodeError::UnsupportedVariety { .. }), "{unsupported}");
}

/// The codec mixes such scans up, and the page would be other colours.
#[test]
fn sequential_scans_of_single_colours_are_read_without_subsampling_alone() {
    let file = |start_of_frame: u8, sampling: u8| {
        let mut file = jpeg(start_of_frame, 8, 8);
        file[13] = sampling;
        for component in 1..=3 {
            file.extend([0xff, 0xda, 0, 8, 1, component, 0, 0, 0, 0, 0x12]);
        }
        file.extend([0xff, 0xd9]);
        file
    };
    let limits = DecodeLimits::default();
    inspect(PageFormat::Jpeg, &file(0xc0, 0x11), &limits).expect("is read");
    inspect(PageFormat::Jpeg, &file(0xc2, 0x22), &limits).expect("is read");
    for sampling in [0x21, 0x12, 0x22, 0x41] {
        let error = refusal(PageFormat::Jpeg, &file(0xc0, sampling));
        assert!(matches!(error, DecodeError::UnsupportedVariety { .. }), "{error}");
    }
}

/// What a scan costs is counted in samples visited, whatever its bytes; and beyond what encoders
/// write, bytes have to pay for it.
#[test]
fn scans_of_a_large_jpeg_are_bounded_by_its_bytes() {
    let file = |side: u16, scans: usize| {
        let mut file = jpeg(0xc2, side, side);
        file.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0, 0x12].repeat(scans));
        file.extend([0xff, 0xd9]);
        file
    };
    let samples = |side: u64| side * side * 3;
    for (side, scans) in [(4000, 10), (4000, 15), (16, 90)] {
        let file = file(side, scans);
        let structure = inspect(PageFormat::Jpeg, &file, &DecodeLimits::default()).expect("cheap");
        assert_eq!(structure.visits, (scans as u64 + 1) * samples(side.into()));
    }
    match refusal(PageFormat::Jpeg, &file(4000, 60)) {
        DecodeError::TooLarge { limit: Limit::Visits, actual, allowed, .. } => {
            assert_eq!(actual, 61 * samples(4000));
            assert!(allowed < 17 * samples(4000), "{allowed}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_cost_of_a_few_bytes_is_known_before_they_are_decoded() {
    let file = webp(&[(b"VP8L", lossless(6300, 6300))]);
    assert!(file.len() < 40, "{} bytes", file.len());
    let header = crate::read_header(&file, &DecodeLimits::default()).expect("a header");
    assert_eq!((header.width, header.height), (6300, 6300));
    let pixels = 6300 * 6300;
    assert_eq!(header.cost.pixels, pixels);
    assert_eq!(header.cost.visits, 3 * pixels);
    assert_eq!(header.cost.memory_bytes, (3 + 8) * pixels);
}

/// Tiles that hang far over their page, and more of them than are worth their bytes.
#[test]
fn tiles_cost_what_they_unpack() {
    let page = Tags::of_bilevel(16, 16);
    let huge = page.clone().set(322, LONG, 1 << 20).set(323, LONG, 1 << 20);
    match refusal(PageFormat::Tiff, &huge.without(273).without(279).file()) {
        DecodeError::TooLarge { limit: Limit::Pixels, actual, .. } => assert_eq!(actual, 1 << 40),
        other => panic!("{other:?}"),
    }
}

/// The codec calls such files cut short.
#[test]
fn tiles_of_lzw_that_hang_over_the_page_are_not_read() {
    let tiles = |width: u32, compression: u32| {
        let page = Tags::of_bilevel(width, 16).set(259, SHORT, compression);
        let page = page.without(273).without(278).without(279);
        let page = page.set(322, SHORT, 16).set(323, SHORT, 16);
        page.set_list(324, LONG, vec![8, 9]).set_list(325, LONG, vec![1, 1]).file()
    };
    let error = refusal(PageFormat::Tiff, &tiles(24, 5));
    assert!(matches!(error, DecodeError::UnsupportedVariety { .. }), "{error}");
    let limits = DecodeLimits::default();
    assert!(inspect(PageFormat::Tiff, &tiles(24, 8), &limits).is_ok());
    assert!(inspect(PageFormat::Tiff, &tiles(32, 5), &limits).is_ok());
}

#[test]
fn strips_that_share_their_bytes_are_refused() {
    let strips = Tags::of_bilevel(64, 64).set(278, SHORT, 1);
    let strips = strips.set_list(273, LONG, vec![8; 64]).set_list(279, LONG, vec![64; 64]);
    let error = refusal(PageFormat::Tiff, &strips.file());
    let feature = "strips or tiles that share their bytes";
    assert_eq!(error, DecodeError::UnsupportedVariety { format: PageFormat::Tiff, feature });
}
