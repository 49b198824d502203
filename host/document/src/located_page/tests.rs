//! Rotation and size of pages.

use super::{LocatedPage, Point};

fn page(corners: [(f64, f64); 4]) -> LocatedPage {
    LocatedPage { corners: corners.map(|(x, y)| Point { x, y }), score: 1.0, turn_score: 1.0 }
}

#[test]
fn rotation_is_that_of_the_reading_direction() {
    let upright = page([(10.0, 10.0), (90.0, 10.0), (90.0, 60.0), (10.0, 60.0)]);
    assert_eq!(upright.rotation_degrees(), 0.0);
    let clockwise = page([(60.0, 10.0), (60.0, 90.0), (10.0, 90.0), (10.0, 10.0)]);
    assert_eq!(clockwise.rotation_degrees(), 90.0);
    let upside_down = page([(90.0, 60.0), (10.0, 60.0), (10.0, 10.0), (90.0, 10.0)]);
    assert_eq!(upside_down.rotation_degrees().abs(), 180.0);
}

#[test]
fn size_is_that_of_the_longer_edges() {
    let narrower_above = page([(20.0, 0.0), (80.0, 0.0), (100.0, 50.0), (0.0, 50.0)]);
    let (width, height) = narrower_above.size();
    assert_eq!(width, 100.0);
    assert!((height - 20f64.hypot(50.0)).abs() < 1e-9);
}
