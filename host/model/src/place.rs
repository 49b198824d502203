//! Where a field stands on its page: from where the decoder looked for its characters, and the print that
//! is found there.
//!
//! The decoder looks at the token of the encoder that a character lies on: right across by a fourth of a
//! character or so, but only within a text line's height down. So the line's slope and height, and where it
//! begins and ends, are taken from the print around: text changes from dark to light from column to column,
//! and what surrounds it does less.

use crate::kernels::Focus;

mod band;
use band::{Band, Run};

mod grey;
pub(crate) use grey::Grey;

/// A place, by its corners clockwise from where the text begins, above. In pixels of the picture that the
/// encoder sees, x before y.
pub(crate) type Corners = [[f32; 2]; 4];

/// The place of a text. `foci` has one for each of its characters, in pixels as `Grey` counts them. None
/// where nobody looked at anything.
pub(crate) fn place(grey: &Grey, text: &str, foci: &[Option<Focus>]) -> Option<Corners> {
    let lines = lines_of(text, foci);
    let (first, last) = (lines.first()?, lines.last()?);
    let longest = lines.iter().max_by_key(|line| line.len())?;
    let run = Run::over(&lines, pitch(longest));
    let band = Band::find(grey, &run, first, last);
    let left = band.end(grey, &run, run.first, -1.0);
    let right = band.end(grey, &run, run.last, 1.0);
    let (left, right) = run.widen(longest.len(), &band, left, right, grey);
    let corner = |x: f32, y: f32| [x, y + (x - run.middle()) * band.slope];
    Some([
        corner(left, band.top),
        corner(right, band.top),
        corner(right, band.bottom),
        corner(left, band.bottom),
    ])
}

/// The foci of each line's characters, blanks and what nobody looked for left out.
fn lines_of(text: &str, foci: &[Option<Focus>]) -> Vec<Vec<Focus>> {
    let mut lines = vec![Vec::new()];
    for (character, focus) in text.chars().zip(foci) {
        match (character, focus) {
            ('\n', _) => lines.push(Vec::new()),
            (character, Some(focus)) if !character.is_whitespace() => {
                if let Some(line) = lines.last_mut() {
                    line.push(*focus);
                }
            }
            _ => {}
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// From one character of a line to the next, in pixels.
fn pitch(line: &[Focus]) -> f32 {
    /// Of the smallest print that is read, and of the largest.
    const PITCHES: (f32, f32) = (3.5, 14.0);
    /// Where a line is too short to tell.
    const USUAL: f32 = 7.0;
    match line {
        [first, .., last] if line.len() > 2 => {
            let pitch = (last.x - first.x).abs() / (line.len() - 1) as f32;
            pitch.clamp(PITCHES.0, PITCHES.1)
        }
        _ => USUAL,
    }
}

#[cfg(test)]
mod tests;
