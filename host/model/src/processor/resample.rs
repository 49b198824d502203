//! Pillow's resampling of 8-bit images, bit for bit (`src/libImaging/Resample.c` and, for nearest,
//! `Geometry.c`, Pillow 13).
//!
//! The crate `fast_image_resize` (6.1) was measured first: up to a quarter of its values differ from
//! Pillow's, by 1 mostly, as it keeps its weights in 16 bits.

use std::borrow::Cow;

/// The filters, numbered as in `PIL.Image.Resampling`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resample {
    Nearest,
    Lanczos,
    Bilinear,
    Bicubic,
    Box,
    Hamming,
}

impl Resample {
    pub(super) fn from_number(number: u64) -> Option<Self> {
        [Self::Nearest, Self::Lanczos, Self::Bilinear, Self::Bicubic, Self::Box, Self::Hamming]
            .get(usize::try_from(number).ok()?)
            .copied()
    }

    /// How far the filter reaches, in source pixels at scale 1.
    fn support(self) -> f64 {
        match self {
            Self::Nearest => 0.0,
            Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        match self {
            Self::Nearest => 0.0,
            Self::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
            Self::Bilinear => (1.0 - x.abs()).max(0.0),
            Self::Hamming => {
                let x = x.abs();
                if x == 0.0 {
                    1.0
                } else if x >= 1.0 {
                    0.0
                } else {
                    let x = x * std::f64::consts::PI;
                    // Pillow writes these two constants in single precision.
                    x.sin() / x * (f64::from(0.54f32) + f64::from(0.46f32) * x.cos())
                }
            }
            Self::Bicubic => {
                const A: f64 = -0.5;
                let x = x.abs();
                if x < 1.0 {
                    ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
                } else if x < 2.0 {
                    (((x - 5.0) * x + 8.0) * x - 4.0) * A
                } else {
                    0.0
                }
            }
            Self::Lanczos => {
                if (-3.0..3.0).contains(&x) {
                    sinc(x) * sinc(x / 3.0)
                } else {
                    0.0
                }
            }
        }
    }
}

/// Resizes an RGB image; sizes are `(height, width)`.
pub(crate) fn resize(rgb: &[u8], from: (u32, u32), to: (u32, u32), resample: Resample) -> Vec<u8> {
    let (from, to) = ((from.0 as usize, from.1 as usize), (to.0 as usize, to.1 as usize));
    if resample == Resample::Nearest {
        return nearest(rgb, from, to);
    }
    // Values are rounded to 8 bits between the passes, so their order shows. Pillow 13 goes
    // vertical first if the height loses more than twice what the width loses; before 13 it never
    // did.
    let lost = |from: usize, to: usize| from as i64 - to as i64;
    let lost_rows = lost(from.0, to.0);
    if lost_rows > 0 && lost_rows > 2 * lost(from.1, to.1) {
        let rows = resize_vertically(rgb, from.1, from.0, to.0, resample);
        resize_horizontally(&rows, from.1, to.1, resample).into_owned()
    } else {
        let rows = resize_horizontally(rgb, from.1, to.1, resample);
        resize_vertically(&rows, to.1, from.0, to.0, resample).into_owned()
    }
}

/// A side that keeps its length has no pass.
fn resize_horizontally(rgb: &[u8], from: usize, to: usize, resample: Resample) -> Cow<'_, [u8]> {
    match from == to {
        true => Cow::Borrowed(rgb),
        false => Cow::Owned(horizontal(rgb, from, &Kernel::all(from, to, resample))),
    }
}

fn resize_vertically(
    rgb: &[u8],
    width: usize,
    from: usize,
    to: usize,
    resample: Resample,
) -> Cow<'_, [u8]> {
    match from == to {
        true => Cow::Borrowed(rgb),
        false => Cow::Owned(vertical(rgb, width, &Kernel::all(from, to, resample))),
    }
}

/// Bits after the point in a weight: 32, less 8 for the pixel and 2 for sign and overshoot.
const PRECISION_BITS: u32 = 32 - 8 - 2;

/// The weights of one output pixel.
struct Kernel {
    first: usize,
    weights: Vec<i32>,
}

impl Kernel {
    /// `precompute_coeffs` and `normalize_coeffs_8bpc`.
    fn all(from: usize, to: usize, resample: Resample) -> Vec<Self> {
        let scale = from as f64 / to as f64;
        let filter_scale = scale.max(1.0);
        let support = resample.support() * filter_scale;
        let inverse = 1.0 / filter_scale;
        let kernel = |output: usize| {
            let center = (output as f64 + 0.5) * scale;
            let first = (center - support + 0.5).max(0.0) as usize;
            let end = ((center + support + 0.5) as usize).min(from);
            let weight = |x: usize| resample.weight((x as f64 - center + 0.5) * inverse);
            let weights = (first..end).map(weight).collect::<Vec<_>>();
            let sum = weights.iter().sum::<f64>();
            let fixed = |weight: &f64| {
                let weight = if sum == 0.0 { *weight } else { weight / sum };
                (weight * f64::from(1 << PRECISION_BITS) + 0.5f64.copysign(weight)) as i32
            };
            Self { first, weights: weights.iter().map(fixed).collect() }
        };
        (0..to).map(kernel).collect()
    }
}

fn horizontal(rgb: &[u8], width: usize, kernels: &[Kernel]) -> Vec<u8> {
    let mut output = Vec::with_capacity(rgb.len() / width * kernels.len());
    for row in rgb.chunks_exact(3 * width) {
        for kernel in kernels {
            let mut sums = [ROUND; 3];
            let pixels = row[3 * kernel.first..].chunks_exact(3);
            for (pixel, weight) in pixels.zip(&kernel.weights) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(*value) * weight;
                }
            }
            output.extend(sums.map(clip));
        }
    }
    output
}

fn vertical(rgb: &[u8], width: usize, kernels: &[Kernel]) -> Vec<u8> {
    let row_bytes = 3 * width;
    let mut output = Vec::with_capacity(row_bytes * kernels.len());
    let mut sums = vec![ROUND; row_bytes];
    for kernel in kernels {
        sums.fill(ROUND);
        let rows = rgb[kernel.first * row_bytes..].chunks_exact(row_bytes);
        for (row, weight) in rows.zip(&kernel.weights) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += i32::from(*value) * weight;
            }
        }
        output.extend(sums.iter().map(|sum| clip(*sum)));
    }
    output
}

/// Half a unit, so that dropping the fraction rounds.
const ROUND: i32 = 1 << (PRECISION_BITS - 1);

fn clip(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}

/// `ImagingScaleAffine`: the source coordinate grows by repeated addition, as in C.
fn nearest(rgb: &[u8], from: (usize, usize), to: (usize, usize)) -> Vec<u8> {
    fn sources(from: usize, to: usize) -> Vec<usize> {
        let step = from as f64 / to as f64;
        let mut coordinate = step * 0.5;
        let next = |_| {
            let source = (coordinate as usize).min(from - 1);
            coordinate += step;
            source
        };
        (0..to).map(next).collect()
    }
    let columns = sources(from.1, to.1);
    let mut output = Vec::with_capacity(3 * to.0 * to.1);
    for y in sources(from.0, to.0) {
        for x in &columns {
            let pixel = 3 * (y * from.1 + x);
            output.extend_from_slice(&rgb[pixel..pixel + 3]);
        }
    }
    output
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * std::f64::consts::PI;
    x.sin() / x
}
