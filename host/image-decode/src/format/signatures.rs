//! Formats that people send although they are not read here, told by their content.

/// Where a format's first bytes stand, and its name.
type Signature = (usize, &'static [u8], &'static str);

/// The longer of two that begin alike stands first.
const SIGNATURES: &[Signature] = &[
    (0, b"%!PS", "PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"\0\0\x01\0", "ICO"),
    (0, b"\0\0\x02\0", "CUR"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"II\xbc\x01", "JPEG XR"),
    (0, b"II+\0", "BigTIFF"),
    (0, b"MM\0+", "BigTIFF"),
    (0, b"IIRO", "a camera's raw format"),
    (0, b"IIRS", "a camera's raw format"),
    (0, b"IIU\0", "a camera's raw format"),
    (0, b"FUJIFILMCCD-RAW", "a camera's raw format"),
    (0, b"8BPS", "Photoshop's PSD"),
    (0, b"gimp xcf", "GIMP's XCF"),
    (0, b"\x8aMNG\r\n\x1a\n", "MNG"),
    (0, b"\x8bJNG\r\n\x1a\n", "JNG"),
    (0, b"\x76\x2f\x31\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"#?RGBE", "Radiance HDR"),
    (0, b"qoif", "QOI"),
    (0, b"farbfeld", "farbfeld"),
    (0, b"DDS ", "DDS"),
    (0, b"FLIF", "FLIF"),
    (0, b"BPG\xfb", "BPG"),
    (0, b"\x97JB2\r\n\x1a\n", "JBIG2"),
    (0, b"AT&TFORM", "DjVu"),
    (0, b"\xd7\xcd\xc6\x9a", "WMF"),
    (0, b"SIMPLE  =", "FITS"),
    (0, b"\x0a\x05\x01", "PCX"),
    (0, b"PK\x03\x04", "ZIP, in which office documents come too,"),
    (0, b"Rar!", "RAR"),
    (0, b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"{\\rtf", "RTF"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document"),
    (128, b"DICM", "DICOM"),
];

/// Brands of ISO base media files (ISO/IEC 14496-12), and what they hold.
const BRANDS: &[(&[u8; 4], &str)] = &[
    (b"avif", "AVIF"),
    (b"avis", "AVIF"),
    (b"heic", "HEIF"),
    (b"heix", "HEIF"),
    (b"heim", "HEIF"),
    (b"heis", "HEIF"),
    (b"hevc", "HEIF"),
    (b"hevx", "HEIF"),
    (b"hevm", "HEIF"),
    (b"hevs", "HEIF"),
    (b"jpeg", "HEIF"),
    (b"jpgs", "HEIF"),
    (b"j2ki", "HEIF"),
    (b"avci", "HEIF"),
    (b"avcs", "HEIF"),
    (b"vvic", "HEIF"),
    (b"evbi", "HEIF"),
    (b"jp2 ", "JPEG 2000"),
    (b"jpx ", "JPEG 2000"),
    (b"jph ", "JPEG 2000"),
    (b"jxl ", "JPEG XL"),
    (b"crx ", "a camera's raw format"),
    // What says least is looked for last: these stand beside the brands above too.
    (b"mif1", "HEIF"),
    (b"mif2", "HEIF"),
    (b"mif3", "HEIF"),
    (b"msf1", "HEIF"),
    (b"miaf", "HEIF"),
    (b"qt  ", "a video"),
    (b"isom", "a video"),
    (b"iso2", "a video"),
    (b"mp41", "a video"),
    (b"mp42", "a video"),
    (b"M4V ", "a video"),
    (b"3gp4", "a video"),
    (b"3gp5", "a video"),
];

/// Longest list of compatible brands that is looked through; files have up to ten.
const MAX_BRANDS: usize = 32;
/// How far into a text its first tag is looked for.
const TEXT_BYTES: usize = 512;

/// The name of a well-known format that is not read here.
pub(super) fn unsupported(bytes: &[u8]) -> Option<&'static str> {
    let by_signature = SIGNATURES.iter().find(|(offset, signature, _)| {
        bytes.get(*offset..).is_some_and(|bytes| bytes.starts_with(signature))
    });
    by_signature
        .map(|(_, _, name)| *name)
        .or_else(|| by_brand(bytes))
        .or_else(|| is_portable_map(bytes).then_some("PNM"))
        .or_else(|| by_text(bytes))
}

/// The file's own brand decides, or else the first of the table that it is compatible with.
fn by_brand(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8)? != b"ftyp" {
        return None;
    }
    let brand = |brand: &[u8]| BRANDS.iter().find(|(known, _)| *known == brand);
    let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?);
    let end = usize::try_from(length).unwrap_or(usize::MAX).clamp(12, 16 + 4 * MAX_BRANDS);
    let own = bytes.get(8..12)?;
    // `mif1` and `msf1` say that it is HEIF's container, not what is in it.
    let is_container = matches!(own, b"mif1" | b"mif2" | b"mif3" | b"msf1" | b"miaf");
    if !is_container && let Some((_, name)) = brand(own) {
        return Some(name);
    }
    let compatible = bytes.get(16..end.min(bytes.len())).unwrap_or_default();
    let found = BRANDS.iter().find(|(known, _)| {
        compatible.chunks_exact(4).any(|compatible| compatible == known.as_slice())
    });
    found.or_else(|| brand(own)).map(|(_, name)| *name)
}

/// `P1` to `P7` and a blank: PBM, PGM, PPM and PAM.
fn is_portable_map(bytes: &[u8]) -> bool {
    matches!(bytes, [b'P', b'1'..=b'7', blank, ..] if blank.is_ascii_whitespace())
}

fn by_text(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = &start[..start.len().min(TEXT_BYTES)];
    let text = start.trim_ascii_start();
    let holds = |tag: &[u8]| text.windows(tag.len()).any(|w| w.eq_ignore_ascii_case(tag));
    if !text.starts_with(b"<") {
        return None;
    }
    if holds(b"<svg") {
        Some("SVG")
    } else if holds(b"<html") || holds(b"<!doctype html") {
        Some("HTML")
    } else {
        text.starts_with(b"<?xml").then_some("XML")
    }
}
