//! How well a page was photographed: numbers of its pixels, without a network.

use dossier_document::{LocatedPage, PageImage, Point};

use crate::processor::resample::{Resample, resize};

/// Pages that are larger are made smaller first, so that one window fits all.
const LONGEST_SIDE: u32 = 1024;

/// Pixels a side of the windows in which edges are measured: three times the blur that makes a page of 1024
/// pixels unreadable.
const WINDOW: usize = 20;
/// Between two windows.
const STEP: usize = 4;
/// An edge of less contrast says nothing of the lens.
const LEAST_CONTRAST: u8 = 48;
/// Fewer edges than this along an axis say nothing of it.
const LEAST_EDGES: usize = 60;
/// The slope of a Gaussian edge in its middle, times its sigma: 1 / sqrt(2 pi).
const SLOPE_OF_GAUSSIAN: f64 = 0.398_942;
/// Of the edges, the sharpest fifth tells: shadows and portraits are soft by themselves.
const SHARPEST: f64 = 0.8;

/// Pixels a side of the blocks in which reflections are looked for.
const BLOCK: usize = 12;
/// A pixel whose channels all reach this shows no print any more.
const WHITE: u8 = 250;
/// A block is white if so many of ten of its pixels are.
const WHITE_TENTHS: usize = 7;

/// What was measured of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Blur as the sigma of a Gaussian, as a share of the page's longer side, along the axis that is blurred
    /// more; none where the page has too few edges.
    pub blur: Option<f64>,
    /// The largest patch that is white and nothing else.
    pub white: Option<WhitePatch>,
    /// Lightness, 0 to 255, that a tenth, half and nine tenths of the pixels stay below.
    pub lightness: [u8; 3],
    /// Pixels of the page's longer side in the picture.
    pub longer_side: f64,
    /// Share of the page that lies outside the picture.
    pub cut_off: f64,
}

/// A patch of a page that is white.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WhitePatch {
    /// Share of the page.
    pub share: f64,
    /// Its middle, in pixels of `flat`.
    pub middle: Point,
}

/// Measures a page: `flat` is what is read of it, `page` where it lies in `picture`.
#[must_use]
pub fn quality(picture: &PageImage, page: &LocatedPage, flat: &PageImage) -> Quality {
    let scale = f64::from(LONGEST_SIDE) / f64::from(flat.width().max(flat.height()));
    let smaller = if scale < 1.0 { shrunk(flat, scale) } else { None };
    let (image, scale) = smaller.as_ref().map_or((flat, 1.0), |smaller| (smaller, scale));
    let lightness = Lightness::of(image);
    let (width, height) = page.size();
    let white = white_patch(image).map(|white| {
        let middle = Point { x: white.middle.x / scale, y: white.middle.y / scale };
        WhitePatch { middle, ..white }
    });
    Quality {
        blur: lightness.blur(),
        white,
        lightness: lightness.quantiles(),
        longer_side: width.max(height),
        cut_off: share_outside(picture, page),
    }
}

fn shrunk(image: &PageImage, scale: f64) -> Option<PageImage> {
    let side = |pixels: u32| ((f64::from(pixels) * scale).round() as u32).max(1);
    let (width, height) = (side(image.width()), side(image.height()));
    let from = (image.height(), image.width());
    let rgb = resize(image.rgb(), from, (height, width), Resample::Bilinear);
    PageImage::new(width, height, rgb).ok()
}

/// Lightness of each pixel, row by row.
struct Lightness {
    values: Vec<u8>,
    width: usize,
    height: usize,
}

impl Lightness {
    fn of(image: &PageImage) -> Self {
        let luma = |pixel: &[u8]| {
            // ITU-R BT.601 in 256ths.
            let sum =
                77 * u32::from(pixel[0]) + 150 * u32::from(pixel[1]) + 29 * u32::from(pixel[2]);
            (sum >> 8) as u8
        };
        Self {
            values: image.rgb().chunks_exact(3).map(luma).collect(),
            width: image.width() as usize,
            height: image.height() as usize,
        }
    }

    fn quantiles(&self) -> [u8; 3] {
        let mut counts = [0_usize; 256];
        self.values.iter().for_each(|value| counts[usize::from(*value)] += 1);
        [0.1, 0.5, 0.9].map(|share| {
            let wanted = (self.values.len() as f64 * share) as usize;
            let mut below = 0;
            let found = counts.iter().position(|count| {
                below += count;
                below > wanted
            });
            found.unwrap_or(255) as u8
        })
    }

    fn blur(&self) -> Option<f64> {
        let mut across = Vec::new();
        for row in self.values.chunks_exact(self.width.max(1)).step_by(STEP) {
            across.extend(row.windows(WINDOW).step_by(STEP).filter_map(slope));
        }
        let mut down = Vec::new();
        let mut column = Vec::with_capacity(self.height);
        for x in (0..self.width).step_by(STEP) {
            column.clear();
            column.extend(self.values.iter().skip(x).step_by(self.width));
            down.extend(column.windows(WINDOW).step_by(STEP).filter_map(slope));
        }
        let sigma = |mut slopes: Vec<f64>| {
            if slopes.len() < LEAST_EDGES {
                return None;
            }
            slopes.sort_by(f64::total_cmp);
            let sharp = slopes[(slopes.len() as f64 * SHARPEST) as usize];
            Some(SLOPE_OF_GAUSSIAN / sharp)
        };
        let sigma = sigma(across)?.max(sigma(down)?);
        Some(sigma / self.width.max(self.height) as f64)
    }
}

/// The steepest step of a window, as a share of its contrast; of an edge in its middle, so that both of its
/// sides are there.
fn slope(window: &[u8]) -> Option<f64> {
    let (least, most) = window.iter().fold((255, 0), |(l, m), v| (l.min(*v), m.max(*v)));
    let contrast = most - least;
    if contrast < LEAST_CONTRAST {
        return None;
    }
    let steps = window.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
    let (at, steepest) = steps.enumerate().max_by_key(|(_, step)| *step)?;
    let is_in_middle = (window.len() / 4..window.len() * 3 / 4).contains(&at);
    is_in_middle.then(|| f64::from(steepest.max(1)) / f64::from(contrast))
}

/// The largest connected patch of white blocks.
fn white_patch(image: &PageImage) -> Option<WhitePatch> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (columns, rows) = (width / BLOCK, height / BLOCK);
    let mut whites = vec![0_usize; columns * rows];
    for (y, row) in image.rgb().chunks_exact(3 * width).enumerate().take(rows * BLOCK) {
        for (x, pixel) in row.chunks_exact(3).enumerate().take(columns * BLOCK) {
            if pixel.iter().all(|value| *value >= WHITE) {
                whites[y / BLOCK * columns + x / BLOCK] += 1;
            }
        }
    }
    let is_white = |count: &usize| *count * 10 >= BLOCK * BLOCK * WHITE_TENTHS;
    let mut waiting = whites.iter().map(is_white).collect::<Vec<_>>();
    let mut largest = None::<(usize, usize, usize)>;
    for start in 0..waiting.len() {
        if !std::mem::take(&mut waiting[start]) {
            continue;
        }
        let (mut count, mut sum_x, mut sum_y) = (0, 0, 0);
        let mut stack = vec![start];
        while let Some(block) = stack.pop() {
            let (x, y) = (block % columns, block / columns);
            (count, sum_x, sum_y) = (count + 1, sum_x + x, sum_y + y);
            let beside = [
                (x > 0).then(|| block - 1),
                (x + 1 < columns).then(|| block + 1),
                (y > 0).then(|| block - columns),
                (y + 1 < rows).then(|| block + columns),
            ];
            for next in beside.into_iter().flatten() {
                if std::mem::take(&mut waiting[next]) {
                    stack.push(next);
                }
            }
        }
        if largest.is_none_or(|(most, ..)| count > most) {
            largest = Some((count, sum_x, sum_y));
        }
    }
    largest.map(|(count, sum_x, sum_y)| {
        let middle = |sum: usize| (sum as f64 / count as f64 + 0.5) * BLOCK as f64;
        WhitePatch {
            share: count as f64 / (columns * rows) as f64,
            middle: Point { x: middle(sum_x), y: middle(sum_y) },
        }
    })
}

/// Share of the page's area that lies outside the picture.
fn share_outside(picture: &PageImage, page: &LocatedPage) -> f64 {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let whole = area(&page.corners);
    if whole <= 0.0 {
        return 0.0;
    }
    // Sutherland and Hodgman's way: cut off by one edge of the picture after the other.
    let mut shown = page.corners.to_vec();
    let edges = [(true, 0.0, 1.0), (true, width, -1.0), (false, 0.0, 1.0), (false, height, -1.0)];
    for (is_upright, edge, sign) in edges {
        let along = |p: &Point| if is_upright { p.x } else { p.y };
        let mut kept = Vec::with_capacity(shown.len() + 1);
        for (index, a) in shown.iter().enumerate() {
            let b = shown[(index + 1) % shown.len()];
            let (da, db) = (sign * (along(a) - edge), sign * (along(&b) - edge));
            if da >= 0.0 {
                kept.push(*a);
            }
            if da * db < 0.0 {
                let share = da / (da - db);
                kept.push(Point { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share });
            }
        }
        shown = kept;
        if shown.is_empty() {
            return 1.0;
        }
    }
    (1.0 - area(&shown) / whole).clamp(0.0, 1.0)
}

/// Of a figure without crossings; the shoelace formula.
fn area(points: &[Point]) -> f64 {
    let next = points.iter().cycle().skip(1);
    let twice = points.iter().zip(next).map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>();
    twice.abs() / 2.0
}

#[cfg(test)]
mod tests;
