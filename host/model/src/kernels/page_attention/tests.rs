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
    let spans = spans.map(|(vectors, [keys, values], page)| PageSpan {
        vectors,
        keys,
        values,
        page,
        columns: 10,
    });
    let query = random(&[33, heads * head_dim], 1.5);
    let (found, foci) = attend_to_pages(&query, &spans, 0.3, None).expect("attention");
    assert_eq!(foci, []);
    let expected = with_products_of_candle(&query, &spans, 0.3).expect("attention");
    let difference = (found - expected).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
    assert!(difference.expect("a number") < 1e-5);
}

#[test]
fn spans_must_cover_all_tokens_in_order_and_name_pages() {
    let (keys, values) = (random(&[2, 1, 4, 3], 1.5), random(&[2, 1, 3, 4], 1.5));
    let query = random(&[2, 4], 1.5);
    let span = |vectors, page| PageSpan { vectors, keys: &keys, values: &values, page, columns: 3 };
    for spans in [vec![span(0..1, 0)], vec![span(1..2, 0), span(0..1, 0)], vec![span(0..2, 2)]] {
        assert!(attend_to_pages(&query, &spans, 1.0, None).is_err());
    }
    let wide = random(&[2, 8], 1.5);
    assert!(attend_to_pages(&wide, &[span(0..2, 0)], 1.0, None).is_err());
}

#[test]
fn a_token_looks_where_the_denser_of_its_heads_does() {
    // Eight tokens of a page in one row, and the key that each head prefers.
    let (heads, head_dim, seq_len) = (3, 1, 8);
    let mut keys = vec![0.0_f32; heads * seq_len];
    (keys[0], keys[seq_len + 6], keys[2 * seq_len + 3]) = (3.0, 20.0, 99.0);
    let shape = (1, heads, head_dim, seq_len);
    let keys = Tensor::from_vec(keys, shape, &candle_core::Device::Cpu).expect("a tensor");
    let values = random(&[1, heads, seq_len, head_dim], 1.5);
    let query = Tensor::ones((2, heads), candle_core::DType::F32, &candle_core::Device::Cpu);
    let query = query.expect("a tensor");
    let spans = [PageSpan { vectors: 0..2, keys: &keys, values: &values, page: 0, columns: 8 }];
    let looking = Looking { heads: 2 };
    let (attended, foci) = attend_to_pages(&query, &spans, 1.0, Some(looking)).expect("attention");
    let (alone, _) = attend_to_pages(&query, &spans, 1.0, None).expect("attention");
    let bits =
        |tensor: &Tensor| tensor.flatten_all().and_then(|t| t.to_vec1::<f32>()).expect("f32");
    assert_eq!(bits(&attended), bits(&alone), "looking changes nothing");
    // The third head, whose look is denser still, is not asked.
    for focus in foci {
        assert!((focus.x - 6.5).abs() < 1e-3 && (focus.y - 0.5).abs() < 1e-3, "{focus:?}");
        assert!(focus.share > 0.999, "{focus:?}");
    }
}

#[test]
fn a_focus_is_the_centre_of_what_lies_together() {
    let mut attention = vec![0.0; 12];
    // A page of four columns: two neighbours, and one far away that is fainter.
    attention[5] = 0.4;
    attention[6] = 0.4;
    attention[8] = 0.2;
    let focus = Focus::of(&attention, 4);
    assert!((focus.share - 0.8).abs() < 1e-6, "{focus:?}");
    assert!((focus.x - 2.0).abs() < 1e-6 && (focus.y - 1.5).abs() < 1e-6, "{focus:?}");
    let alone = Focus::of(&[0.0, 0.0, 0.0, 1.0], 2);
    assert_eq!(alone, Focus { x: 1.5, y: 1.5, share: 1.0 });
    assert_eq!(Focus::of(&[1.0, 0.0, 0.0, 0.0], 2), Focus { x: 0.5, y: 0.5, share: 1.0 });
    assert_eq!(Focus::of(&[], 2), Focus::default());
}
