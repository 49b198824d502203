//! The orientation that a camera wrote down (Exif 2.32, tag 0x0112).

use image::metadata::Orientation;

/// What JPEG has before a block of Exif, and some writers of PNG and WebP too.
pub(super) const PREFIX: &[u8] = b"Exif\0\0";

/// The orientation in a block of Exif. A block that is damaged or says none of the eight leaves the
/// image as it is stored, as browsers do.
pub(super) fn orientation(block: &[u8]) -> Orientation {
    let block = block.strip_prefix(PREFIX).unwrap_or(block);
    Orientation::from_exif_chunk(block).unwrap_or(Orientation::NoTransforms)
}
