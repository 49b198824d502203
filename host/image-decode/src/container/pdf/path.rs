//! Paths (ISO 32000-2, section 8.5), of which only rectangles matter.

use super::geometry::{Matrix, Rectangle};

/// A rectangle has five points at most.
const MAX_POINTS: usize = 5;

/// A path that is being built, in points of the page.
#[derive(Default)]
pub(super) struct Path {
    points: Vec<(f64, f64)>,
    around: Option<Rectangle>,
    /// Curves, two parts, or more points than a rectangle has.
    is_other: bool,
}

impl Path {
    pub(super) fn begin(&mut self, point: (f64, f64), matrix: Matrix) {
        self.is_other |= !self.points.is_empty();
        self.push(matrix.point(point));
    }

    pub(super) fn line(&mut self, point: (f64, f64), matrix: Matrix) {
        self.push(matrix.point(point));
    }

    pub(super) fn curve(&mut self, points: &[(f64, f64)], matrix: Matrix) {
        self.is_other = true;
        points.iter().for_each(|point| self.push(matrix.point(*point)));
    }

    pub(super) fn rectangle(&mut self, [x, y, width, height]: [f64; 4], matrix: Matrix) {
        self.begin((x, y), matrix);
        for corner in [(x + width, y), (x + width, y + height), (x, y + height)] {
            self.line(corner, matrix);
        }
    }

    fn push(&mut self, point: (f64, f64)) {
        let own = Rectangle::around([point]);
        self.around = Some(self.around.map_or(own, |around| Rectangle {
            left: around.left.min(own.left),
            bottom: around.bottom.min(own.bottom),
            right: around.right.max(own.right),
            top: around.top.max(own.top),
        }));
        match self.points.len() < MAX_POINTS {
            true => self.points.push(point),
            false => self.is_other = true,
        }
    }

    /// What it lies in; none where there is no path.
    pub(super) fn around(&self) -> Option<Rectangle> {
        self.around
    }

    /// The rectangle that it is, if it is one with sides along the axes.
    pub(super) fn as_rectangle(&self) -> Option<Rectangle> {
        let around = self.around?;
        let corners = match self.points.as_slice() {
            [corners @ .., last] if corners.len() == 4 && corners.first() == Some(last) => corners,
            corners if corners.len() == 4 => corners,
            _ => return None,
        };
        let near = |one: f64, other: f64| {
            (one - other).abs() <= 1e-3 * (around.right - around.left + around.top - around.bottom)
        };
        let sides = corners.iter().zip(corners.iter().cycle().skip(1));
        let is_along = sides.enumerate().map(|(side, (from, to))| {
            let (level, upright) = (near(from.1, to.1), near(from.0, to.0));
            (side % 2 == 0, level, upright)
        });
        let is_along = is_along.collect::<Vec<_>>();
        let begins_level = is_along.iter().all(|(even, level, upright)| match even {
            true => *level,
            false => *upright,
        });
        let begins_upright = is_along.iter().all(|(even, level, upright)| match even {
            true => *upright,
            false => *level,
        });
        (!self.is_other && (begins_level || begins_upright)).then_some(around)
    }
}
