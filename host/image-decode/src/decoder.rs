//! Bytes to a page: limits first, pixels last.

use std::io::{Cursor, ErrorKind};

use dossier_document::PageImage;
use image::codecs::{jpeg::JpegDecoder, png::PngDecoder, tiff::TiffDecoder, webp::WebPDecoder};
use image::imageops::crop_imm;
use image::{DynamicImage, ImageDecoder, ImageError};

use crate::container::{Alpha, Structure};
use crate::{DecodeError, DecodeLimits, PageCost, PageFile, PageFormat, PageHeader};

/// Decodes the only page of a file, as [`PageFile::decode`] does.
///
/// # Errors
/// As there, and [`DecodeError::MoreThanOneImage`] for a file of several pages.
pub fn decode_page(bytes: &[u8], limits: &DecodeLimits) -> Result<PageImage, DecodeError> {
    only_page(bytes, limits)?.decode(0, limits)
}

/// What the only page of a file will cost to decode, as [`PageFile::header`] tells it.
///
/// # Errors
/// As [`decode_page`], but for damage among the pixels.
pub fn read_header(bytes: &[u8], limits: &DecodeLimits) -> Result<PageHeader, DecodeError> {
    only_page(bytes, limits)?.header(0, limits)
}

fn only_page<'a>(bytes: &'a [u8], limits: &DecodeLimits) -> Result<PageFile<'a>, DecodeError> {
    let file = PageFile::open(bytes, limits)?;
    match file.pages() {
        1 => Ok(file),
        _ => Err(DecodeError::MoreThanOneImage { format: file.format() }),
    }
}

pub(crate) fn decode_pixels(
    format: PageFormat,
    structure: &Structure<'_>,
    limits: &DecodeLimits,
) -> Result<PageImage, DecodeError> {
    let size = (structure.width, structure.height);
    let refusal = |error: ImageError| refusal(format, size, limits, &error);
    limits.check_alloc(size, PageCost::of(structure).memory_bytes)?;
    let file = &structure.rewritten;
    let image = match format {
        PageFormat::Jpeg => {
            let codec = JpegDecoder::new(Cursor::new(file.to_vec())).map_err(refusal)?;
            decode_with(codec, format, structure, limits)
        }
        PageFormat::Png => {
            let codec = PngDecoder::with_limits(Cursor::new(file.to_vec()), codec_limits(limits));
            decode_with(codec.map_err(refusal)?, format, structure, limits)
        }
        PageFormat::WebP => {
            let codec = WebPDecoder::new(Cursor::new(file.to_vec())).map_err(refusal)?;
            decode_with(codec, format, structure, limits)
        }
        PageFormat::Tiff => {
            let codec = TiffDecoder::new(file.reader()).map_err(refusal)?;
            decode_with(codec, format, structure, limits)
        }
        PageFormat::Pdf => Err(DecodeError::Corrupt { format }),
    };
    to_page(image?, structure).ok_or(DecodeError::Corrupt { format })
}

fn decode_with(
    mut codec: impl ImageDecoder,
    format: PageFormat,
    structure: &Structure<'_>,
    limits: &DecodeLimits,
) -> Result<DynamicImage, DecodeError> {
    let size = (structure.width, structure.height);
    if codec.dimensions() != size {
        return Err(DecodeError::Corrupt { format });
    }
    let refusal = |error: ImageError| refusal(format, size, limits, &error);
    limits.check_alloc(size, peak_bytes(&codec, structure))?;
    codec.set_limits(codec_limits(limits)).map_err(refusal)?;
    DynamicImage::from_decoder(codec).map_err(refusal)
}

fn codec_limits(limits: &DecodeLimits) -> image::Limits {
    let mut codec_limits = image::Limits::default();
    codec_limits.max_image_width = Some(limits.max_width);
    codec_limits.max_image_height = Some(limits.max_height);
    codec_limits.max_alloc = Some(limits.max_alloc_bytes);
    codec_limits
}

/// What the codec itself says that it will put out must fit too.
fn peak_bytes(codec: &impl ImageDecoder, structure: &Structure<'_>) -> u64 {
    let has_alpha = codec.color_type().has_alpha();
    PageCost::memory_bytes(structure, codec.total_bytes(), has_alpha)
}

fn to_page(image: DynamicImage, structure: &Structure<'_>) -> Option<PageImage> {
    let rgb = match structure.alpha {
        Alpha::Meaningless => image.into_rgb8(),
        alpha if image.color().has_alpha() => on_white(image, alpha),
        _ => image.into_rgb8(),
    };
    let shown = match structure.crop {
        Some(crop) => crop_imm(&rgb, crop.x, crop.y, crop.width, crop.height).to_image(),
        None => rgb,
    };
    let mut upright = DynamicImage::ImageRgb8(shown);
    upright.apply_orientation(structure.orientation);
    let rgb = upright.into_rgb8();
    PageImage::new(rgb.width(), rgb.height(), rgb.into_raw()).ok()
}

/// The image on white paper.
fn on_white(image: DynamicImage, alpha: Alpha) -> image::RgbImage {
    let over = match alpha {
        Alpha::Premultiplied => premultiplied_over_white,
        _ => over_white,
    };
    let rgba = image.into_rgba8();
    image::RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let image::Rgba([red, green, blue, opacity]) = *rgba.get_pixel(x, y);
        image::Rgb([red, green, blue].map(|channel| over(channel, opacity)))
    })
}

fn over_white(channel: u8, opacity: u8) -> u8 {
    let (channel, opacity) = (u32::from(channel), u32::from(opacity));
    let sum = channel * opacity + 255 * (255 - opacity);
    u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
}

fn premultiplied_over_white(channel: u8, opacity: u8) -> u8 {
    channel.saturating_add(u8::MAX - opacity)
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
        ImageError::Unsupported(_) => {
            DecodeError::UnsupportedVariety { format, feature: "a feature that its decoder lacks" }
        }
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

#[cfg(test)]
mod varieties;
