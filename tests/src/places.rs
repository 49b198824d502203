//! How well two quadrilaterals cover each other.

/// Corners in order around, x before y.
pub type Corners = [[f64; 2]; 4];

/// The area that two convex quadrilaterals share, of the area that they cover together: 0 to 1.
#[must_use]
pub fn overlap(a: &Corners, b: &Corners) -> f64 {
    let shared = area(&clip(a, b));
    let together = area(a) + area(b) - shared;
    if together > 0.0 { shared / together } else { 0.0 }
}

/// What of `subject` lies within `window` (Sutherland and Hodgman, 1974).
fn clip(subject: &[[f64; 2]], window: &Corners) -> Vec<[f64; 2]> {
    let turn = signed_area(window).signum();
    let mut kept = subject.to_vec();
    for (from, to) in edges(window) {
        let side = |p: [f64; 2]| {
            turn * ((to[0] - from[0]) * (p[1] - from[1]) - (to[1] - from[1]) * (p[0] - from[0]))
        };
        let before = std::mem::take(&mut kept);
        for (a, b) in edges(&before) {
            let (of_a, of_b) = (side(a), side(b));
            if of_a >= 0.0 {
                kept.push(a);
            }
            if (of_a >= 0.0) != (of_b >= 0.0) {
                let share = of_a / (of_a - of_b);
                kept.push([a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])]);
            }
        }
    }
    kept
}

fn edges(polygon: &[[f64; 2]]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> {
    let next = polygon.iter().cycle().skip(1);
    polygon.iter().copied().zip(next.copied())
}

fn area(polygon: &[[f64; 2]]) -> f64 {
    signed_area(polygon).abs()
}

fn signed_area(polygon: &[[f64; 2]]) -> f64 {
    edges(polygon).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>() / 2.0
}

#[cfg(test)]
mod tests;
