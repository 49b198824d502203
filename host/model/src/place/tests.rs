//! Print that is drawn here is found where it was drawn.

use super::*;

const WIDTH: usize = 384;
const HEIGHT: usize = 256;

/// A light page with lines of bars that stand for characters, along a slope.
struct Drawn {
    values: Vec<u8>,
}

impl Drawn {
    fn new() -> Self {
        // Paper is not one grey: a wave of a few levels.
        let pixels = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
        Self { values: pixels.map(|(x, y)| 205 + ((x / 3 + y / 5) % 7) as u8).collect() }
    }

    /// `characters` of two bars each from `(x, y)`, their upper left corner, on.
    fn line(mut self, (x, y): (f32, f32), characters: usize, height: usize, slope: f32) -> Self {
        for index in 0..characters {
            for bar in [0, 3] {
                let column = x as usize + index * PITCH + bar;
                let top = y + (column as f32 - x) * slope;
                for row in 0..height {
                    for thick in 0..2 {
                        let place = (top as usize + row) * WIDTH + column + thick;
                        self.values[place] = 40;
                    }
                }
            }
        }
        self
    }

    fn grey(self) -> Grey {
        Grey::new(WIDTH, HEIGHT, self.values)
    }
}

const PITCH: usize = 7;

/// Where a decoder would look: at the middle of a character across, anywhere in its token down.
fn looks((x, y): (f32, f32), characters: usize, slope: f32) -> Vec<Option<Focus>> {
    let look = |index: usize| {
        let off = [-1.5, 0.5, 1.0][index % 3];
        let x_here = x + 2.5 + (index * PITCH) as f32;
        let y_here = y + 5.0 + (x_here - x) * slope + 2.0 * off;
        Some(Focus { x: x_here + off, y: y_here, share: 0.9 })
    };
    (0..characters).map(look).collect()
}

fn near(found: Corners, expected: Corners) {
    for (found, expected) in found.iter().zip(&expected) {
        let off = [found[0] - expected[0], found[1] - expected[1]];
        assert!(off.iter().all(|off| off.abs() <= 2.0), "{found:?} for {expected:?}");
    }
}

#[test]
fn a_line_is_found_with_its_height_and_its_ends() {
    for slope in [0.0, 0.06, -0.08] {
        let start = (100.0, 120.0);
        let grey = Drawn::new()
            .line(start, 12, 10, slope)
            // A caption above, and a neighbour behind a gap.
            .line((100.0, 104.0), 8, 5, slope)
            .line((215.0, 120.0 + 115.0 * slope), 5, 10, slope)
            .grey();
        let found = place(&grey, "ERIKSSONANNA", &looks(start, 12, slope)).expect("a place");
        let end = 100.0 + (11 * PITCH + 5) as f32;
        let rise = (end - 100.0) * slope;
        near(found, [[100.0, 120.0], [end, 120.0 + rise], [end, 130.0 + rise], [100.0, 130.0]]);
    }
}

#[test]
fn lines_below_each_other_are_one_place() {
    let (first, second) = ((60.0, 150.0), (60.0, 166.0));
    let grey = Drawn::new().line(first, 20, 9, 0.0).line(second, 20, 9, 0.0).grey();
    let text = format!("{}\n{}", "A".repeat(20), "B".repeat(20));
    let mut foci = looks(first, 20, 0.0);
    foci.push(None);
    foci.extend(looks(second, 20, 0.0));
    let end = 60.0 + (19 * PITCH + 5) as f32;
    near(
        place(&grey, &text, &foci).expect("a place"),
        [[60.0, 150.0], [end, 150.0], [end, 175.0], [60.0, 175.0]],
    );
}

#[test]
fn letters_that_are_known_by_heart_are_not_left_out() {
    // All three looks rest on the middle letter.
    let grey = Drawn::new().line((200.0, 80.0), 3, 10, 0.0).grey();
    let look = Some(Focus { x: 209.5, y: 85.0, share: 0.9 });
    let found = place(&grey, "UTO", &[look; 3]).expect("a place");
    assert!(found[0][0] < 204.0 && found[1][0] > 215.0, "{found:?}");
}

#[test]
fn what_nobody_looked_at_has_no_place() {
    let grey = Drawn::new().grey();
    assert_eq!(place(&grey, "", &[]), None);
    assert_eq!(place(&grey, "A\n B", &[None; 4]), None);
    let blank = Some(Focus { x: 10.0, y: 10.0, share: 1.0 });
    assert_eq!(place(&grey, " \n ", &[blank; 3]), None);
}

#[test]
fn looks_beside_the_page_harm_nobody() {
    let grey = Drawn::new().grey();
    for (x, y) in [(-900.0, 3.0), (1e6, 1e6), (0.0, 0.0), (383.9, 255.9)] {
        let look = Some(Focus { x, y, share: 1.0 });
        let found = place(&grey, "AB", &[look; 2]).expect("a place");
        assert!(found.iter().flatten().all(|side| side.is_finite()), "{found:?}");
    }
}
