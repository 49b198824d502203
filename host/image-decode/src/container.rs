//! The structure of a file, read without decoding a pixel.
//!
//! The codecs are lenient where a service must not be: a JPEG cut short comes out grey below the cut,
//! a WebP chunk that claims four gigabytes is allocated before it is read, colour profiles are
//! inflated that nobody asked for, and tags of a TIFF that change what its pixels mean are passed
//! over. So each format is first walked here, to its stated end and inside its actual length, and the
//! codec is given the file written anew, of nothing but what was judged: see [`Rewritten`].

mod bytes;
mod exif;
mod jpeg;
mod pdf;
pub(crate) use pdf::Pdf;
mod png;
mod rewritten;
pub(crate) use rewritten::Rewritten;
mod tiff;
mod webp;

use image::metadata::Orientation;

use crate::{DecodeError, DecodeLimits, PageFormat};

/// What the walk found out.
#[derive(Debug)]
pub(crate) struct Structure<'a> {
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
    /// Bytes per pixel that the codec puts out.
    pub(crate) decoded_bytes_per_pixel: u64,
    /// Whether one of its samples is opacity.
    pub(crate) has_alpha: bool,
    /// Most bytes per pixel that the codec needs beside its output, such as the coefficients of a
    /// progressive JPEG.
    pub(crate) working_bytes_per_pixel: u64,
    /// How often the codec visits a sample, all together.
    pub(crate) visits: u64,
    /// What that sample means.
    pub(crate) alpha: Alpha,
    /// Samples a pixel as stored.
    pub(crate) stored_samples: u64,
    /// The part that is the page; none for all of it.
    pub(crate) crop: Option<Crop>,
    /// How the image has to be turned to stand upright.
    pub(crate) orientation: Orientation,
    /// The file as the codec gets it.
    pub(crate) rewritten: Rewritten<'a>,
}

/// A part of a picture as stored, in pixels from its upper left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crop {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Structure<'_> {
    /// Width and height of the page in pixels, before it is turned.
    pub(crate) fn page_size(&self) -> (u32, u32) {
        self.crop.map_or((self.width, self.height), |crop| (crop.width, crop.height))
    }
}

/// What the sample of opacity means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alpha {
    /// Opacity that the colour does not know of.
    Straight,
    /// Opacity that the colour has been multiplied with.
    Premultiplied,
    /// Nothing that the file would say.
    Meaningless,
}

/// Pages of one file that are counted: more than any document has.
pub(crate) const MOST_PAGES: usize = 10_000;

/// Walks a file of one picture, or the first page of a TIFF. The dimensions are checked as soon as they are read, before anything else that
/// may be wrong with the file.
pub(crate) fn inspect<'a>(
    format: PageFormat,
    bytes: &'a [u8],
    limits: &DecodeLimits,
) -> Result<Structure<'a>, DecodeError> {
    match format {
        PageFormat::Jpeg => jpeg::inspect(bytes, limits),
        PageFormat::Png => png::inspect(bytes, limits),
        PageFormat::WebP => webp::inspect(bytes, limits),
        PageFormat::Tiff => inspect_page_of_tiff(bytes, 0, limits),
        // Its pages hold files of other formats.
        PageFormat::Pdf => Err(DecodeError::Corrupt { format }),
    }
}

/// How many pages a TIFF has; those beyond [`MOST_PAGES`] are not counted.
pub(crate) fn pages_of_tiff(bytes: &[u8]) -> Result<usize, DecodeError> {
    tiff::pages(bytes)
}

/// Walks one page of a TIFF, counted from 0.
pub(crate) fn inspect_page_of_tiff<'a>(
    bytes: &'a [u8],
    page: usize,
    limits: &DecodeLimits,
) -> Result<Structure<'a>, DecodeError> {
    tiff::inspect(bytes, page, limits)
}

#[cfg(test)]
mod tests;
