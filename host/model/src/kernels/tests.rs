//! Additions in place against candle's.

use super::*;
use crate::kernels::testing::random_matrix;

#[test]
fn sums_equal_those_of_candle() {
    for rows in [5, 50_000] {
        let (x, y) = (random_matrix(rows, 7), random_matrix(rows, 7));
        let values = |x: &Tensor| x.to_vec2::<f32>().expect("two dimensions");
        let sum = (&x + &y).expect("a sum");
        let found = add_to_fresh(y.copy().expect("a copy"), &x).expect("a sum");
        assert_eq!(values(&found), values(&sum));
    }
}

#[test]
fn other_shapes_are_an_error() {
    assert!(add_to_fresh(random_matrix(6, 2), &random_matrix(3, 2)).is_err());
}
