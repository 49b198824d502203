//! The same with candle's operations, for other devices and types.

use candle_core::{D, Result, Tensor};

use super::PastSpan;

pub(super) fn append_to_past(cache: &Tensor, new: &Tensor, spans: &[PastSpan]) -> Result<()> {
    let (slots, heads, capacity, head_dim) = cache.dims4()?;
    // One row a token of a head; each new one knows its place.
    let places = spans.iter().flat_map(|span| {
        (span.past..span.past + span.vectors.len()).flat_map(move |column| {
            (0..heads).map(move |head| ((span.slot * heads + head) * capacity + column) as u32)
        })
    });
    let places = Tensor::new(places.collect::<Vec<_>>(), cache.device())?;
    let new = new.reshape(((), head_dim))?.contiguous()?;
    let places = places.unsqueeze(1)?.broadcast_as(new.shape())?.contiguous()?;
    cache.reshape((slots * heads * capacity, head_dim))?.scatter_set(&places, &new, 0)
}

pub(super) fn attend_to_past(
    query: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    spans: &[PastSpan],
    scaling: f64,
) -> Result<Tensor> {
    let (_, heads, _, head_dim) = keys.dims4()?;
    // A row a token: its row's past is gathered, and what it may not see is masked.
    let tokens = spans.iter().flat_map(|span| {
        (span.past + 1..=span.past + span.vectors.len()).map(move |seen| (span.slot as u32, seen))
    });
    let (slots, seen): (Vec<_>, Vec<_>) = tokens.unzip();
    let longest = seen.iter().copied().max().unwrap_or(0);
    let mask = seen.iter().flat_map(|seen| {
        (0..longest).map(move |place| if place < *seen { 0f32 } else { f32::MIN })
    });
    let mask = mask.collect::<Vec<_>>();
    let mask = Tensor::from_vec(mask, (seen.len(), 1, 1, longest), query.device())?;
    let slots = Tensor::new(slots, query.device())?;
    let gather =
        |memory: &Tensor| memory.narrow(2, 0, longest)?.contiguous()?.index_select(&slots, 0);
    let query = query.reshape(((), heads, 1, head_dim))?.contiguous()?;
    let scores = (query.matmul(&gather(keys)?.t()?.contiguous()?)? * scaling)?;
    let weights = candle_nn::ops::softmax_last_dim(&scores.broadcast_add(&mask)?)?;
    weights.matmul(&gather(values)?)?.squeeze(D::Minus2)?.flatten_from(1)
}
