//! Which format bytes have, told by their content.

use std::fmt;

use image::ImageFormat;

use crate::DecodeError;

/// A format that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageFormat {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG.
    Png,
    /// WebP, lossy or lossless.
    WebP,
    /// TIFF of one page.
    Tiff,
}

impl PageFormat {
    /// The format of `bytes`, told by their first bytes.
    ///
    /// # Errors
    /// [`DecodeError::Empty`], [`DecodeError::UnsupportedFormat`] for well-known formats that are
    /// not read, and [`DecodeError::UnknownFormat`] for everything else.
    pub fn of(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.is_empty() {
            return Err(DecodeError::Empty);
        }
        let guessed = image::guess_format(bytes).ok();
        let unsupported = match guessed {
            Some(ImageFormat::Jpeg) => return Ok(Self::Jpeg),
            Some(ImageFormat::Png) => return Ok(Self::Png),
            Some(ImageFormat::WebP) => return Ok(Self::WebP),
            Some(ImageFormat::Tiff) => return Ok(Self::Tiff),
            Some(ImageFormat::Gif) => Some("GIF"),
            Some(ImageFormat::Bmp) => Some("BMP"),
            Some(ImageFormat::Ico) => Some("ICO"),
            Some(ImageFormat::Avif) => Some("AVIF"),
            _ => unsupported_by_signature(bytes),
        };
        Err(match unsupported {
            Some(format) => DecodeError::UnsupportedFormat { format },
            None => DecodeError::UnknownFormat,
        })
    }

    pub(crate) fn codec(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::WebP => ImageFormat::WebP,
            Self::Tiff => ImageFormat::Tiff,
        }
    }
}

impl fmt::Display for PageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Tiff => "TIFF",
        })
    }
}

/// What people send although it is no image, or none that is read here.
fn unsupported_by_signature(bytes: &[u8]) -> Option<&'static str> {
    const HEIF_BRANDS: [&[u8]; 6] = [b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1"];
    if bytes.starts_with(b"%PDF-") {
        return Some("PDF");
    }
    if bytes.starts_with(&[0x00, 0x00, 0x00, 0x0c, b'j', b'P', b' ', b' ']) {
        return Some("JPEG 2000");
    }
    if bytes.starts_with(b"II+\0") || bytes.starts_with(b"MM\0+") {
        return Some("BigTIFF");
    }
    let brand = (bytes.get(4..8)? == b"ftyp").then(|| bytes.get(8..12)).flatten()?;
    HEIF_BRANDS.contains(&brand).then_some("HEIF")
}

#[cfg(test)]
mod tests;
