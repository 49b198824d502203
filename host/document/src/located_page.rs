//! A page found in a picture.

/// A point of a picture in pixels: x to the right, y down, from the left upper corner of the first
/// pixel. Points outside the picture are possible, as a page may be cut off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// A page found in a picture, as it lies there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocatedPage {
    /// Left top, right top, right bottom, left bottom of the page as it is read.
    pub corners: [Point; 4],
    /// How sure it is that a page is there, 0 to 1.
    pub score: f32,
    /// How sure it is at which of the corners reading begins, 0 to 1.
    pub turn_score: f32,
}

impl LocatedPage {
    /// How far the page is turned clockwise from upright, in degrees, -180 to 180.
    #[must_use]
    pub fn rotation_degrees(&self) -> f64 {
        let [left_top, right_top, right_bottom, left_bottom] = self.corners;
        let x = right_top.x - left_top.x + right_bottom.x - left_bottom.x;
        let y = right_top.y - left_top.y + right_bottom.y - left_bottom.y;
        y.atan2(x).to_degrees()
    }

    /// Whether all its corners are numbers.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.corners.iter().all(|corner| corner.x.is_finite() && corner.y.is_finite())
    }

    /// Width and height the page has when it is laid flat at the picture's own resolution, in
    /// pixels: of each pair of opposite edges, the longer.
    #[must_use]
    pub fn size(&self) -> (f64, f64) {
        let [a, b, c, d] = self.corners;
        let length = |p: Point, q: Point| (q.x - p.x).hypot(q.y - p.y);
        (length(a, b).max(length(d, c)), length(a, d).max(length(b, c)))
    }
}

#[cfg(test)]
mod tests;
