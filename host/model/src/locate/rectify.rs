//! Laying a page flat, once, from the picture's own pixels.

use dossier_document::{LocatedPage, PageImage, Point};

use super::projection::Projection;

/// Samples a side that one pixel of the result is the mean of, at most. Where the picture has more
/// pixels than this a pixel of the result, some of them are passed over.
const MOST_SAMPLES: usize = 8;

/// A page that is off by no more than this share of the picture's sides, at every corner and in
/// its own order, fills the picture. Adapters are trained on pages that lie so: turned by up to six
/// degrees, with some ground around them.
const FILLS: f64 = 0.12;

/// Around a page that is laid flat, this share of its sides is left of what lies around it: a corner
/// that was found a little too far inside cuts off no print. Adapters are trained on such pages too.
const AROUND: f64 = 0.02;

/// A page laid flat, and how it lies in the picture that it was cut out of.
#[derive(Clone, Debug)]
pub struct FlatPage {
    /// The page, and a little of what lies around it. What lies outside the picture is black, as the processor's padding is.
    pub image: PageImage,
    /// From pixels of `image` to those of the picture.
    pub in_picture: Projection,
}

/// The page laid flat at the picture's own resolution, its longer side `longest` pixels at most.
///
/// Nothing where the corners are no quadrilateral, or nothing lies between them.
#[must_use]
pub fn rectify(picture: &PageImage, page: &LocatedPage, longest: u32) -> Option<FlatPage> {
    let (width, height) = page.size();
    let (width, height) = (width * (1.0 + 2.0 * AROUND), height * (1.0 + 2.0 * AROUND));
    let scale = (f64::from(longest) / width.max(height)).min(1.0);
    let side = |length: f64| (length * scale).round().clamp(0.0, f64::from(longest)) as u32;
    let (width, height) = (side(width), side(height));
    let (w, h) = (f64::from(width), f64::from(height));
    let (left, top) = (w * AROUND / (1.0 + 2.0 * AROUND), h * AROUND / (1.0 + 2.0 * AROUND));
    let (right, bottom) = (w - left, h - top);
    let flat = [(left, top), (right, top), (right, bottom), (left, bottom)];
    let flat = flat.map(|(x, y)| Point { x, y });
    let in_picture = Projection::between(flat, page.corners)?;
    let rgb = sampled(picture, &in_picture, width as usize, height as usize, [0; 3]);
    let image = PageImage::new(width, height, rgb).ok()?;
    Some(FlatPage { image, in_picture })
}

/// Whether the page is the picture as it stands, so that nothing has to be done to it.
#[must_use]
pub fn fills(picture: &PageImage, page: &LocatedPage) -> bool {
    let (w, h) = (f64::from(picture.width()), f64::from(picture.height()));
    let own = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
    page.corners.iter().zip(own).all(|(corner, (x, y))| {
        (corner.x - x).abs() <= FILLS * w && (corner.y - y).abs() <= FILLS * h
    })
}

/// `(height, width, 3)` pixels, each the mean of what it covers in the picture through
/// `to_picture`; `outside` where that lies beyond the picture.
pub(super) fn sampled(
    picture: &PageImage,
    to_picture: &Projection,
    width: usize,
    height: usize,
    outside: [u8; 3],
) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (x as f64, y as f64);
            let at = |dx: f64, dy: f64| to_picture.point(Point { x: x + dx, y: y + dy });
            // How much of the picture the pixel covers, along each of its sides.
            let (a, b, c) = (at(0.0, 0.0), at(1.0, 0.0), at(0.0, 1.0));
            let samples =
                |p: Point| ((p.x - a.x).hypot(p.y - a.y).ceil() as usize).clamp(1, MOST_SAMPLES);
            let (across, down) = (samples(b), samples(c));
            let mut sums = [0.0; 3];
            for j in 0..down {
                for i in 0..across {
                    let middle = |k: usize, n: usize| (k as f64 + 0.5) / n as f64;
                    let colour =
                        colour_at(picture, at(middle(i, across), middle(j, down)), outside);
                    sums.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value);
                }
            }
            let count = (across * down) as f64;
            rgb.extend(sums.map(|sum| (sum / count).round().clamp(0.0, 255.0) as u8));
        }
    }
    rgb
}

/// The colour between the four pixels around a point.
fn colour_at(picture: &PageImage, point: Point, outside: [u8; 3]) -> [f64; 3] {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let within = (0.0..=width).contains(&point.x) && (0.0..=height).contains(&point.y);
    if !within {
        return outside.map(f64::from);
    }
    let (x, y) =
        ((point.x - 0.5).clamp(0.0, width - 1.0), (point.y - 0.5).clamp(0.0, height - 1.0));
    let (left, top) = (x.floor(), y.floor());
    let (right_share, lower_share) = (x - left, y - top);
    let row_pixels = picture.width() as usize;
    let (left, top) = (left as usize, top as usize);
    let right = (left + 1).min(row_pixels - 1);
    let bottom = (top + 1).min(picture.height() as usize - 1);
    let pixel = |column: usize, row: usize| {
        let start = 3 * (row * row_pixels + column);
        &picture.rgb()[start..start + 3]
    };
    let (a, b, c, d) =
        (pixel(left, top), pixel(right, top), pixel(left, bottom), pixel(right, bottom));
    [0, 1, 2].map(|k| {
        let upper = f64::from(a[k]) * (1.0 - right_share) + f64::from(b[k]) * right_share;
        let lower = f64::from(c[k]) * (1.0 - right_share) + f64::from(d[k]) * right_share;
        upper * (1.0 - lower_share) + lower * lower_share
    })
}
