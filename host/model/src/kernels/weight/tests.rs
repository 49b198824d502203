//! What is kept narrow is as near as its bits allow, and products of it equal those of what it holds.

use candle_core::Device;

use super::super::{Part, affine_in_parts, merge};
use super::*;
use crate::kernels::testing::greatest_difference;

const PRECISIONS: [(WeightPrecision, f32); 4] = [
    (WeightPrecision::F32, 0.0),
    (WeightPrecision::Bf16, 1.0 / 256.0),
    (WeightPrecision::F16, 1.0 / 2048.0),
    (WeightPrecision::Int8, 0.51 / 127.0),
];

fn random(rows: usize, columns: usize) -> Tensor {
    Tensor::rand(-1f32, 1.0, (rows, columns), &Device::Cpu).expect("random numbers")
}

#[test]
fn rounding_is_as_fine_as_the_bits_allow() {
    let values = random(37, 53);
    for (precision, most) in PRECISIONS {
        let weight = Weight::keep(&values, precision).expect("is kept");
        let off = greatest_difference(&weight.to_f32().expect("widened"), &values);
        assert!(off <= most, "{precision}: {off}");
        let again = weight.rounded_alike(&weight.to_f32().expect("widened")).expect("is rounded");
        let off = greatest_difference(&again, &weight.to_f32().expect("widened"));
        assert!(off < 1e-6, "{precision}: rounded twice it differs by {off}");
    }
}

#[test]
fn int8_keeps_each_row_by_its_own_greatest_value() {
    let values = Tensor::new(&[[1e-3f32, -5e-4], [1000.0, 250.0], [0.0, 0.0]], &Device::Cpu);
    let weight = Weight::keep(&values.expect("a matrix"), WeightPrecision::Int8).expect("is kept");
    let kept = weight.to_f32().and_then(|kept| kept.to_vec2::<f32>()).expect("widened");
    let expected = [[1e-3, -5e-4], [1000.0, 250.0], [0.0, 0.0]];
    for (kept, expected) in kept.iter().zip(expected) {
        let step = expected[0] / 127.0;
        for (kept, expected) in kept.iter().zip(expected) {
            assert!((kept - expected).abs() <= step / 2.0 + f32::EPSILON, "{kept} for {expected}");
        }
    }
    assert_eq!(weight.bytes(), 6 + 3 * 4);
}

#[test]
fn products_equal_those_of_the_widened_weight() {
    let (small, large, bias) = (random(65, 48), random(600, 500), random(1, 600));
    for (precision, _) in PRECISIONS {
        for (values, bias) in [(&small, None), (&large, Some(bias.squeeze(0).expect("a vector")))] {
            let weight = Weight::keep(values, precision).expect("is kept");
            let wide = Weight::new(weight.to_f32().expect("widened"));
            for vectors in [1, 6, 500] {
                let x = random(vectors, values.dims()[1]);
                let product = |weight| {
                    let parts = [Part { vectors: 0..vectors, weight, bias: bias.as_ref() }];
                    affine_in_parts(&x, &parts, &[]).expect("a product")
                };
                let off = greatest_difference(&product(&weight), &product(&wide));
                assert!(off < 1e-4, "{precision}, {vectors} vectors: {off}");
            }
        }
    }
}

#[test]
fn narrow_and_wide_parts_go_together() {
    let (x, values) = (random(12, 48), random(20, 48));
    for (precision, _) in PRECISIONS {
        let weight = Weight::keep(&values, precision).expect("is kept");
        let strided = Weight::new(random(48, 20).t().expect("a view"));
        let part = |vectors, weight| Part { vectors, weight, bias: None };
        let parts = [part(0..5, &weight), part(5..12, &strided)];
        let together = affine_in_parts(&x, &parts, &[]).expect("a product");
        for Part { vectors, weight, .. } in parts {
            let x = x.narrow(0, vectors.start, vectors.len()).expect("rows");
            let alone = affine_in_parts(&x, &[part(0..vectors.len(), weight)], &[]);
            let rows = together.narrow(0, vectors.start, vectors.len()).expect("rows");
            assert!(greatest_difference(&rows, &alone.expect("a product")) < 1e-5);
        }
    }
}

#[test]
fn rows_and_merged_weights_equal_those_of_the_widened_weight() {
    let (values, left, right) = (random(30, 16), random(30, 4), random(4, 16));
    let indices = Tensor::new(&[7u32, 0, 29, 7], &Device::Cpu).expect("indices");
    for (precision, _) in PRECISIONS {
        let weight = Weight::keep(&values, precision).expect("is kept");
        let wide = weight.to_f32().expect("widened");
        let rows = weight.rows(&indices).expect("rows");
        let expected = wide.index_select(&indices, 0).expect("rows");
        assert_eq!(greatest_difference(&rows, &expected), 0.0);
        let merged = merge(&weight, None, &left, &right).expect("a sum");
        let expected = (&wide + left.matmul(&right).expect("a product")).expect("a sum");
        assert!(greatest_difference(&merged, &expected) < 1e-5);
    }
}

#[test]
fn bytes_without_scales_are_an_error() {
    let bytes = Weight::new(Tensor::zeros((4, 6), DType::U8, &Device::Cpu).expect("zeros"));
    let parts = [Part { vectors: 0..2, weight: &bytes, bias: None }];
    assert!(affine_in_parts(&random(2, 6), &parts, &[]).is_err());
}
