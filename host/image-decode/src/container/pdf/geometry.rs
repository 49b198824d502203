//! Where things stand on a page (ISO 32000-2, section 8.3), in points with y upwards.

use image::metadata::Orientation;

use super::{CORRUPT, unsupported};
use crate::DecodeError;
use crate::container::Crop;

/// How far a picture may stand askew: 3 degrees.
const MAX_SKEW: f64 = 0.05;
/// Shares of a side that are no difference.
const TOLERANCE: f64 = 0.01;
/// How many times as wide as high a pixel may be, or the other way round.
const MAX_PIXEL_ASPECT: f64 = 1.25;

/// Six numbers of an affine map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix(pub(super) [f64; 6]);

impl Matrix {
    pub(super) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// This map, and then `next`.
    pub(super) fn then(self, next: Self) -> Self {
        let (Self([a, b, c, d, e, f]), Self([na, nb, nc, nd, ne, nf])) = (self, next);
        Self([
            a * na + b * nc,
            a * nb + b * nd,
            c * na + d * nc,
            c * nb + d * nd,
            e * na + f * nc + ne,
            e * nb + f * nd + nf,
        ])
    }

    pub(super) fn point(self, (x, y): (f64, f64)) -> (f64, f64) {
        let Self([a, b, c, d, e, f]) = self;
        (a * x + c * y + e, b * x + d * y + f)
    }

    /// What the square of side 1 becomes, in which pictures are drawn.
    pub(super) fn unit_square(self) -> Rectangle {
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        Rectangle::around(corners.map(|corner| self.point(corner)))
    }

    pub(super) fn is_finite(self) -> bool {
        self.0.iter().all(|number| number.is_finite())
    }

    /// Whether it leaves no area.
    pub(super) fn is_flat(self) -> bool {
        let Self([a, b, c, d, ..]) = self;
        a * d - b * c == 0.0
    }
}

/// A rectangle with sides along the axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rectangle {
    pub(super) left: f64,
    pub(super) bottom: f64,
    pub(super) right: f64,
    pub(super) top: f64,
}

impl Rectangle {
    pub(super) fn around(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let nothing = Self {
            left: f64::INFINITY,
            bottom: f64::INFINITY,
            right: f64::NEG_INFINITY,
            top: f64::NEG_INFINITY,
        };
        points.into_iter().fold(nothing, |around, (x, y)| Self {
            left: around.left.min(x),
            bottom: around.bottom.min(y),
            right: around.right.max(x),
            top: around.top.max(y),
        })
    }

    pub(super) fn common(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            bottom: self.bottom.max(other.bottom),
            right: self.right.min(other.right),
            top: self.top.min(other.top),
        }
    }

    pub(super) fn is_empty(self) -> bool {
        // What is no number is nothing.
        !(self.left < self.right && self.bottom < self.top)
    }

    /// Whether nothing of `other` stands out, but for what nobody sees.
    pub(super) fn covers(self, other: Self) -> bool {
        let (x, y) =
            (TOLERANCE * (other.right - other.left), TOLERANCE * (other.top - other.bottom));
        self.left <= other.left + x
            && self.bottom <= other.bottom + y
            && self.right >= other.right - x
            && self.top >= other.top - y
    }
}

/// How a picture of `size` in pixels has to be turned and cut, to be what its page shows of it.
///
/// `matrix` takes the square of side 1 to the page, `seen` is what may be seen there, and the page is turned
/// clockwise by `quarters` when it is shown.
pub(super) fn placed(
    matrix: Matrix,
    seen: Rectangle,
    quarters: u32,
    size: (u32, u32),
) -> Result<(Orientation, Option<Crop>), DecodeError> {
    let Matrix([a, b, c, d, e, f]) = matrix;
    let is_small = |small: f64, large: f64| small.abs() <= MAX_SKEW * large.abs();
    let is_upright = is_small(b, a) && is_small(c, d);
    let is_lying = is_small(a, b) && is_small(d, c);
    if !is_upright && !is_lying {
        return unsupported("a picture that stands askew");
    }
    let (across, up) = (a.hypot(b) / f64::from(size.0), c.hypot(d) / f64::from(size.1));
    let aspect = across.max(up) / across.min(up);
    if aspect.is_nan() || aspect > MAX_PIXEL_ASPECT {
        return unsupported("a picture whose pixels are not square");
    }
    // Shares of the picture's width from the left, and of its height from below.
    let ((left, right), (bottom, top)) = if is_upright {
        (shares(seen.left, seen.right, a, e), shares(seen.bottom, seen.top, d, f))
    } else {
        (shares(seen.bottom, seen.top, b, f), shares(seen.left, seen.right, c, e))
    };
    let crop = cut((left, right), (bottom, top), size)?;
    Ok((orientation(matrix, quarters)?, crop))
}

fn shares(from: f64, to: f64, scale: f64, offset: f64) -> (f64, f64) {
    let (one, other) = ((from - offset) / scale, (to - offset) / scale);
    (one.min(other).clamp(0.0, 1.0), one.max(other).clamp(0.0, 1.0))
}

fn cut(
    (left, right): (f64, f64),
    (bottom, top): (f64, f64),
    (width, height): (u32, u32),
) -> Result<Option<Crop>, DecodeError> {
    let is_whole = |from: f64, to: f64| from <= TOLERANCE && to >= 1.0 - TOLERANCE;
    if is_whole(left, right) && is_whole(bottom, top) {
        return Ok(None);
    }
    let (x, width) = pixels(left, right, width).ok_or(CORRUPT)?;
    let (y, height) = pixels(1.0 - top, 1.0 - bottom, height).ok_or(CORRUPT)?;
    Ok(Some(Crop { x, y, width, height }))
}

/// The first pixel of a share of a side, and how many there are.
fn pixels(from: f64, to: f64, side: u32) -> Option<(u32, u32)> {
    let first = (from * f64::from(side)).floor() as u32;
    let end = ((to * f64::from(side)).ceil() as u32).min(side);
    let count = end.checked_sub(first)?;
    (count > 0).then_some((first, count))
}

/// Where right and up of the stored picture point when the page is shown.
fn orientation(matrix: Matrix, quarters: u32) -> Result<Orientation, DecodeError> {
    let Matrix([a, b, c, d, ..]) = matrix;
    let turned = |(x, y): (f64, f64)| (0..quarters).fold((x, y), |(x, y), _| (y, -x));
    let (right, up) = (turned((a, b)), turned((c, d)));
    Ok(match (way(right), way(up)) {
        (Way::Right, Way::Up) => Orientation::NoTransforms,
        (Way::Right, Way::Down) => Orientation::FlipVertical,
        (Way::Left, Way::Up) => Orientation::FlipHorizontal,
        (Way::Left, Way::Down) => Orientation::Rotate180,
        (Way::Down, Way::Right) => Orientation::Rotate90,
        (Way::Down, Way::Left) => Orientation::Rotate90FlipH,
        (Way::Up, Way::Left) => Orientation::Rotate270,
        (Way::Up, Way::Right) => Orientation::Rotate270FlipH,
        _ => return Err(CORRUPT),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Right,
    Left,
    Up,
    Down,
}

fn way((x, y): (f64, f64)) -> Way {
    match (x.abs() > y.abs(), x > 0.0, y > 0.0) {
        (true, true, _) => Way::Right,
        (true, false, _) => Way::Left,
        (false, _, true) => Way::Up,
        (false, _, false) => Way::Down,
    }
}
