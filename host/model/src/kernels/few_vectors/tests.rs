//! Against candle's product.

use candle_core::{Device, Tensor};

use super::*;

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().and_then(|tensor| tensor.to_vec1()).expect("values")
}

#[test]
fn it_equals_candle_for_any_shape() {
    for vectors in [1, 3, 4, 9, 32] {
        for (out_features, in_features) in [(1, 5), (6, 48), (300, 200)] {
            let random = |rows: usize, columns: usize| {
                Tensor::randn(0f32, 1.0, (rows, columns), &Device::Cpu).expect("random numbers")
            };
            let (x, weight) = (random(vectors, in_features), random(out_features, in_features));
            let bias = random(1, out_features);
            let product = weight.t().and_then(|weight_t| x.matmul(&weight_t)).expect("a product");
            let biased = product.broadcast_add(&bias).expect("a sum");
            let (x, weight, bias) = (values(&x), values(&weight), values(&bias));
            for (bias, expected) in [(None, product), (Some(bias.as_slice()), biased)] {
                let found = multiply_few(&x, StoredRows::F32(&weight), bias, in_features);
                for (found, expected) in found.iter().zip(values(&expected)) {
                    assert!((found - expected).abs() < 1e-3, "{found} and {expected}");
                }
            }
        }
    }
}
