//! Which format bytes have, told by their content.

use std::fmt;

use crate::DecodeError;

mod signatures;

/// A format that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageFormat {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG.
    Png,
    /// WebP, lossy or lossless.
    WebP,
    /// TIFF, of one page or several.
    Tiff,
    /// PDF of scans: one picture a page, of one page or several.
    Pdf,
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
        if bytes.starts_with(b"\xff\xd8") {
            return Ok(Self::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Ok(Self::Png);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Ok(Self::WebP);
        }
        if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
            return Ok(Self::Tiff);
        }
        if bytes.starts_with(b"%PDF-") {
            return Ok(Self::Pdf);
        }
        Err(match signatures::unsupported(bytes) {
            Some(format) => DecodeError::UnsupportedFormat { format },
            None => DecodeError::UnknownFormat,
        })
    }
}

impl fmt::Display for PageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Tiff => "TIFF",
            Self::Pdf => "PDF",
        })
    }
}

#[cfg(test)]
mod tests;
