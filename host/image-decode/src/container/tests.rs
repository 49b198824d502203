//! Headers made by hand: huge, lying, cut short.

use super::*;
use crate::Limit;

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
    let truncated = Err(DecodeError::Truncated { format: PageFormat::WebP });
    let limits = DecodeLimits::default();
    let mut file = webp(&[(b"VP8X", extended(8, 8)), (b"EXIF", vec![0; 4])]);
    let length = file.len() - 8..file.len() - 4;
    file[length].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(inspect(PageFormat::WebP, &file, &limits), truncated);
    file[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(inspect(PageFormat::WebP, &file, &limits), truncated);
}

#[test]
fn a_webp_picture_larger_than_its_canvas_is_damaged() {
    let file = webp(&[(b"VP8X", extended(8, 8)), (b"VP8L", lossless(5_000, 5_000))]);
    let corrupt = Err(DecodeError::Corrupt { format: PageFormat::WebP });
    assert_eq!(inspect(PageFormat::WebP, &file, &DecodeLimits::default()), corrupt);
}

#[test]
fn a_second_tiff_directory_is_a_second_page() {
    let error = Err(DecodeError::MoreThanOneImage { format: PageFormat::Tiff });
    assert_eq!(inspect(PageFormat::Tiff, &tiff(8, 8, 8), &DecodeLimits::default()), error);
}

#[test]
fn a_jpeg_of_endless_scans_is_refused() {
    let mut file = jpeg(0xc2, 8, 8);
    for _ in 0..101 {
        file.extend([0xff, 0xda, 0, 2, 0x12, 0xff, 0x00]);
    }
    file.extend([0xff, 0xd9]);
    let corrupt = Err(DecodeError::Corrupt { format: PageFormat::Jpeg });
    assert_eq!(inspect(PageFormat::Jpeg, &file, &DecodeLimits::default()), corrupt);
}
