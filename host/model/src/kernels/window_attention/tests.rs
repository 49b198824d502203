//! Our kernel against candle's operations.

use super::*;
use crate::kernels::testing::random;

#[test]
fn it_equals_the_products_of_candle() {
    for (pages, windows, places, heads, head_dim) in [(2, 3, 4, 2, 5), (1, 12, 64, 4, 16)] {
        let shape = [pages, windows * places, heads * head_dim];
        let [query, key, value] = [1.5, 1.5, 1.0].map(|spread| random(&shape, spread));
        let bias = random(&[heads, places, places], 1.0);
        let mask = random(&[windows, places, places], 5.0);
        for mask in [None, Some(&mask)] {
            let scores = WindowScores { bias: &bias, mask, scaling: 0.37 };
            let ours = window_attention(&query, &key, &value, &scores).expect("ours");
            let theirs = with_products_of_candle(&query, &key, &value, &scores).expect("theirs");
            assert_eq!(ours.dims(), theirs.dims());
            let difference = (ours - theirs).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
            let difference = difference.expect("a number");
            assert!(difference < 1e-5, "off by {difference}");
        }
    }
}

#[test]
fn other_shapes_are_an_error() {
    let (x, bias) = (random(&[1, 10, 6], 1.0), random(&[2, 4, 4], 1.0));
    let scores = WindowScores { bias: &bias, mask: None, scaling: 1.0 };
    assert!(window_attention(&x, &x, &x, &scores).is_err());
}
