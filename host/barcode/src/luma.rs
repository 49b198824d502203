//! The brightness of a page, in the size that barcodes are looked for.

use dossier_document::PageImage;

/// The longer side of what is looked at, in pixels: what a decoder does grows with their number.
pub(crate) const LONGEST_SIDE: u32 = 2048;

/// A page whose longer side has no more pixels than this is looked at in twice the size too: bars of one and a
/// half pixels are told apart in it.
const LONGEST_TO_ENLARGE: u32 = 1280;

/// Brightness, row by row.
pub(crate) struct Luma {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
    /// Its pixels by those of the page.
    scale: f64,
    /// How far it was turned clockwise around its middle, in degrees.
    degrees: f64,
}

impl Luma {
    /// Of a page, made smaller by a whole number where it is too large.
    pub(crate) fn of(page: &PageImage) -> Self {
        let block = page.width().max(page.height()).div_ceil(LONGEST_SIDE).max(1);
        let (width, height) = ((page.width() / block).max(1), (page.height() / block).max(1));
        let (stride, side) = (page.width() as usize, block as usize);
        let rgb = page.rgb();
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height as usize {
            for x in 0..width as usize {
                let (mut sum, mut count) = (0, 0);
                for row in
                    (y * side..(y + 1) * side).take_while(|row| *row < page.height() as usize)
                {
                    for column in (x * side..(x + 1) * side).take_while(|column| *column < stride) {
                        sum += brightness(&rgb[3 * (row * stride + column)..][..3]);
                        count += 1;
                    }
                }
                pixels.push(u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX));
            }
        }
        Self { width, height, pixels, scale: 1.0 / f64::from(block), degrees: 0.0 }
    }

    /// Twice as large, between pixels by their mean; none where it is large enough.
    pub(crate) fn twice(&self) -> Option<Self> {
        if self.width.max(self.height) > LONGEST_TO_ENLARGE {
            return None;
        }
        let (width, height) = (2 * self.width, 2 * self.height);
        let at = |x: u32, y: u32| {
            let (x, y) = (x.min(self.width - 1), y.min(self.height - 1));
            u32::from(self.pixels[(y * self.width + x) as usize])
        };
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            for x in 0..width {
                let (left, top) = (x / 2, y / 2);
                let (right, bottom) = (left + x % 2, top + y % 2);
                let sum = at(left, top) + at(right, top) + at(left, bottom) + at(right, bottom);
                pixels.push(u8::try_from(sum / 4).unwrap_or(u8::MAX));
            }
        }
        Some(Self { width, height, pixels, scale: 2.0 * self.scale, degrees: self.degrees })
    }

    /// Turned clockwise around its middle; white where nothing was.
    pub(crate) fn turned(&self, degrees: f64) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for y in 0..self.height {
            for x in 0..self.width {
                let (x, y) = around(self.middle(), -degrees, (f64::from(x), f64::from(y)));
                pixels.push(self.between(x, y).unwrap_or(u8::MAX));
            }
        }
        let degrees = self.degrees + degrees;
        Self { width: self.width, height: self.height, pixels, scale: self.scale, degrees }
    }

    /// The brightness between four pixels, by how near each is.
    fn between(&self, x: f64, y: f64) -> Option<u8> {
        let (left, top) = (x.floor(), y.floor());
        let (right, down) = (x - left, y - top);
        let is_inside = left >= 0.0
            && top >= 0.0
            && left + 1.0 < f64::from(self.width)
            && top + 1.0 < f64::from(self.height);
        if !is_inside {
            return None;
        }
        let first = top as usize * self.width as usize + left as usize;
        let at = |index: usize| f64::from(self.pixels[index]);
        let row = |index: usize| at(index) * (1.0 - right) + at(index + 1) * right;
        let second = first + self.width as usize;
        Some((row(first) * (1.0 - down) + row(second) * down) as u8)
    }

    /// Where a point of it is on the page, in pixels of the page.
    pub(crate) fn on_page(&self, point: (f64, f64)) -> (f64, f64) {
        let (x, y) = around(self.middle(), -self.degrees, point);
        let within = |value: f64, most: u32| value.clamp(0.0, f64::from(most)) / self.scale;
        (within(x, self.width), within(y, self.height))
    }

    fn middle(&self) -> (f64, f64) {
        (f64::from(self.width) / 2.0, f64::from(self.height) / 2.0)
    }

    /// The part of it that begins at a pixel, as far as it goes.
    pub(crate) fn part(&self, (left, top): (u32, u32), side: u32) -> Self {
        let right = left.saturating_add(side).min(self.width);
        let bottom = top.saturating_add(side).min(self.height);
        let rows = (top..bottom).map(|y| (y * self.width) as usize);
        let rows = rows.map(|row| &self.pixels[row + left as usize..row + right as usize]);
        let pixels = rows.flatten().copied().collect();
        let (width, height) = (right - left, bottom - top);
        Self { width, height, pixels, scale: self.scale, degrees: 0.0 }
    }

    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    /// Its pixels, `(height, width)`.
    pub(crate) fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}

/// A point turned clockwise around another.
fn around(middle: (f64, f64), degrees: f64, point: (f64, f64)) -> (f64, f64) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (x, y) = (point.0 - middle.0, point.1 - middle.1);
    (middle.0 + cos * x - sin * y, middle.1 + sin * x + cos * y)
}

/// ITU-R BT.601.
fn brightness(rgb: &[u8]) -> u32 {
    (299 * u32::from(rgb[0]) + 587 * u32::from(rgb[1]) + 114 * u32::from(rgb[2])) / 1000
}
