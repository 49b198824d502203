//! Our kernel against its definition in candle's operations.

use candle_core::Device;

use super::*;

fn random(shape: &[usize]) -> Tensor {
    Tensor::randn(0f32, 1.5, shape, &Device::Cpu).expect("random numbers")
}

/// `query` is `(queries, heads * head_dim)`, keys and values `(heads, seq_len, head_dim)`.
fn definition(query: &Tensor, keys: &Tensor, values: &Tensor, mask: Option<&Tensor>) -> Tensor {
    let attended = || {
        let (heads, _, head_dim) = keys.dims3()?;
        let query = query.reshape(((), heads, head_dim))?.transpose(0, 1)?.contiguous()?;
        let mut scores = (query.matmul(&keys.t()?.contiguous()?)? * 0.3)?;
        if let Some(mask) = mask {
            scores = scores.broadcast_add(mask)?;
        }
        let attended = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&values.contiguous()?)?;
        attended.transpose(0, 1)?.contiguous()?.flatten_from(1)
    };
    attended().expect("the definition")
}

fn assert_close(found: &Tensor, expected: &Tensor) {
    let difference = (found - expected).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
    let difference = difference.expect("a number");
    assert!(difference < 1e-5, "off by {difference}");
}

#[test]
fn rows_attend_to_their_own_past() {
    let (rows, heads, seq_len, head_dim) = (3, 2, 9, 4);
    // A cache with room for more than is filled.
    let cache = [random(&[rows, heads, 16, head_dim]), random(&[rows, heads, 16, head_dim])];
    let [keys, values] = cache.map(|cache| cache.narrow(2, 0, seq_len).expect("a view"));
    for columns in [1, 5] {
        let query = random(&[rows, columns, heads * head_dim]);
        let mask = random(&[rows, 1, columns, seq_len]);
        for mask in [None, Some(&mask)] {
            let found = attend_to_own(&query, &keys, &values, mask, 0.3).expect("attention");
            for row in 0..rows {
                let of = |x: &Tensor| x.get(row).expect("a row");
                let mask = mask.map(of);
                let expected = definition(&of(&query), &of(&keys), &of(&values), mask.as_ref());
                assert_close(&of(&found), &expected);
            }
        }
    }
}

#[test]
fn rows_of_a_span_attend_to_one_source() {
    let (heads, seq_len, head_dim) = (4, 700, 8);
    let [keys, values] = [0, 1].map(|_| random(&[2, heads, seq_len, head_dim]));
    let spans = [Span { source: 1, start: 0, length: 2 }, Span { source: 0, start: 2, length: 30 }];
    let query = random(&[32, 1, heads * head_dim]);
    let found = attend_to_spans(&query, &keys, &values, &spans, 0.3).expect("attention");
    for Span { source, start, length } in spans {
        let of = |x: &Tensor| x.narrow(0, start, length).expect("rows").squeeze(1).expect("rows");
        let source = |x: &Tensor| x.get(source).expect("a source");
        assert_close(&of(&found), &definition(&of(&query), &source(&keys), &source(&values), None));
    }
}

#[test]
fn spans_must_cover_all_rows_in_order() {
    let memory = random(&[2, 1, 3, 4]);
    let query = random(&[2, 1, 4]);
    for spans in [
        vec![Span { source: 0, start: 0, length: 1 }],
        vec![Span { source: 0, start: 1, length: 1 }, Span { source: 0, start: 0, length: 1 }],
        vec![Span { source: 2, start: 0, length: 2 }],
    ] {
        assert!(attend_to_spans(&query, &memory, &memory, &spans, 1.0).is_err());
    }
}

#[test]
fn what_is_masked_counts_nothing() {
    let keys = random(&[1, 1, 2, 3]);
    let values = Tensor::new(&[[[[1f32, 2.0, 3.0], [100.0, 100.0, 100.0]]]], &Device::Cpu);
    let mask = Tensor::new(&[[[[0f32, f32::MIN]]]], &Device::Cpu).expect("a mask");
    let query = random(&[1, 1, 3]);
    let found = attend_to_own(&query, &keys, &values.expect("values"), Some(&mask), 1.0);
    let found = found.and_then(|found| found.flatten_all()?.to_vec1::<f32>()).expect("attention");
    assert_eq!(found, [1.0, 2.0, 3.0]);
}
