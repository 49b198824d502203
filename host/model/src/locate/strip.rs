//! A field cut out of its page at the page's own resolution, to be read a second time.

use dossier_document::{PageImage, Point};

use super::projection::Projection;
use super::rectify::sampled;

/// Around the field is left this share of its width and of its height, at each end: the zones that a base
/// learns on lie so, and where a field was found a character too short, that is still seen.
const AROUND: (f64, f64) = (0.05, 0.5);

/// A strip of `(width, height)` pixels with a field in its middle, turned upright. `corners` are those of the
/// field in pixels of the page, clockwise from where its text begins, above.
///
/// Nothing where they have no width or no height.
#[must_use]
pub fn strip(
    page: &PageImage,
    corners: [Point; 4],
    (width, height): (u32, u32),
) -> Option<PageImage> {
    let [a, b, c, d] = corners;
    let between = |p: Point, q: Point| Point { x: (p.x + q.x) / 2.0, y: (p.y + q.y) / 2.0 };
    let (left, right) = (between(a, d), between(b, c));
    let along = Point { x: right.x - left.x, y: right.y - left.y };
    let long = along.x.hypot(along.y);
    let (above, below) = (between(a, b), between(d, c));
    let high = (below.x - above.x).hypot(below.y - above.y);
    // Of a number that is none nothing can be cut.
    if long.is_nan() || high.is_nan() || long < 1.0 || high < 1.0 {
        return None;
    }
    let (w, h) = (f64::from(width), f64::from(height));
    // Pixels of the page that one of the strip covers: as many as both sides need.
    let scale = (long * (1.0 + 2.0 * AROUND.0) / w).max(high * (1.0 + 2.0 * AROUND.1) / h);
    let middle = between(left, right);
    let (ux, uy) = (along.x / long, along.y / long);
    let at = |x: f64, y: f64| {
        let (x, y) = ((x - w / 2.0) * scale, (y - h / 2.0) * scale);
        Point { x: middle.x + x * ux - y * uy, y: middle.y + x * uy + y * ux }
    };
    let flat = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
    let to_page =
        Projection::between(flat.map(|(x, y)| Point { x, y }), flat.map(|(x, y)| at(x, y)))?;
    let rgb = sampled(page, &to_page, width as usize, height as usize, [0; 3]);
    PageImage::new(width, height, rgb).ok()
}

#[cfg(test)]
mod tests;
