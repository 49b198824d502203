//! A decoded page.

use std::fmt;
use std::sync::Arc;

/// One page of a document: 8-bit RGB, row-major, `(height, width, 3)`.
///
/// `Debug` shows the size only: pixels are personal data. Clones share the pixels.
#[derive(Clone, PartialEq, Eq)]
pub struct PageImage {
    width: u32,
    height: u32,
    /// Not `Arc<[u8]>`: making one of a `Vec` copies the pixels once more.
    rgb: Arc<Vec<u8>>,
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
        Ok(Self { width, height, rgb: Arc::new(rgb) })
    }

    /// A white page. A side of 0 is taken for 1.
    #[must_use]
    pub fn white(width: u32, height: u32) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let rgb = vec![u8::MAX; 3 * width as usize * height as usize];
        Self { width, height, rgb: Arc::new(rgb) }
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
