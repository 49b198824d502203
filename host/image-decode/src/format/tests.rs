//! Formats told by their first bytes.

use super::*;

#[test]
fn formats_are_told_by_their_first_bytes() {
    for (bytes, expected) in [
        (&b"\xff\xd8\xff\xe0"[..], PageFormat::Jpeg),
        // libjpeg passes over bytes between segments from the first on.
        (b"\xff\xd8\0\0\xff\xe0", PageFormat::Jpeg),
        (b"\x89PNG\r\n\x1a\n", PageFormat::Png),
        (b"RIFF\x10\0\0\0WEBPVP8 ", PageFormat::WebP),
        (b"II*\0\x08\0\0\0", PageFormat::Tiff),
        (b"MM\0*\0\0\0\x08", PageFormat::Tiff),
        (b"%PDF-1.7\n", PageFormat::Pdf),
    ] {
        assert_eq!(PageFormat::of(bytes), Ok(expected));
    }
}

#[test]
fn well_known_files_that_are_not_read_are_named() {
    for (bytes, format) in [
        (&b"%!PS-Adobe-3.0\n"[..], "PostScript"),
        (b"GIF89a", "GIF"),
        (b"BM\0\0\0\0", "BMP"),
        (b"\0\0\x01\0\x01\0", "ICO"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIF"),
        (b"\0\0\0\x18ftyphevx\0\0\0\0", "HEIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "HEIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", "HEIF"),
        // HEIF's container, and AV1 in it.
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x1cftypavis\0\0\0\0", "AVIF"),
        (b"\0\0\0\x18ftypcrx \0\0\0\0", "a camera's raw format"),
        (b"\0\0\0\x18ftypisom", "a video"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xff\x4f\xff\x51\0", "JPEG 2000"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\xff\x0a\x10", "JPEG XL"),
        (b"II\xbc\x01", "JPEG XR"),
        (b"II+\0\x08\0\0\0", "BigTIFF"),
        (b"IIU\0\x18\0\0\0", "a camera's raw format"),
        (b"8BPS\0\x01", "Photoshop's PSD"),
        (b"AT&TFORM\0\0\0\0DJVU", "DjVu"),
        (b"\x97JB2\r\n\x1a\n", "JBIG2"),
        (b"P4\n8 8\n", "PNM"),
        (b"P6 8 8 255\n", "PNM"),
        (b"qoif\0\0\0\x08", "QOI"),
        (b"\x76\x2f\x31\x01", "OpenEXR"),
        (b"PK\x03\x04", "ZIP, in which office documents come too,"),
        (b"<?xml version=\"1.0\"?>\n<svg xmlns", "SVG"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html>", "HTML"),
    ] {
        assert_eq!(PageFormat::of(bytes), Err(DecodeError::UnsupportedFormat { format }));
    }
}

#[test]
fn everything_else_is_unknown() {
    assert_eq!(PageFormat::of(b""), Err(DecodeError::Empty));
    for bytes in
        [&b"hello"[..], b"\x89", b"RIFF\x10\0\0\0WAVEfmt ", b"\0\0\0\x18ftypzzzz", b"P8 ", &[0; 64]]
    {
        assert_eq!(PageFormat::of(bytes), Err(DecodeError::UnknownFormat));
    }
}

#[test]
fn a_dicom_file_is_told_behind_its_preamble() {
    let mut file = vec![0; 128];
    file.extend(b"DICM\x02\0");
    assert_eq!(PageFormat::of(&file), Err(DecodeError::UnsupportedFormat { format: "DICOM" }));
}
