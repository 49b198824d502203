//! Chunks of PNG that are none of the pixels' business, and animations.

use super::*;

/// A chunk with a wrong checksum, which nobody looks at who passes it over.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("short").to_be_bytes();
    [length.as_slice(), kind, data, &[0; 4]].concat()
}

fn with_chunk_before(file: &[u8], before: &[u8; 4], chunk: &[u8]) -> Vec<u8> {
    let at = file.windows(4).position(|kind| kind == before).expect("the chunk") - 4;
    [&file[..at], chunk, &file[at..]].concat()
}

/// Types of the chunks that the codec gets.
fn kinds_for_codec(file: &[u8]) -> Vec<[u8; 4]> {
    let structure = crate::container::inspect(PageFormat::Png, file, &DecodeLimits::default());
    let rewritten = structure.expect("a page").rewritten.to_vec();
    let mut kinds = Vec::new();
    let mut at = 8;
    while at < rewritten.len() {
        let length = u32::from_be_bytes(rewritten[at..at + 4].try_into().expect("four"));
        kinds.push(rewritten[at + 4..at + 8].try_into().expect("four"));
        at += 12 + length as usize;
    }
    kinds
}

#[test]
fn what_would_be_inflated_for_nobody_never_reaches_the_codec() {
    let file = fixture("palette.png");
    let expected = page(&file);
    let mut burdened = file.clone();
    for kind in [b"iCCP", b"zTXt", b"iTXt", b"tEXt", b"sBIT", b"gAMA", b"cICP", b"prVt"] {
        burdened = with_chunk_before(&burdened, b"PLTE", &chunk(kind, b"name\0\0\x78\x9c no zlib"));
    }
    assert_eq!(page(&burdened), expected);
    assert_eq!(kinds_for_codec(&burdened), kinds_for_codec(&file));
    let known = [*b"IHDR", *b"PLTE", *b"tRNS", *b"IDAT", *b"IEND"];
    assert!(kinds_for_codec(&burdened).iter().all(|kind| known.contains(kind)));
}

fn control(frames: u32) -> Vec<u8> {
    chunk(b"acTL", &[frames.to_be_bytes(), [0; 4]].concat())
}

fn frame(width: u32, height: u32, x: u32) -> Vec<u8> {
    let words = [0, width, height, x, 0].map(u32::to_be_bytes).concat();
    chunk(b"fcTL", &[words, vec![0; 6]].concat())
}

#[test]
fn an_animation_of_one_frame_is_one_image() {
    let file = fixture("palette.png");
    let expected = page(&file);
    let before_pixels = |chunks: &[Vec<u8>]| with_chunk_before(&file, b"IDAT", &chunks.concat());
    assert_eq!(page(&before_pixels(&[control(1), frame(32, 16, 0)])), expected);
    // Whatever the number of frames that is promised.
    assert_eq!(page(&before_pixels(&[control(9), frame(32, 16, 0)])), expected);
    // Without its head, or behind the pixels, there is no animation.
    assert_eq!(page(&before_pixels(&[frame(32, 16, 0), frame(32, 16, 0)])), expected);
    let behind = with_chunk_before(&file, b"IEND", &[control(2), frame(32, 16, 0)].concat());
    assert_eq!(page(&behind), expected);

    let several = DecodeError::MoreThanOneImage { format: PageFormat::Png };
    let second = [frame(32, 16, 0), chunk(b"fdAT", b"\0\0\0\x01")].concat();
    let two = with_chunk_before(&before_pixels(&[control(1), frame(32, 16, 0)]), b"IEND", &second);
    assert_eq!(refusal(&two), several);
    // The image that is shown without animation, and another in it.
    let apart = with_chunk_before(&before_pixels(&[control(1)]), b"IEND", &second);
    assert_eq!(refusal(&apart), several);

    let corrupt = DecodeError::Corrupt { format: PageFormat::Png };
    assert_eq!(refusal(&before_pixels(&[control(1), frame(31, 16, 0)])), corrupt);
    assert_eq!(refusal(&before_pixels(&[control(1), frame(32, 16, 1)])), corrupt);
}

#[test]
fn exif_counts_wherever_it_stands() {
    let upright = page(&fixture("palette.png"));
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0";
    let with_prefix = [&b"Exif\0\0"[..], exif].concat();
    let half_turned = |before: &[u8; 4], exif: &[u8]| {
        page(&with_chunk_before(&fixture("palette.png"), before, &chunk(b"eXIf", exif)))
    };
    let turned = upright.rgb().chunks_exact(3).rev().flatten().copied().collect::<Vec<_>>();
    for (before, exif) in [(b"IDAT", &exif[..]), (b"IEND", exif), (b"IDAT", &with_prefix)] {
        assert_eq!(half_turned(before, exif).rgb(), turned);
    }
    // Damaged, or none of the eight.
    let ninth = exif.map(|byte| if byte == 3 { 9 } else { byte });
    for exif in [&exif[..12], &ninth] {
        assert_eq!(half_turned(b"IDAT", exif), upright);
    }
}

#[test]
fn extensions_that_are_not_read_are_named() {
    let file = fixture("palette.png");
    assert_unsupported(&with_chunk_before(&file, b"IDAT", &chunk(b"FRAM", b"")), "critical");
    assert_unsupported(&with_chunk_before(&file, b"IHDR", &chunk(b"CgBI", &[0; 4])), "Apple's");
    for (offset, what) in [(26, "compression"), (27, "filter"), (28, "interlacing")] {
        let mut other = file.clone();
        other[offset] = 64;
        assert_unsupported(&other, what);
    }
    let split =
        with_chunk_before(&file, b"IEND", &[chunk(b"tEXt", b""), chunk(b"IDAT", b"")].concat());
    assert_eq!(refusal(&split), DecodeError::Corrupt { format: PageFormat::Png });
}
