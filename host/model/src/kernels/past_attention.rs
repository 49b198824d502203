//! Attention of the decoder's rows to their own past.

use std::ops::Range;

use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor, bail};
use rayon::prelude::*;

use super::{contiguous, contiguous_mut, covers, lanes, runs_here, with_values};

mod fallback;

/// New tokens of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PastSpan {
    /// The row's place in the cache.
    pub(crate) slot: usize,
    pub(crate) vectors: Range<usize>,
    /// Tokens of the row before these.
    pub(crate) past: usize,
}

/// Writes keys and values of new tokens, `(tokens, heads * head_dim)`, into caches, `(slots, heads,
/// capacity, head_dim)`, which are overwritten, and attends to them: `softmax(scaling * query key^T)
/// value`, head by head, each token with the keys and values of its row up to itself. Of keys and of
/// values: the new ones, and their cache. `query` is as the new ones, and so is the result. The rows
/// have a slot each.
pub(crate) fn append_and_attend(
    query: &Tensor,
    keys: [&Tensor; 2],
    values: [&Tensor; 2],
    spans: &[PastSpan],
    scaling: f64,
) -> Result<Tensor> {
    let ([new_keys, key_cache], [new_values, value_cache]) = (keys, values);
    #[cfg(feature = "cuda")]
    if !runs_here(query) {
        check(new_keys.dims2()?, key_cache.dims4()?, spans)?;
        if let Some(attended) =
            super::device::append_and_attend(query, keys, values, spans, scaling)?
        {
            return Ok(attended);
        }
    }
    append_to_past(key_cache, new_keys, spans)?;
    append_to_past(value_cache, new_values, spans)?;
    attend_to_past(query, key_cache, value_cache, spans, scaling)
}

/// Writes keys or values of new tokens, `(tokens, heads * head_dim)`, into a cache, `(slots, heads,
/// capacity, head_dim)`, which is overwritten.
fn append_to_past(cache: &Tensor, new: &Tensor, spans: &[PastSpan]) -> Result<()> {
    check(new.dims2()?, cache.dims4()?, spans)?;
    if !runs_here(cache) {
        return fallback::append_to_past(cache, new, spans);
    }
    cache.inplace_op2(&new.contiguous()?, &Append { spans })
}

/// `softmax(scaling * query key^T) value`, head by head, each token with the keys and values of its
/// row up to itself. `query` is `(tokens, heads * head_dim)`, and so is the result; `keys` and
/// `values` are `(slots, heads, capacity, head_dim)`, and hold those of the new tokens too.
fn attend_to_past(
    query: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    spans: &[PastSpan],
    scaling: f64,
) -> Result<Tensor> {
    check(query.dims2()?, keys.dims4()?, spans)?;
    if keys.dims() != values.dims() {
        bail!("keys of {:?} and values of {:?}", keys.dims(), values.dims());
    }
    if !runs_here(query) {
        return fallback::attend_to_past(query, keys, values, spans, scaling);
    }
    let (_, heads, capacity, head_dim) = keys.dims4()?;
    let query = query.contiguous()?;
    let attended = with_values(&query, |query| {
        with_values(keys, |keys| {
            with_values(values, |values| {
                let scaling = scaling as f32;
                let rows = Rows { query, keys, values, heads, capacity, head_dim, scaling };
                Ok(rows.attend(spans))
            })
        })
    })?;
    Tensor::from_vec(attended, query.shape(), query.device())
}

fn check(
    (tokens, width): (usize, usize),
    (slots, heads, capacity, head_dim): (usize, usize, usize, usize),
    spans: &[PastSpan],
) -> Result<()> {
    let outside = |span: &PastSpan| span.slot >= slots || span.past + span.vectors.len() > capacity;
    if let Some(span) = spans.iter().find(|span| outside(span)) {
        bail!("{span:?} is outside of {slots} slots of {capacity} tokens");
    }
    if heads * head_dim != width || !covers(tokens, spans.iter().map(|span| &span.vectors)) {
        bail!("spans that do not cover {tokens} tokens of {width} numbers");
    }
    Ok(())
}

struct Append<'a> {
    spans: &'a [PastSpan],
}

impl InplaceOp2 for Append<'_> {
    fn name(&self) -> &'static str {
        "append-to-past"
    }

    fn cpu_fwd(
        &self,
        cache: &mut CpuStorage,
        cache_layout: &Layout,
        new: &CpuStorage,
        new_layout: &Layout,
    ) -> Result<()> {
        let (_, heads, capacity, head_dim) = cache_layout.shape().dims4()?;
        let cache = contiguous_mut(cache, cache_layout)?;
        let new = contiguous(new, new_layout)?;
        for span in self.spans {
            for (column, vector) in (span.past..).zip(span.vectors.clone()) {
                let vector = &new[vector * heads * head_dim..][..heads * head_dim];
                for (head, part) in vector.chunks_exact(head_dim).enumerate() {
                    let place = (span.slot * heads + head) * capacity + column;
                    cache[place * head_dim..][..head_dim].copy_from_slice(part);
                }
            }
        }
        Ok(())
    }
}

struct Rows<'a> {
    query: &'a [f32],
    keys: &'a [f32],
    values: &'a [f32],
    heads: usize,
    capacity: usize,
    head_dim: usize,
    scaling: f32,
}

impl Rows<'_> {
    fn attend(&self, spans: &[PastSpan]) -> Vec<f32> {
        let width = self.heads * self.head_dim;
        let mut attended = vec![0f32; self.query.len()];
        let mut tasks = Vec::with_capacity(spans.len());
        let mut rest = attended.as_mut_slice();
        let mut cost = 0;
        for span in spans {
            let (row, others) = rest.split_at_mut(span.vectors.len() * width);
            tasks.push((span, row));
            rest = others;
            cost += span.vectors.len() * (span.past + span.vectors.len()) * width;
        }
        if cost > LARGE {
            let least = tasks.len().div_ceil(4 * rayon::current_num_threads());
            let tasks = tasks.into_par_iter().with_min_len(least);
            tasks.for_each(|(span, row)| self.row(span, row));
        } else {
            tasks.into_iter().for_each(|(span, row)| self.row(span, row));
        }
        attended
    }

    /// The new tokens of one row.
    fn row(&self, span: &PastSpan, attended: &mut [f32]) {
        let width = self.heads * self.head_dim;
        let query = &self.query[span.vectors.start * width..span.vectors.end * width];
        let mut scores = vec![0f32; span.past + span.vectors.len()];
        lanes::in_widest_registers(
            #[inline(always)]
            || {
                let tokens = query.chunks_exact(width).zip(attended.chunks_exact_mut(width));
                for (seen, (query, attended)) in (span.past + 1..).zip(tokens) {
                    let query = query.chunks_exact(self.head_dim);
                    let attended = attended.chunks_exact_mut(self.head_dim);
                    for (head, (query, attended)) in query.zip(attended).enumerate() {
                        let first = (span.slot * self.heads + head) * self.capacity * self.head_dim;
                        let memory = first..first + seen * self.head_dim;
                        let (keys, values) = (&self.keys[memory.clone()], &self.values[memory]);
                        lanes::attend(
                            query,
                            keys,
                            values,
                            self.scaling,
                            &mut scores[..seen],
                            attended,
                        );
                    }
                }
            },
        );
    }
}

/// Multiplications from which several threads are worth their start.
const LARGE: usize = 1 << 17;

#[cfg(test)]
mod tests;
