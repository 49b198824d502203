//! Overlaps that can be computed by hand.

use super::*;

const SQUARE: Corners = [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]];

fn moved(x: f64, y: f64) -> Corners {
    SQUARE.map(|corner| [corner[0] + x, corner[1] + y])
}

#[test]
fn shared_area_of_covered_area() {
    let other_way = [SQUARE[3], SQUARE[2], SQUARE[1], SQUARE[0]];
    let diamond = [[1.0, 0.0], [2.0, 1.0], [1.0, 2.0], [0.0, 1.0]];
    for (other, expected) in [
        (SQUARE, 1.0),
        (other_way, 1.0),
        (moved(1.0, 0.0), 1.0 / 3.0),
        (moved(1.0, 1.0), 1.0 / 7.0),
        (moved(5.0, 0.0), 0.0),
        (moved(2.0, 0.0), 0.0),
        (diamond, 0.5),
        ([[1.0, 1.0]; 4], 0.0),
    ] {
        assert!((overlap(&SQUARE, &other) - expected).abs() < 1e-9, "{other:?}");
        assert!((overlap(&other, &SQUARE) - expected).abs() < 1e-9, "{other:?}");
    }
    assert_eq!(overlap(&[[1.0, 1.0]; 4], &[[1.0, 1.0]; 4]), 0.0);
}
