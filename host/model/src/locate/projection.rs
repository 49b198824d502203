//! Projective maps of the plane: how a page lies before the camera.

use dossier_document::Point;

/// Where the points of one plane lie in another: a 3 x 3 matrix on homogeneous coordinates, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Projection([[f64; 3]; 3]);

impl Projection {
    /// Scales by `scale`, then moves by `(x, y)`.
    pub(super) fn scale_and_move(scale: f64, x: f64, y: f64) -> Self {
        Self([[scale, 0.0, x], [0.0, scale, y], [0.0, 0.0, 1.0]])
    }

    /// The map that takes four points to four others; none where three of them lie on a line.
    pub(super) fn between(from: [Point; 4], to: [Point; 4]) -> Option<Self> {
        let mut rows = [[0.0; 9]; 8];
        for (k, (p, q)) in from.into_iter().zip(to).enumerate() {
            rows[2 * k] = [p.x, p.y, 1.0, 0.0, 0.0, 0.0, -q.x * p.x, -q.x * p.y, q.x];
            rows[2 * k + 1] = [0.0, 0.0, 0.0, p.x, p.y, 1.0, -q.y * p.x, -q.y * p.y, q.y];
        }
        let [a, b, c, d, e, f, g, h] = solved(rows)?;
        Some(Self([[a, b, c], [d, e, f], [g, h, 1.0]]))
    }

    /// Where a point goes.
    #[must_use]
    pub fn point(&self, p: Point) -> Point {
        let [u, v, w] = self.0.map(|row| row[0] * p.x + row[1] * p.y + row[2]);
        Point { x: u / w, y: v / w }
    }
}

/// Gauss's elimination with the greatest pivot, of eight equations `[coefficients, right side]`.
fn solved(mut rows: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let pivot =
            (column..8).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        rows.swap(column, pivot);
        if rows[column][column].abs() < 1e-9 {
            return None;
        }
        let divisor = rows[column][column];
        rows[column].iter_mut().for_each(|value| *value /= divisor);
        let chosen = rows[column];
        for (row, values) in rows.iter_mut().enumerate() {
            if row != column {
                let factor = values[column];
                values.iter_mut().zip(chosen).for_each(|(value, other)| *value -= factor * other);
            }
        }
    }
    Some([0, 1, 2, 3, 4, 5, 6, 7].map(|row| rows[row][8]))
}
