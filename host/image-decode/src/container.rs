//! The structure of a file, read without decoding a pixel.
//!
//! The codecs are lenient where a service must not be: a JPEG cut short comes out grey below the cut,
//! and a WebP chunk that claims four gigabytes is allocated before it is read. So each format is
//! first walked here, to its stated end and inside its actual length.

mod bytes;
mod jpeg;
mod png;
mod tiff;
mod webp;

use crate::{DecodeError, DecodeLimits, PageFormat};

/// What the walk found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Structure {
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
    /// Most bytes per pixel that the codec needs beside its output, such as the coefficients of a
    /// progressive JPEG.
    pub(crate) working_bytes_per_pixel: u64,
}

/// Walks the file. The dimensions are checked as soon as they are read, before anything else that
/// may be wrong with the file.
pub(crate) fn inspect(
    format: PageFormat,
    bytes: &[u8],
    limits: &DecodeLimits,
) -> Result<Structure, DecodeError> {
    match format {
        PageFormat::Jpeg => jpeg::inspect(bytes, limits),
        PageFormat::Png => png::inspect(bytes, limits),
        PageFormat::WebP => webp::inspect(bytes, limits),
        PageFormat::Tiff => tiff::inspect(bytes, limits),
    }
}

#[cfg(test)]
mod tests;
