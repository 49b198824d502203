//! A decoded page.

use std::fmt;

/// One page of a document: 8-bit RGB, row-major, `(height, width, 3)`.
///
/// `Debug` shows the size only: pixels are personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct PageImage {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

/// The pixel buffer does not fit the stated size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{width} x {height} RGB pixels need {} bytes, got {bytes}", u128::from(*width) * u128::from(*height) * 3)]
pub struct InvalidPageImage {
    /// Stated width in pixels.
    pub width: u32,
    /// Stated height in pixels.
    pub height: u32,
    /// Length of the buffer in bytes.
    pub bytes: usize,
}

impl PageImage {
    /// Wraps `rgb`, which holds `width * height` pixels of three bytes, row by row.
    ///
    /// # Errors
    /// When a side is zero or the buffer has another length.
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self, InvalidPageImage> {
        let expected = u128::from(width) * u128::from(height) * 3;
        if width == 0 || height == 0 || rgb.len() as u128 != expected {
            return Err(InvalidPageImage { width, height, bytes: rgb.len() });
        }
        Ok(Self { width, height, rgb })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, `(height, width, 3)` in row-major order.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

impl fmt::Debug for PageImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PageImage({} x {})", self.width, self.height)
    }
}

#[cfg(test)]
mod tests;
