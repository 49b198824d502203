//! Our kernel against candle's operations.

use candle_core::Device;

use super::*;
use crate::kernels::testing::random;

fn span(slot: usize, vectors: Range<usize>, past: usize) -> PastSpan {
    PastSpan { slot, vectors, past }
}

fn values(x: &Tensor) -> Vec<f32> {
    x.flatten_all().and_then(|x| x.to_vec1()).expect("values")
}

#[test]
fn new_tokens_are_written_where_they_belong_and_seen_by_their_row_alone() {
    let (heads, capacity, head_dim) = (3, 40, 20);
    let spans = [span(4, 0..1, 38), span(0, 1..6, 0), span(2, 6..8, 7)];
    let caches = [0, 1].map(|_| random(&[5, heads, capacity, head_dim], 1.5));
    for cache in &caches {
        let new = random(&[8, heads * head_dim], 1.5);
        let expected = cache.copy().expect("a copy");
        fallback::append_to_past(&expected, &new, &spans).expect("a copy");
        append_to_past(cache, &new, &spans).expect("room");
        assert_eq!(values(cache), values(&expected));
        // The first token of the last row, in its second head.
        let place = cache.get(2).and_then(|row| row.get(1)?.get(7)?.to_vec1::<f32>());
        assert_eq!(place.expect("a place"), values(&new)[6 * 60 + 20..][..20]);
    }
    let [keys, past_values] = &caches;
    let query = random(&[8, heads * head_dim], 1.5);
    let found = attend_to_past(&query, keys, past_values, &spans, 0.3).expect("attention");
    let expected = fallback::attend_to_past(&query, keys, past_values, &spans, 0.3);
    let expected = expected.expect("attention");
    assert_eq!(found.dims(), expected.dims());
    for (found, expected) in values(&found).iter().zip(values(&expected)) {
        assert!((found - expected).abs() < 1e-5, "{found} and {expected}");
    }
}

#[test]
fn the_first_token_sees_itself_alone() {
    let keys = random(&[1, 1, 2, 3], 1.5);
    let past = Tensor::new(&[[[[1f32, 2.0, 3.0], [100.0, 100.0, 100.0]]]], &Device::Cpu);
    let query = random(&[1, 3], 1.5);
    let found = attend_to_past(&query, &keys, &past.expect("values"), &[span(0, 0..1, 0)], 1.0);
    assert_eq!(values(&found.expect("attention")), [1.0, 2.0, 3.0]);
}

#[test]
fn what_does_not_fit_is_an_error() {
    let cache = random(&[2, 1, 3, 4], 1.5);
    let new = random(&[2, 4], 1.5);
    for spans in [
        vec![span(0, 0..1, 0)],
        vec![span(0, 1..2, 0), span(1, 0..1, 0)],
        vec![span(2, 0..2, 0)],
        vec![span(0, 0..2, 2)],
    ] {
        assert!(append_to_past(&cache, &new, &spans).is_err(), "{spans:?}");
        assert!(attend_to_past(&new, &cache, &cache, &spans, 1.0).is_err(), "{spans:?}");
    }
}
