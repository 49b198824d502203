//! Bytes to a page: limits first, pixels last.

use std::io::{Cursor, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

use dossier_document::PageImage;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader};

use crate::container::{self, Structure};
use crate::{DecodeError, DecodeLimits, PageFormat};

/// Decodes one page to 8-bit RGB, `(height, width, 3)`.
///
/// The Exif or TIFF orientation is applied, transparency is laid on white, and grey, 16-bit and CMYK
/// images are converted. Colour profiles are ignored: the model was trained on plain RGB.
///
/// # Errors
/// [`DecodeError`] names the objection. Nothing is allocated in proportion to the stated dimensions
/// before they have passed `limits`.
pub fn decode_page(bytes: &[u8], limits: &DecodeLimits) -> Result<PageImage, DecodeError> {
    if bytes.len() > limits.max_bytes {
        return Err(DecodeError::TooManyBytes { bytes: bytes.len(), max_bytes: limits.max_bytes });
    }
    let format = PageFormat::of(bytes)?;
    let structure = container::inspect(format, bytes, limits)?;
    // The codecs are full of indexing and assertions; what they didn't foresee must cost one request
    // its answer, and not a thread.
    catch_unwind(AssertUnwindSafe(|| decode_pixels(format, structure, bytes, limits)))
        .unwrap_or(Err(DecodeError::Corrupt { format }))
}

fn decode_pixels(
    format: PageFormat,
    structure: Structure,
    bytes: &[u8],
    limits: &DecodeLimits,
) -> Result<PageImage, DecodeError> {
    let corrupt = || DecodeError::Corrupt { format };
    let size = (structure.width, structure.height);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.codec());
    reader.limits(codec_limits(limits));
    let mut decoder =
        reader.into_decoder().map_err(|error| refusal(format, size, limits, &error))?;
    if decoder.dimensions() != size {
        return Err(corrupt());
    }
    limits.check_alloc(size, peak_bytes(&decoder, structure))?;
    let orientation =
        decoder.orientation().map_err(|error| refusal(format, size, limits, &error))?;
    let image = DynamicImage::from_decoder(decoder)
        .map_err(|error| refusal(format, size, limits, &error))?;
    to_page(image, orientation).ok_or_else(corrupt)
}

fn codec_limits(limits: &DecodeLimits) -> image::Limits {
    let mut codec_limits = image::Limits::default();
    codec_limits.max_image_width = Some(limits.max_width);
    codec_limits.max_image_height = Some(limits.max_height);
    codec_limits.max_alloc = Some(limits.max_alloc_bytes);
    codec_limits
}

/// Most bytes alive at once: while decoding, the codec's output and what it works on; while
/// converting, that output and the RGB pixels, or RGBA and RGB where there is transparency. A
/// rotation by a quarter holds the RGB pixels twice, which is less.
fn peak_bytes(decoder: &impl ImageDecoder, structure: Structure) -> u64 {
    let pixels = u64::from(structure.width) * u64::from(structure.height);
    let decoded = decoder.total_bytes();
    let converted = if decoder.color_type().has_alpha() { 4 + 3 } else { 3 };
    let more = pixels.saturating_mul(converted.max(structure.working_bytes_per_pixel));
    decoded.saturating_add(more)
}

fn to_page(image: DynamicImage, orientation: Orientation) -> Option<PageImage> {
    let rgb = if image.color().has_alpha() { on_white(image) } else { image.into_rgb8() };
    let mut upright = DynamicImage::ImageRgb8(rgb);
    upright.apply_orientation(orientation);
    let rgb = upright.into_rgb8();
    PageImage::new(rgb.width(), rgb.height(), rgb.into_raw()).ok()
}

/// The image on white paper.
fn on_white(image: DynamicImage) -> image::RgbImage {
    let rgba = image.into_rgba8();
    image::RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let image::Rgba([red, green, blue, alpha]) = *rgba.get_pixel(x, y);
        image::Rgb([red, green, blue].map(|channel| over_white(channel, alpha)))
    })
}

fn over_white(channel: u8, alpha: u8) -> u8 {
    let (channel, alpha) = (u32::from(channel), u32::from(alpha));
    let sum = channel * alpha + 255 * (255 - alpha);
    u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
}

/// The codec's objection without its text, which may quote the input.
fn refusal(
    format: PageFormat,
    (width, height): (u32, u32),
    limits: &DecodeLimits,
    error: &ImageError,
) -> DecodeError {
    match error {
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            DecodeError::Truncated { format }
        }
        ImageError::Unsupported(_) => DecodeError::UnsupportedVariety { format },
        // The codec counts what it is about to allocate, beyond the estimate made here.
        ImageError::Limits(_) => DecodeError::TooLarge {
            width,
            height,
            limit: crate::Limit::AllocBytes,
            actual: limits.max_alloc_bytes.saturating_add(1),
            allowed: limits.max_alloc_bytes,
        },
        _ => DecodeError::Corrupt { format },
    }
}

#[cfg(test)]
mod tests;
