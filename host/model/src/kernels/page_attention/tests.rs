//! Our kernel against candle's operations.

use super::*;
use crate::kernels::testing::random;

#[test]
fn tokens_of_a_span_attend_to_one_page() {
    let (heads, head_dim) = (4, 8);
    let memory = |pages, seq_len| {
        let shapes = [[pages, heads, head_dim, seq_len], [pages, heads, seq_len, head_dim]];
        shapes.map(|shape| random(&shape, 1.5))
    };
    let (long, short) = (memory(2, 700), memory(1, 30));
    let spans = [(0..2, &long, 1), (2..32, &long, 0), (32..33, &short, 0)];
    let spans =
        spans.map(|(vectors, [keys, values], page)| PageSpan { vectors, keys, values, page });
    let query = random(&[33, heads * head_dim], 1.5);
    let found = attend_to_pages(&query, &spans, 0.3).expect("attention");
    let expected = with_products_of_candle(&query, &spans, 0.3).expect("attention");
    let difference = (found - expected).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
    assert!(difference.expect("a number") < 1e-5);
}

#[test]
fn spans_must_cover_all_tokens_in_order_and_name_pages() {
    let (keys, values) = (random(&[2, 1, 4, 3], 1.5), random(&[2, 1, 3, 4], 1.5));
    let query = random(&[2, 4], 1.5);
    let span = |vectors, page| PageSpan { vectors, keys: &keys, values: &values, page };
    for spans in [vec![span(0..1, 0)], vec![span(1..2, 0), span(0..1, 0)], vec![span(0..2, 2)]] {
        assert!(attend_to_pages(&query, &spans, 1.0).is_err());
    }
    let wide = random(&[2, 8], 1.5);
    assert!(attend_to_pages(&wide, &[span(0..2, 0)], 1.0).is_err());
}
