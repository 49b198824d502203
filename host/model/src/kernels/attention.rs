//! Attention of decoder rows: to their own past, and to the page they look at.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::product::{Destination, Matrix, MatrixMut, multiply};
use super::{contiguous, lanes, runs_here, with_values};

/// Neighbouring rows that look at the same keys and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Which keys and values.
    pub(crate) source: usize,
    /// The first row.
    pub(crate) start: usize,
    /// Rows.
    pub(crate) length: usize,
}

/// `softmax(scaling * query key^T + mask) value`, head by head, each row with the keys and values of
/// its own index.
///
/// `query` is `(rows, columns, heads * head_dim)`, and so is the result; `keys` and `values` are
/// `(rows, heads, seq_len, head_dim)`, or a view of the first `seq_len` places of more; `mask` is
/// `(rows, 1, columns, seq_len)`.
pub(crate) fn attend_to_own(
    query: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    mask: Option<&Tensor>,
    scaling: f64,
) -> Result<Tensor> {
    let (rows, columns, d_model) = query.dims3()?;
    if runs_here(query) {
        let spans = (0..rows).map(|row| Span { source: row, start: row, length: 1 });
        let spans = spans.collect::<Vec<_>>();
        return attend(query, keys, values, mask, scaling, &spans);
    }
    let heads = keys.dim(1)?;
    let by_head = query.reshape((rows, columns, heads, d_model / heads))?;
    let by_head = (by_head.transpose(1, 2)?.contiguous()? * scaling)?;
    let mut scores = by_head.matmul(&keys.t()?)?;
    if let Some(mask) = mask {
        scores = scores.broadcast_add(mask)?;
    }
    let attended = candle_nn::ops::softmax_last_dim(&scores)?.matmul(values)?;
    attended.transpose(1, 2)?.contiguous()?.flatten_from(2)
}

/// As [`attend_to_own`], but all rows of a span look at the keys and values of its source. The
/// spans cover all rows in order.
pub(crate) fn attend_to_spans(
    query: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    spans: &[Span],
    scaling: f64,
) -> Result<Tensor> {
    if runs_here(query) {
        return attend(query, keys, values, None, scaling, spans);
    }
    let (_, columns, d_model) = query.dims3()?;
    let heads = keys.dim(1)?;
    let attend = |span: &Span| {
        let queries = (span.length * columns, heads, d_model / heads);
        let query = query.narrow(0, span.start, span.length)?.reshape(queries)?;
        let query = (query.transpose(0, 1)?.contiguous()? * scaling)?;
        let scores = query.matmul(&keys.get(span.source)?.t()?)?;
        let attended =
            candle_nn::ops::softmax_last_dim(&scores)?.matmul(&values.get(span.source)?)?;
        attended.transpose(0, 1)?.reshape((span.length, columns, d_model))
    };
    Tensor::cat(&spans.iter().map(attend).collect::<Result<Vec<_>>>()?, 0)
}

fn attend(
    query: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    mask: Option<&Tensor>,
    scaling: f64,
    spans: &[Span],
) -> Result<Tensor> {
    let query = query.contiguous()?;
    let scaling = scaling as f32;
    match mask {
        Some(mask) => with_values(mask, |mask| {
            query.apply_op3_no_bwd(keys, values, &Attend { spans, mask, scaling })
        }),
        None => query.apply_op3_no_bwd(keys, values, &Attend { spans, mask: &[], scaling }),
    }
}

struct Attend<'a> {
    spans: &'a [Span],
    /// `(rows, columns, seq_len)`, or empty for none.
    mask: &'a [f32],
    scaling: f32,
}

/// Keys or values: `(sources, heads, seq_len, head_dim)`, the last two dimensions a plain matrix.
struct Memory<'a> {
    values: &'a [f32],
    sources: usize,
    heads: usize,
    seq_len: usize,
    head_dim: usize,
    source_stride: usize,
    head_stride: usize,
}

impl<'a> Memory<'a> {
    fn new(storage: &'a CpuStorage, layout: &Layout) -> Result<Self> {
        let CpuStorage::F32(values) = storage else { bail!("f32 values are needed") };
        let (sources, heads, seq_len, head_dim) = layout.shape().dims4()?;
        match layout.stride() {
            [source_stride, head_stride, place, 1] if *place == head_dim => Ok(Self {
                values: &values[layout.start_offset()..],
                sources,
                heads,
                seq_len,
                head_dim,
                source_stride: *source_stride,
                head_stride: *head_stride,
            }),
            stride => bail!("keys and values of strides {stride:?}"),
        }
    }

    fn matrix(&self, source: usize, head: usize) -> Matrix<'a> {
        let first = source * self.source_stride + head * self.head_stride;
        Matrix::row_major(&self.values[first..], self.seq_len, self.head_dim)
    }
}

impl Attend<'_> {
    /// All queries of one span and one head; `attended` is `(queries, head_dim)`.
    fn head(
        &self,
        query: Matrix<'_>,
        keys: Matrix<'_>,
        values: Matrix<'_>,
        mask: &[f32],
        attended: &mut [f32],
    ) {
        let (queries, seq_len) = (query.rows, keys.rows);
        let mut scores = vec![0f32; queries * seq_len];
        let mut products =
            MatrixMut { values: &mut scores, rows: queries, columns: seq_len, row_stride: seq_len };
        let what = Destination::Overwrite;
        multiply(&mut products, what, self.scaling, query, keys.transposed(), 1);
        pulp::Arch::new().dispatch(|| {
            for (score, mask) in scores.iter_mut().zip(mask) {
                *score += mask;
            }
            scores.chunks_exact_mut(seq_len).for_each(lanes::softmax);
        });
        let columns = values.columns;
        let mut attended =
            MatrixMut { values: attended, rows: queries, columns, row_stride: columns };
        let weights = Matrix::row_major(&scores, queries, seq_len);
        multiply(&mut attended, what, 1.0, weights, values, 1);
    }
}

impl CustomOp3 for Attend<'_> {
    fn name(&self) -> &'static str {
        "attend"
    }

    fn cpu_fwd(
        &self,
        query: &CpuStorage,
        query_layout: &Layout,
        keys: &CpuStorage,
        keys_layout: &Layout,
        values: &CpuStorage,
        values_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, columns, d_model) = query_layout.shape().dims3()?;
        let query = contiguous(query, query_layout)?;
        let keys = Memory::new(keys, keys_layout)?;
        let values = Memory::new(values, values_layout)?;
        let (heads, head_dim, seq_len) = (keys.heads, keys.head_dim, keys.seq_len);
        let covered = self.spans.iter().try_fold(0, |row, span| {
            (span.start == row && span.source < keys.sources).then_some(row + span.length)
        });
        let fits = keys_layout.shape() == values_layout.shape()
            && heads * head_dim == d_model
            && covered == Some(rows)
            && (self.mask.is_empty() || self.mask.len() == rows * columns * seq_len);
        if !fits {
            bail!("{rows} queries of {:?} for {:?}", query_layout.shape(), keys_layout.shape());
        }

        // Head by head first, so that each task has a slice of its own; joined afterwards.
        let mut by_head = vec![0f32; query.len()];
        let mut tasks = Vec::with_capacity(self.spans.len() * heads);
        let mut rest = by_head.as_mut_slice();
        for span in self.spans {
            let queries = span.length * columns;
            for head in 0..heads {
                let (attended, others) = rest.split_at_mut(queries * head_dim);
                tasks.push((*span, head, attended));
                rest = others;
            }
        }
        let work = |(span, head, attended): (Span, usize, &mut [f32])| {
            let queries = span.length * columns;
            let first = span.start * columns * d_model + head * head_dim;
            let query = Matrix {
                row_stride: d_model,
                ..Matrix::row_major(&query[first..], queries, head_dim)
            };
            let mask = match self.mask {
                [] => &[],
                mask => &mask[span.start * columns * seq_len..][..queries * seq_len],
            };
            let (keys, values) = (keys.matrix(span.source, head), values.matrix(span.source, head));
            self.head(query, keys, values, mask, attended);
        };
        if rows * columns * seq_len * d_model > LARGE {
            let least = tasks.len().div_ceil(4 * rayon::current_num_threads());
            tasks.into_par_iter().with_min_len(least).for_each(work);
        } else {
            tasks.into_iter().for_each(work);
        }

        let mut joined = vec![0f32; query.len()];
        let mut rest = by_head.as_slice();
        for span in self.spans {
            for head in 0..heads {
                let (attended, others) = rest.split_at(span.length * columns * head_dim);
                rest = others;
                let rows = joined[span.start * columns * d_model..].chunks_exact_mut(d_model);
                for (row, attended) in rows.zip(attended.chunks_exact(head_dim)) {
                    row[head * head_dim..][..head_dim].copy_from_slice(attended);
                }
            }
        }
        Ok((CpuStorage::F32(joined), query_layout.shape().clone()))
    }
}

/// Multiplications from which several threads are worth their start.
const LARGE: usize = 1 << 19;

#[cfg(test)]
mod tests;
