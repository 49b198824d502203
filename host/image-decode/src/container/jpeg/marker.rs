//! Markers (ITU-T T.81, table B.1), each the byte after `FF`.

pub(super) const HUFFMAN_TABLES: u8 = 0xc4;
pub(super) const END_OF_IMAGE: u8 = 0xd9;
pub(super) const START_OF_SCAN: u8 = 0xda;
pub(super) const QUANTIZATION_TABLES: u8 = 0xdb;
pub(super) const RESTART_INTERVAL: u8 = 0xdd;
pub(super) const APP0: u8 = 0xe0;
pub(super) const APP1: u8 = 0xe1;
pub(super) const APP14: u8 = 0xee;

pub(super) fn is_standalone(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xd0..=0xd8)
}

/// Of baseline, extended and progressive frames in Huffman's coding: those that are read.
pub(super) fn is_start_of_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xc2)
}

pub(super) fn is_progressive(marker: u8) -> bool {
    marker == 0xc2
}

/// What in a file with this marker is not read.
pub(super) fn unsupported(marker: u8) -> Option<&'static str> {
    match marker {
        0xc3 => Some("lossless JPEG"),
        0xc5..=0xc7 | 0xde | 0xdf => Some("hierarchical JPEG"),
        0xc8 => Some("an extension of JPEG"),
        0xc9..=0xcc => Some("arithmetic coding"),
        0xcd..=0xcf => Some("hierarchical JPEG in arithmetic coding"),
        0xdc => Some("a number of lines that stands after the first scan"),
        0xf7 | 0xf8 => Some("JPEG-LS"),
        _ => None,
    }
}
