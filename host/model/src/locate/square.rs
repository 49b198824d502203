//! What the network sees: a square with the picture, or one page, in its middle and grey around it.

use dossier_document::{LocatedPage, PageImage, Point};

use super::network::SIDE;
use super::projection::Projection;
use super::rectify::sampled;
use crate::processor::resample::{Resample, resize};

/// The longer side of the picture takes this much of the square, so that a corner outside the
/// picture has a place in it; `_SHARE` in `dossier_training.locate.scenes`.
const SHARE: f64 = 0.84;

const SURROUND: u8 = 128;

/// Pixels of the square, and where they are in the picture.
pub(super) struct Square {
    rgb: Vec<u8>,
    pub(super) to_picture: Projection,
}

impl Square {
    /// The whole picture.
    pub(super) fn of_picture(picture: &PageImage) -> Self {
        let longest = f64::from(picture.width().max(picture.height()));
        let scale = SHARE * SIDE as f64 / longest;
        let side = |pixels: u32| ((f64::from(pixels) * scale).round() as usize).max(1);
        let (width, height) = (side(picture.width()), side(picture.height()));
        let small = resize(
            picture.rgb(),
            (picture.height(), picture.width()),
            (height as u32, width as u32),
            Resample::Bilinear,
        );
        let (left, top) = ((SIDE - width) / 2, (SIDE - height) / 2);
        let mut rgb = vec![SURROUND; 3 * SIDE * SIDE];
        for (y, row) in small.chunks_exact(3 * width).enumerate() {
            let start = 3 * ((top + y) * SIDE + left);
            rgb[start..start + row.len()].copy_from_slice(row);
        }
        let back = 1.0 / scale;
        let to_picture =
            Projection::scale_and_move(back, -(left as f64) * back, -(top as f64) * back);
        Self { rgb, to_picture }
    }

    /// One page, laid flat, with `margin` of its sides around it; none if its corners make no
    /// quadrilateral.
    pub(super) fn of_page(picture: &PageImage, page: &LocatedPage, margin: f64) -> Option<Self> {
        let (width, height) = page.size();
        let scale = SIDE as f64 / ((1.0 + 2.0 * margin) * width.max(height));
        let (w, h) = (width * scale, height * scale);
        let (left, top) = ((SIDE as f64 - w) / 2.0, (SIDE as f64 - h) / 2.0);
        let flat = [(left, top), (left + w, top), (left + w, top + h), (left, top + h)];
        let to_picture = Projection::between(flat.map(|(x, y)| Point { x, y }), page.corners)?;
        let rgb = sampled(picture, &to_picture, SIDE, SIDE, [SURROUND; 3]);
        Some(Self { rgb, to_picture })
    }

    /// Values -1 to 1, `(3, 256, 256)` in row-major order.
    pub(super) fn values(&self) -> Vec<f32> {
        let channel = |k: usize| {
            self.rgb.iter().skip(k).step_by(3).map(|value| f32::from(*value) / 127.5 - 1.0)
        };
        [0, 1, 2].into_iter().flat_map(channel).collect()
    }
}
