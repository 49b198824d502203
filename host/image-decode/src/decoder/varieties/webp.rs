//! WebP: animations of one frame, and Exif as some write it.

use super::*;

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("short").to_le_bytes();
    [kind, length.as_slice(), data, &vec![0; data.len() % 2]].concat()
}

fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"RIFF", &[b"WEBP".as_slice(), &chunks.concat()].concat())
}

fn canvas(flags: u8) -> Vec<u8> {
    chunk(b"VP8X", &[flags, 0, 0, 0, 31, 0, 0, 15, 0, 0])
}

/// The picture of a file without extensions, as a chunk.
fn picture(name: &str) -> Vec<u8> {
    fixture(name)[12..].to_vec()
}

fn frame(width: u8, picture: &[u8]) -> Vec<u8> {
    let header = [0, 0, 0, 0, 0, 0, width - 1, 0, 0, 15, 0, 0, 0, 0, 0, 0];
    chunk(b"ANMF", &[&header, picture].concat())
}

#[test]
fn an_animation_of_one_frame_is_one_image() {
    let animation = chunk(b"ANIM", &[0; 6]);
    for name in ["lossy.webp", "lossless.webp"] {
        let one = [canvas(2), animation.clone(), frame(32, &picture(name))];
        assert_eq!(page(&file(&one)), page(&fixture(name)), "{name}");
        let two = [one.as_slice(), &[frame(32, &picture(name))]].concat();
        let several = DecodeError::MoreThanOneImage { format: PageFormat::WebP };
        assert_eq!(refusal(&file(&two)), several);
        let part = [canvas(2), animation.clone(), frame(31, &picture(name))];
        assert_unsupported(&file(&part), "a frame that does not fill the canvas");
    }
}

#[test]
fn exif_is_read_with_the_prefix_of_jpeg_too() {
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0";
    let upright = page(&fixture("lossless.webp"));
    let turned = upright.rgb().chunks_exact(3).rev().flatten().copied().collect::<Vec<_>>();
    for exif in [exif.to_vec(), [&b"Exif\0\0"[..], exif].concat()] {
        let chunks = [canvas(8), picture("lossless.webp"), chunk(b"EXIF", &exif)];
        assert_eq!(page(&file(&chunks)).rgb(), turned);
    }
}

/// A profile, a plane of opacity whose flag is forgotten, and chunks that nobody knows.
#[test]
fn the_codec_gets_the_picture_and_its_opacity() {
    let chunks =
        [canvas(0x20), chunk(b"ICCP", b"none"), picture("lossy.webp"), chunk(b"abcd", b"x")];
    assert_eq!(page(&file(&chunks)), page(&fixture("lossy.webp")));
    let mut forgotten = fixture("transparent.webp");
    assert_eq!(&forgotten[12..16], b"VP8X");
    let expected = page(&forgotten);
    forgotten[20] = 0;
    assert_eq!(page(&forgotten), expected);
}
