//! Each function on a device against the same on the CPU: that a launch says of its tensors what they are. On a GPU, or
//! on the driver of `.ci/counting-driver`, which computes what these tests launch and nothing else.

use candle_core::Device;

use super::*;
use crate::kernels::testing::{greatest_difference, random};
use crate::kernels::{LowRank, PageSpan, Part, PastSpan, Weight};
use crate::{DeviceKind, WeightPrecision};

fn gpu() -> Device {
    DeviceKind::Cuda(0).open().expect("a device")
}

/// The same numbers on a device, behind others, so that they do not begin where their memory does.
fn on(device: &Device, x: &Tensor) -> Tensor {
    let before = Tensor::zeros(5, x.dtype(), &Device::Cpu).expect("zeros");
    let both = Tensor::cat(&[&before, &x.flatten_all().expect("numbers")], 0).expect("numbers");
    let both = both.to_device(device).expect("a copy");
    let x = both.narrow(0, 5, x.elem_count()).and_then(|same| same.reshape(x.shape()));
    x.expect("the same shape")
}

fn assert_same(found: &Tensor, expected: &Tensor, tolerance: f32) {
    let found = found.to_device(&Device::Cpu).expect("a copy");
    let difference = greatest_difference(&found, expected);
    assert!(difference < tolerance, "off by {difference}");
}

#[test]
fn tokens_of_more_pages_than_a_table_has_room_for_attend_to_their_own() {
    let device = gpu();
    let (heads, head_dim) = (2, 16);
    let memories = [(2, 300), (1, 7), (3, 256)].map(|(pages, states)| {
        let keys = random(&[pages, heads, head_dim, states], 1.0);
        (keys, random(&[pages, heads, states, head_dim], 1.0), pages)
    });
    let there =
        memories.each_ref().map(|(keys, values, _)| (on(&device, keys), on(&device, values)));
    let mut spans = Vec::new();
    let mut spans_there = Vec::new();
    let mut tokens = 0;
    for number in 0..MOST_IN_A_TABLE + 2 {
        let (keys, values, pages) = &memories[number % 3];
        let (keys_there, values_there) = &there[number % 3];
        let vectors = tokens..tokens + 1 + number % 11;
        tokens = vectors.end;
        let page = number / 3 % pages;
        spans.push(PageSpan { vectors: vectors.clone(), keys, values, page, columns: 1 });
        spans_there.push(PageSpan {
            vectors,
            keys: keys_there,
            values: values_there,
            page,
            columns: 1,
        });
    }
    let query = random(&[tokens, heads * head_dim], 1.0);
    let (expected, _) =
        crate::kernels::attend_to_pages(&query, &spans, 0.3, None).expect("attention");
    let found = attend_to_pages(&on(&device, &query), &spans_there, 0.3).expect("a launch");
    assert_same(&found.expect("taken"), &expected, 1e-5);
}

/// Of pages and segments.
const MOST_IN_A_TABLE: usize = 64;

#[test]
fn more_rows_than_a_table_has_room_for_are_appended_and_attend_to_their_past() {
    let device = gpu();
    let (rows, heads, capacity, head_dim) = (131, 2, 9, 8);
    let mut tokens = 0;
    let spans = (0..rows).map(|row| {
        let vectors = tokens..tokens + 1 + row % 3;
        tokens = vectors.end;
        PastSpan { slot: (row * 5 + 2) % rows, vectors, past: row % 7 }
    });
    let spans = spans.collect::<Vec<_>>();
    let [query, new_keys, new_values] = [0; 3].map(|_| random(&[tokens, heads * head_dim], 1.0));
    let [keys, values] = [0; 2].map(|_| random(&[rows, heads, capacity, head_dim], 1.0));
    let [query_there, new_keys_there, new_values_there, keys_there, values_there] =
        [&query, &new_keys, &new_values, &keys, &values].map(|x| on(&device, x));
    let found = append_and_attend(
        &query_there,
        [&new_keys_there, &keys_there],
        [&new_values_there, &values_there],
        &spans,
        0.3,
    );
    let expected = crate::kernels::append_and_attend(
        &query,
        [&new_keys, &keys],
        [&new_values, &values],
        &spans,
        0.3,
    );
    assert_same(&found.expect("a launch").expect("taken"), &expected.expect("attention"), 1e-5);
    assert_same(&keys_there, &keys, f32::MIN_POSITIVE);
    assert_same(&values_there, &values, f32::MIN_POSITIVE);
}

#[test]
fn a_sum_is_kept_and_normalised() {
    let device = gpu();
    let [y, x] = [0; 2].map(|_| random(&[3, 2, 50], 2.0));
    let [weight, bias] = [0; 2].map(|_| random(50, 1.0));
    let there = on(&device, &y);
    let [x_there, weight_there, bias_there] = [&x, &weight, &bias].map(|x| on(&device, x));
    let found = add_layer_norm(&there, &x_there, &weight_there, &bias_there, 1e-3);
    let (sum, normed) =
        crate::kernels::add_layer_norm(y, &x, &weight, &bias, 1e-3).expect("a norm");
    assert_same(&found.expect("a launch").expect("taken"), &normed, 1e-5);
    assert_same(&there, &sum, 1e-6);
}

#[test]
fn logits_are_chosen_and_weighed() {
    let device = gpu();
    let logits = random(&[3, 1000], 2.0);
    let columns = Tensor::new(&[0u32, 7, 512, 999], &Device::Cpu).expect("a list");
    let expected = crate::kernels::weigh_logits(&logits, &columns).expect("logits");
    let found = weigh_logits(&on(&device, &logits), &on(&device, &columns)).expect("a launch");
    assert_same(&found.expect("taken"), &expected, 1e-3);
}

/// Of some vectors the first part has a weight of its own, where there are two; every other vector but
/// for the last two has an adapter of its own.
fn assert_affine(weights: WeightPrecision, matrices: DType, parts: usize, tolerance: f32) {
    let device = gpu();
    let (vectors, in_features, out_features) = (2 * MOST_IN_A_TABLE + 9, 40, 70);
    let x = random(&[vectors, in_features], 1.0);
    let bias = random(out_features, 1.0);
    let kept = [0; 2].map(|_| random(&[out_features, in_features], 0.2));
    let weights_here = kept.each_ref().map(|kept| Weight::keep(kept, weights).expect("a weight"));
    let weights_there =
        weights_here.each_ref().map(|weight| Weight::new(on(&device, weight.values())));
    let pairs = (0..vectors - 2).step_by(2).map(|first| {
        let rank = first / 2 % 6;
        let matrix = |columns| random(&[rank, columns], 0.5).to_dtype(matrices).expect("a matrix");
        (first..first + 1 + first / 2 % 2, matrix(in_features), matrix(out_features))
    });
    let pairs = pairs.collect::<Vec<_>>();
    let there = pairs.iter().map(|(_, a, b_t)| (on(&device, a), on(&device, b_t)));
    let there = there.collect::<Vec<_>>();
    let low_rank = pairs
        .iter()
        .map(|(vectors, a, b_t)| LowRank { vectors: vectors.clone(), a, b_t })
        .collect::<Vec<_>>();
    let low_rank_there = pairs
        .iter()
        .zip(&there)
        .map(|((vectors, ..), (a, b_t))| LowRank { vectors: vectors.clone(), a, b_t })
        .collect::<Vec<_>>();
    let bias_there = on(&device, &bias);
    let ends = if parts == 1 { vec![vectors] } else { vec![3, vectors] };
    let starts = [0, 3];
    let [parts_here, parts_there] =
        [(&weights_here, &bias), (&weights_there, &bias_there)].map(|(weights, bias)| {
            let parts = starts.iter().zip(&ends).zip(weights).enumerate();
            let parts = parts.map(|(number, ((start, end), weight))| Part {
                vectors: *start..*end,
                weight,
                bias: (number == 0).then_some(bias),
            });
            parts.collect::<Vec<_>>()
        });
    let expected = crate::kernels::affine_in_parts(&x, &parts_here, &low_rank);
    let found = affine_in_parts(&on(&device, &x), &parts_there, &low_rank_there);
    assert_same(
        &found.expect("launches").expect("taken"),
        &expected.expect("a product"),
        tolerance,
    );
}

#[test]
fn bias_and_more_adapters_than_a_table_has_room_for_stand_behind_a_product() {
    for matrices in [DType::F32, DType::F16, DType::BF16] {
        assert_affine(WeightPrecision::F32, matrices, 1, 1e-4);
        assert_affine(WeightPrecision::F32, matrices, 2, 1e-4);
        // The CPU widens, and adds up in f32; results in bf16 have 8 bits.
        assert_affine(WeightPrecision::Bf16, matrices, 1, 0.05);
        assert_affine(WeightPrecision::F16, matrices, 2, 0.01);
    }
}
