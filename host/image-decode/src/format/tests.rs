//! Formats told by their first bytes.

use super::*;

#[test]
fn formats_are_told_by_their_first_bytes() {
    for (bytes, expected) in [
        (&b"\xff\xd8\xff\xe0"[..], PageFormat::Jpeg),
        (b"\x89PNG\r\n\x1a\n", PageFormat::Png),
        (b"RIFF\x10\0\0\0WEBPVP8 ", PageFormat::WebP),
        (b"II*\0\x08\0\0\0", PageFormat::Tiff),
        (b"MM\0*\0\0\0\x08", PageFormat::Tiff),
    ] {
        assert_eq!(PageFormat::of(bytes), Ok(expected));
    }
}

#[test]
fn well_known_files_that_are_not_read_are_named() {
    for (bytes, format) in [
        (&b"%PDF-1.7\n"[..], "PDF"),
        (b"GIF89a", "GIF"),
        (b"BM\0\0\0\0", "BMP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "HEIF"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"II+\0\x08\0\0\0", "BigTIFF"),
    ] {
        assert_eq!(PageFormat::of(bytes), Err(DecodeError::UnsupportedFormat { format }));
    }
}

#[test]
fn everything_else_is_unknown() {
    assert_eq!(PageFormat::of(b""), Err(DecodeError::Empty));
    for bytes in
        [&b"hello"[..], b"\x89", b"RIFF\x10\0\0\0WAVEfmt ", b"\0\0\0\x18ftypisom", &[0; 64]]
    {
        assert_eq!(PageFormat::of(bytes), Err(DecodeError::UnknownFormat));
    }
}
