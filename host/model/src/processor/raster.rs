//! 8-bit RGB and what the processor does to it.

use std::borrow::Cow;

use dossier_document::PageImage;

use super::resample::{Resample, resize};
use crate::ModelError;

/// An 8-bit RGB image, `(height, width, 3)` in row-major order.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Raster<'page> {
    pub(super) height: u32,
    pub(super) width: u32,
    /// The page's own pixels until something changes them: a page is read beside others, by one thread.
    pub(super) rgb: Cow<'page, [u8]>,
}

impl<'page> Raster<'page> {
    pub(super) fn from_page(page: &'page PageImage) -> Self {
        Self { height: page.height(), width: page.width(), rgb: Cow::Borrowed(page.rgb()) }
    }

    /// One of which only the size counts.
    pub(super) fn of_size(height: u32, width: u32) -> Self {
        Self { height, width, rgb: Cow::Borrowed(&[]) }
    }

    /// Whether the long side lies across that of the target (`align_long_axis`).
    pub(super) fn lies_across(&self, (height, width): (u32, u32)) -> bool {
        (width < height && self.width > self.height) || (width > height && self.width < self.height)
    }

    /// A quarter turn clockwise: `np.rot90(image, 3)`.
    pub(super) fn rotated(&self) -> Self {
        let (height, width) = (self.height as usize, self.width as usize);
        let mut rgb = Vec::with_capacity(self.rgb.len());
        for x in 0..width {
            for y in (0..height).rev() {
                let pixel = 3 * (y * width + x);
                rgb.extend_from_slice(&self.rgb[pixel..pixel + 3]);
            }
        }
        Self { height: self.width, width: self.height, rgb: rgb.into() }
    }

    /// The size with the shorter side at `shortest` (`get_resize_output_image_size`).
    pub(super) fn size_with_shortest_edge(&self, shortest: u32) -> (u32, u32) {
        let scaled = |long, short| scaled_down(shortest, long, short);
        if self.width <= self.height {
            (scaled(self.height, self.width), shortest)
        } else {
            (shortest, scaled(self.width, self.height))
        }
    }

    /// The size that fits the target, or `None` if the image fits as it is (`thumbnail`).
    pub(super) fn thumbnail_size(&self, target: (u32, u32)) -> Option<(u32, u32)> {
        let mut height = self.height.min(target.0);
        let mut width = self.width.min(target.1);
        if (height, width) == (self.height, self.width) {
            return None;
        }
        if self.height > self.width {
            width = scaled_down(self.width, height, self.height);
        } else if self.width > self.height {
            height = scaled_down(self.height, width, self.width);
        }
        // Pillow refuses a side of 0; a page that thin has nothing to read either way.
        Some((height.max(1), width.max(1)))
    }

    pub(super) fn resized(self, height: u32, width: u32, resample: Resample) -> Self {
        if (height, width) == (self.height, self.width) {
            return self;
        }
        let rgb = resize(&self.rgb, (self.height, self.width), (height, width), resample);
        Self { height, width, rgb: rgb.into() }
    }

    /// Black all around, the odd pixel below and right (`pad_image`).
    pub(super) fn padded(self, (height, width): (u32, u32)) -> Result<Self, ModelError> {
        if self.height > height || self.width > width {
            return Err(ModelError::ImageLargerThanTarget {
                width: self.width,
                height: self.height,
                target_width: width,
                target_height: height,
            });
        }
        let top = ((height - self.height) / 2) as usize;
        let left = ((width - self.width) / 2) as usize;
        let (row_bytes, own_row_bytes) = (3 * width as usize, 3 * self.width as usize);
        let mut rgb = vec![0; height as usize * row_bytes];
        for (y, row) in self.rgb.chunks_exact(own_row_bytes).enumerate() {
            let start = (top + y) * row_bytes + 3 * left;
            rgb[start..start + own_row_bytes].copy_from_slice(row);
        }
        Ok(Self { height, width, rgb: rgb.into() })
    }
}

/// `int(factor * numerator / denominator)` in Python: an exact product, one division in f64.
fn scaled_down(factor: u32, numerator: u32, denominator: u32) -> u32 {
    let product = u64::from(factor) * u64::from(numerator);
    (product as f64 / f64::from(denominator)) as u32
}
