//! From the network's grids to pages: the middles that stand out, their corners, and each corner
//! made exact; `dossier_training.locate.finding` does the same in Python.

use dossier_document::{LocatedPage, Point};

use super::network::{Answer, COARSE, FINE};

/// Offsets of corners are in units of this many pixels.
const REACH: f64 = 64.0;

/// How far from where the coarse grid puts a corner its map is believed, in cells of the fine one.
const WINDOW: i64 = 4;

/// How far off the coarse grid is, in cells of the fine one.
const DOUBT: f64 = 2.0;

/// A middle is one only where it is the greatest of so many cells around it.
const NEIGHBOURS: usize = 2;

/// A map that is less sure than this near a corner says nothing of it.
const LEAST_SURE: f32 = 0.2;

/// At most `most` pages of a square, in its pixels, the surest first.
pub(super) fn pages(answer: &Answer, least_score: f32, most: usize) -> Vec<LocatedPage> {
    let mut peaks = peaks(&answer.middle, least_score);
    peaks.sort_by(|a, b| b.2.total_cmp(&a.2));
    let mut found = Vec::<LocatedPage>::new();
    for (row, column, score) in peaks.into_iter().take(2 * most) {
        let centre = |cell: usize| (cell as f64 + 0.5) * COARSE as f64;
        let offset = |k: usize| f64::from(answer.offsets[k][row][column]) * REACH;
        let mut corners = [0, 1, 2, 3].map(|k| {
            let rough =
                Point { x: centre(column) + offset(2 * k), y: centre(row) + offset(2 * k + 1) };
            exact(&answer.corner, rough)
        });
        let sure = |k: &usize| answer.first[*k][row][column];
        let first = (0..4).max_by(|a, b| sure(a).total_cmp(&sure(b))).unwrap_or(0);
        corners.rotate_left(first);
        // Softmax.
        let turn_score = 1.0 / (0..4).map(|k| (sure(&k) - sure(&first)).exp()).sum::<f32>();
        let page = LocatedPage { corners, score, turn_score };
        if found.len() < most && found.iter().all(|other| are_apart(&page, other)) {
            found.push(page);
        }
    }
    found
}

/// Rows, columns and scores of the cells that are the greatest around.
fn peaks(scores: &[Vec<f32>], least: f32) -> Vec<(usize, usize, f32)> {
    let mut peaks = Vec::new();
    for (row, line) in scores.iter().enumerate() {
        for (column, score) in line.iter().enumerate() {
            let near = |at: usize, end: usize| {
                at.saturating_sub(NEIGHBOURS)..(at + NEIGHBOURS + 1).min(end)
            };
            let around = near(row, scores.len())
                .flat_map(|r| near(column, line.len()).map(move |c| scores[r][c]));
            if *score >= least && around.fold(f32::NEG_INFINITY, f32::max) <= *score {
                peaks.push((row, column, *score));
            }
        }
    }
    peaks
}

/// The middle of what the map shows near where the corner should be, or that place itself.
fn exact(map: &[Vec<f32>], rough: Point) -> Point {
    let cell = |at: f64| (at / FINE as f64 - 0.5).round() as i64;
    let near = |at: f64, end: usize| {
        let first = (cell(at) - WINDOW).clamp(0, end as i64);
        let last = (cell(at) + WINDOW + 1).clamp(first, end as i64);
        first as usize..last as usize
    };
    // A corner outside the square, or one that is no number, is on no map.
    let inside = |at: f64, cells: usize| (0.0..(cells * FINE) as f64).contains(&at);
    if map.is_empty() || !inside(rough.y, map.len()) || !inside(rough.x, map[0].len()) {
        return rough;
    }
    let (rows, columns) = (near(rough.y, map.len()), near(rough.x, map[0].len()));
    let cells = || rows.clone().flat_map(|row| columns.clone().map(move |column| (row, column)));
    // Another corner of the page may be as near: the one that stands where this one should be is
    // meant.
    let meant = |(row, column): &(usize, usize)| {
        let (down, right) = (
            *row as f64 + 0.5 - rough.y / FINE as f64,
            *column as f64 + 0.5 - rough.x / FINE as f64,
        );
        let doubt = (-(down * down + right * right) / (2.0 * DOUBT * DOUBT)).exp();
        f64::from(map[*row][*column]) * doubt
    };
    let Some((top, left)) = cells().max_by(|a, b| meant(a).total_cmp(&meant(b))) else {
        return rough;
    };
    if map[top][left] < LEAST_SURE {
        return rough;
    }
    let (mut x, mut y, mut total) = (0.0, 0.0, 0.0);
    for (row, column) in cells() {
        let (down, right) = (row as f64 - top as f64, column as f64 - left as f64);
        let weight = (-(down * down + right * right) / 4.5).exp() * f64::from(map[row][column]);
        x += weight * (column as f64 + 0.5);
        y += weight * (row as f64 + 0.5);
        total += weight;
    }
    Point { x: x / total * FINE as f64, y: y / total * FINE as f64 }
}

/// Whether two pages are two: their middles differ by a quarter of their extent or more.
fn are_apart(a: &LocatedPage, b: &LocatedPage) -> bool {
    let extent = |page: &LocatedPage| {
        let range = |values: [f64; 4]| {
            let greatest = values.into_iter().fold(f64::NEG_INFINITY, f64::max);
            greatest - values.into_iter().fold(f64::INFINITY, f64::min)
        };
        range(page.corners.map(|p| p.x)).max(range(page.corners.map(|p| p.y)))
    };
    let middle = |page: &LocatedPage| {
        let mean = |values: [f64; 4]| values.iter().sum::<f64>() / 4.0;
        (mean(page.corners.map(|p| p.x)), mean(page.corners.map(|p| p.y)))
    };
    let ((ax, ay), (bx, by)) = (middle(a), middle(b));
    (ax - bx).abs().max((ay - by).abs()) > 0.25 * (extent(a) + extent(b)) / 2.0
}
