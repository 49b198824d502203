//! Against candle's copy.

use super::*;
use crate::kernels::testing::random;

#[test]
fn it_equals_the_copy_of_candle() {
    for shape in [[1, 1, 1], [3, 7, 5], [2, 40, 33], [5, 300, 128]] {
        let x = random(&shape, 1.0);
        let expected = x.transpose(1, 2).and_then(|x| x.contiguous()?.to_vec3::<f32>());
        let found = transposed(&x).and_then(|x| x.to_vec3::<f32>());
        assert_eq!(found.expect("a matrix"), expected.expect("a matrix"), "{shape:?}");
    }
}
