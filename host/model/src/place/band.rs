//! The band of a page in which the lines of a text stand.

use super::Grey;
use crate::kernels::Focus;

/// How far a text reaches across, by where the decoder looked. In pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) first: f32,
    pub(super) last: f32,
    pub(super) pitch: f32,
}

/// Slope, upper and lower edge. Heights are those in the middle of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    pub(super) slope: f32,
    pub(super) top: f32,
    pub(super) bottom: f32,
}

/// Rise over run of the steepest text that is tried: what lies more slanted was not straightened.
const STEEPEST: f32 = 0.12;
const SLOPES: i16 = 13;
/// How far above and below the looks print is looked for, in pixels: a token's height.
const REACH: f32 = 16.0;
/// Rows that are tried, a pixel.
const ROWS_A_PIXEL: f32 = 2.0;
/// Print is where brightness changes by this share of the most.
const OF_THE_MOST: f32 = 0.35;
/// A text ends where it changes by less than this share of what it does inside.
const OF_INSIDE: f32 = 0.3;

impl Run {
    pub(super) fn over(lines: &[Vec<Focus>], pitch: f32) -> Self {
        let xs = || lines.iter().flatten().map(|focus| focus.x);
        let first = xs().fold(f32::INFINITY, f32::min);
        let last = xs().fold(f32::NEG_INFINITY, f32::max);
        Self { first, last, pitch }
    }

    pub(super) fn middle(&self) -> f32 {
        f32::midpoint(self.first, self.last)
    }

    /// Where a text of so many characters begins and ends: `left` and `right`, unless they are too near each
    /// other for it. A text that an adapter knows by heart, such as a state's code, need not be looked at
    /// letter by letter; then print goes on beside the looks.
    pub(super) fn widen(
        &self,
        characters: usize,
        band: &Band,
        left: f32,
        right: f32,
        grey: &Grey,
    ) -> (f32, f32) {
        /// Width of a narrow character, of the height of its line.
        const NARROW: f32 = 0.5;
        let least = characters as f32 * NARROW * (band.bottom - band.top);
        let (mut left, mut right) = (left, right);
        let least_change = OF_INSIDE * band.inside(grey, self);
        while right - left < least {
            let (before, behind) = (left - 1.0, right + 1.0);
            let [before_is, behind_is] = [before, behind].map(|x| band.change(grey, self, x));
            if before_is.max(behind_is) < least_change && right - left > 0.5 * least {
                break;
            }
            if before_is > behind_is { left = before } else { right = behind }
        }
        (left, right)
    }
}

impl Band {
    /// The slope along which rows differ most, and the rows in which there is print.
    pub(super) fn find(grey: &Grey, run: &Run, first: &[Focus], last: &[Focus]) -> Self {
        let (above, below) = (median_y(first, run, 0.0), median_y(last, run, 0.0));
        let start = above.min(below) - REACH;
        let rows = ((above.max(below) + REACH - start) * ROWS_A_PIXEL) as usize;
        let half = f32::from(SLOPES / 2);
        let slopes = (0..SLOPES).map(|index| (f32::from(index) - half) / half * STEEPEST);
        let tried = slopes.map(|slope| (slope, profile(grey, run, slope, start, rows)));
        let sharpness =
            |(_, profile): &(f32, Vec<f32>)| profile.iter().map(|row| row * row).sum::<f32>();
        let best = tried.max_by(|a, b| sharpness(a).total_cmp(&sharpness(b)));
        let (slope, profile) = best.unwrap_or_default();
        let profile = smooth(&profile);
        let line = |foci: &[Focus]| {
            let (from, to) =
                rows_of_print(&profile, (median_y(foci, run, slope) - start) * ROWS_A_PIXEL);
            (start + from as f32 / ROWS_A_PIXEL, start + to as f32 / ROWS_A_PIXEL)
        };
        let (of_first, of_last) = (line(first), line(last));
        let half_a_row = 0.5;
        Self {
            slope,
            top: of_first.0.min(of_last.0) - half_a_row,
            bottom: of_first.1.max(of_last.1) + half_a_row,
        }
    }

    /// Where the text ends that was looked at as far as `x`, to the left or the right.
    pub(super) fn end(&self, grey: &Grey, run: &Run, x: f32, direction: f32) -> f32 {
        /// In pitches: half a character is sure, and one and a third is more than the widest has.
        const SURE: f32 = 0.3;
        const MOST: f32 = 1.3;
        const GAP: f32 = 0.35;
        const STEP: f32 = 0.5;
        let least = OF_INSIDE * self.inside(grey, run);
        let (mut reached, mut gap, mut distance) = (SURE * run.pitch, 0.0, 0.0);
        while distance < 2.0 * run.pitch {
            if self.change(grey, run, x + direction * distance) > least {
                reached = distance.max(reached);
                gap = 0.0;
            } else {
                gap += STEP;
                if gap > GAP * run.pitch && distance > 0.45 * run.pitch {
                    break;
                }
            }
            distance += STEP;
        }
        x + direction * (reached + STEP).min(MOST * run.pitch)
    }

    /// How much brightness changes on average between the first and the last look.
    fn inside(&self, grey: &Grey, run: &Run) -> f32 {
        let columns = (run.last - run.first) as usize + 1;
        let sum = (0..columns).map(|column| self.change(grey, run, run.first + column as f32));
        sum.sum::<f32>() / columns as f32
    }

    /// How much it changes on average down one column of the band.
    fn change(&self, grey: &Grey, run: &Run, x: f32) -> f32 {
        let rows = (self.bottom - self.top) as usize + 1;
        let shift = (x - run.middle()) * self.slope;
        let row = |row: usize| grey.any_way(x, self.top + shift + row as f32);
        (0..rows).map(row).sum::<f32>() / rows as f32
    }
}

/// How much brightness changes across, on average along each row of a slope.
fn profile(grey: &Grey, run: &Run, slope: f32, start: f32, rows: usize) -> Vec<f32> {
    let from = run.first - 0.3 * run.pitch;
    let columns = (run.last + 0.3 * run.pitch - from) as usize + 1;
    let of_row = |row: usize| {
        let y = start + row as f32 / ROWS_A_PIXEL;
        let of_column = |column: usize| {
            let x = from + column as f32;
            grey.across(x, y + (x - run.middle()) * slope)
        };
        (0..columns).map(of_column).sum::<f32>() / columns as f32
    };
    (0..rows).map(of_row).collect()
}

/// Each row with its neighbours.
fn smooth(profile: &[f32]) -> Vec<f32> {
    let at =
        |index: Option<usize>| index.and_then(|index| profile.get(index)).copied().unwrap_or(0.0);
    let row =
        |index: usize| (at(index.checked_sub(1)) + at(Some(index)) + at(Some(index + 1))) / 3.0;
    (0..profile.len()).map(row).collect()
}

/// The rows around the strongest one near `look` that are print as it is.
fn rows_of_print(profile: &[f32], look: f32) -> (usize, usize) {
    /// In rows: half a token.
    const NEAR: f32 = 7.0 * ROWS_A_PIXEL;
    let weight = |row: usize| (-((row as f32 - look) / NEAR).powi(2)).exp();
    let strength = |row: &usize| profile[*row] * weight(*row);
    let strongest = (0..profile.len()).max_by(|a, b| strength(a).total_cmp(&strength(b)));
    let Some(strongest) = strongest else { return (0, 0) };
    let least = profile[strongest] * OF_THE_MOST;
    let is_print = |row: &usize| profile[*row] > least;
    let from = (0..strongest).rev().take_while(is_print).last().unwrap_or(strongest);
    let to = (strongest..profile.len()).take_while(is_print).last().unwrap_or(strongest);
    (from, to)
}

/// How high a line's looks lie in the middle of the run.
fn median_y(line: &[Focus], run: &Run, slope: f32) -> f32 {
    let mut heights =
        line.iter().map(|focus| focus.y - (focus.x - run.middle()) * slope).collect::<Vec<_>>();
    heights.sort_by(f32::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or(0.0)
}
