//! Attention of the decoder's tokens to the page they look at.

use std::ops::{Deref, Range};

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};
use rayon::prelude::*;

use super::product::{Destination, Matrix, MatrixMut, multiply};
use super::{covers, lanes, runs_here, with_values};

/// Neighbouring tokens that look at one page.
#[derive(Clone, Debug)]
pub(crate) struct PageSpan<'a> {
    pub(crate) vectors: Range<usize>,
    /// `(pages, heads, seq_len, head_dim)`.
    pub(crate) keys: &'a Tensor,
    /// `(pages, heads, seq_len, head_dim)`.
    pub(crate) values: &'a Tensor,
    /// Which of the pages.
    pub(crate) page: usize,
}

/// `softmax(scaling * query key^T) value`, head by head. `query` is `(tokens, heads * head_dim)`,
/// and so is the result. The spans cover all tokens in order.
pub(crate) fn attend_to_pages(
    query: &Tensor,
    spans: &[PageSpan<'_>],
    scaling: f64,
) -> Result<Tensor> {
    let (tokens, width) = query.dims2()?;
    if !covers(tokens, spans.iter().map(|span| &span.vectors)) {
        bail!("spans that do not cover {tokens} tokens");
    }
    if !runs_here(query) {
        return with_products_of_candle(query, spans, scaling);
    }
    let query = query.contiguous()?;
    let locked = spans
        .iter()
        .map(|span| (span, span.keys.storage_and_layout(), span.values.storage_and_layout()));
    let locked = locked.collect::<Vec<_>>();
    let attended = with_values(&query, |query| {
        let mut heads = Vec::new();
        for (span, keys, values) in &locked {
            let (keys, values) = (Memory::new(keys)?, Memory::new(values)?);
            if keys.shape != values.shape || keys.heads() * keys.head_dim() != width {
                bail!("queries of {width} numbers for keys of {:?}", keys.shape);
            }
            for head in 0..keys.heads() {
                let (keys, values) =
                    (keys.matrix(span.page, head)?, values.matrix(span.page, head)?);
                let first = span.vectors.start * width + head * keys.columns;
                let query = Matrix {
                    row_stride: width,
                    ..Matrix::row_major(&query[first..], span.vectors.len(), keys.columns)
                };
                heads.push(Head { first, query, keys, values });
            }
        }
        Ok(compute(&heads, query.len(), width, scaling as f32))
    })?;
    Tensor::from_vec(attended, (tokens, width), query.device())
}

fn with_products_of_candle(query: &Tensor, spans: &[PageSpan<'_>], scaling: f64) -> Result<Tensor> {
    let attend = |span: &PageSpan<'_>| {
        let (keys, values) = (span.keys.get(span.page)?, span.values.get(span.page)?);
        let (heads, _, head_dim) = keys.dims3()?;
        let query = query.narrow(0, span.vectors.start, span.vectors.len())?;
        let query = query.reshape(((), heads, head_dim))?.transpose(0, 1)?.contiguous()?;
        let scores = (query.matmul(&keys.t()?.contiguous()?)? * scaling)?;
        let attended = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&values.contiguous()?)?;
        attended.transpose(0, 1)?.contiguous()?.flatten_from(1)
    };
    Tensor::cat(&spans.iter().map(attend).collect::<Result<Vec<_>>>()?, 0)
}

/// Keys or values of some pages, the last two dimensions of each a plain matrix.
struct Memory<'a> {
    values: &'a [f32],
    /// `(pages, heads, seq_len, head_dim)`.
    shape: [usize; 4],
}

impl<'a> Memory<'a> {
    fn new((storage, layout): &'a (impl Deref<Target = Storage>, &Layout)) -> Result<Self> {
        let (pages, heads, seq_len, head_dim) = layout.shape().dims4()?;
        match (&**storage, layout.contiguous_offsets()) {
            (Storage::Cpu(CpuStorage::F32(values)), Some((start, end))) => {
                Ok(Self { values: &values[start..end], shape: [pages, heads, seq_len, head_dim] })
            }
            _ => bail!("contiguous f32 values on the CPU are needed"),
        }
    }

    fn heads(&self) -> usize {
        self.shape[1]
    }

    fn head_dim(&self) -> usize {
        self.shape[3]
    }

    fn matrix(&self, page: usize, head: usize) -> Result<Matrix<'a>> {
        let [pages, heads, seq_len, head_dim] = self.shape;
        if page >= pages {
            bail!("page {page} of {pages}");
        }
        let first = (page * heads + head) * seq_len * head_dim;
        Ok(Matrix::row_major(&self.values[first..], seq_len, head_dim))
    }
}

/// One head of one span.
struct Head<'a> {
    /// Where its first number stands in the result.
    first: usize,
    query: Matrix<'a>,
    keys: Matrix<'a>,
    values: Matrix<'a>,
}

impl Head<'_> {
    /// `attended` is `(queries, head_dim)`.
    fn attend(&self, attended: &mut [f32], scaling: f32) {
        let (queries, seq_len) = (self.query.rows, self.keys.rows);
        if queries <= FEW_QUERIES {
            return self.attend_one_by_one(attended, scaling);
        }
        let mut scores = vec![0f32; queries * seq_len];
        let mut products =
            MatrixMut { values: &mut scores, rows: queries, columns: seq_len, row_stride: seq_len };
        let what = Destination::Overwrite;
        multiply(&mut products, what, scaling, self.query, self.keys.transposed(), 1);
        lanes::in_widest_registers(
            #[inline(always)]
            || {
                for row in scores.chunks_exact_mut(seq_len) {
                    lanes::softmax(row);
                }
            },
        );
        let columns = self.values.columns;
        let mut attended =
            MatrixMut { values: attended, rows: queries, columns, row_stride: columns };
        let weights = Matrix::row_major(&scores, queries, seq_len);
        multiply(&mut attended, what, 1.0, weights, self.values, 1);
    }
}

impl Head<'_> {
    fn attend_one_by_one(&self, attended: &mut [f32], scaling: f32) {
        let Matrix { rows: seq_len, columns: head_dim, .. } = self.keys;
        let memory = seq_len * head_dim;
        let (keys, values) = (&self.keys.values[..memory], &self.values.values[..memory]);
        let mut scores = vec![0f32; seq_len];
        lanes::in_widest_registers(
            #[inline(always)]
            || {
                for (row, attended) in attended.chunks_exact_mut(head_dim).enumerate() {
                    let query = &self.query.values[row * self.query.row_stride..][..head_dim];
                    lanes::attend(query, keys, values, scaling, &mut scores, attended);
                }
            },
        );
    }
}

/// Up to so many queries, a product packs more numbers than it multiplies.
const FEW_QUERIES: usize = 3;

/// Head by head first, so that each task has a slice of its own; joined afterwards.
fn compute(heads: &[Head<'_>], length: usize, width: usize, scaling: f32) -> Vec<f32> {
    let mut by_head = vec![0f32; length];
    let mut tasks = Vec::with_capacity(heads.len());
    let mut rest = by_head.as_mut_slice();
    for head in heads {
        let (attended, others) = rest.split_at_mut(head.query.rows * head.query.columns);
        tasks.push((head, attended));
        rest = others;
    }
    let cost = heads.iter().map(|head| head.query.rows * head.query.columns * head.keys.rows);
    if cost.sum::<usize>() > LARGE {
        let least = tasks.len().div_ceil(4 * rayon::current_num_threads());
        let tasks = tasks.into_par_iter().with_min_len(least);
        tasks.for_each(|(head, attended)| head.attend(attended, scaling));
    } else {
        tasks.into_iter().for_each(|(head, attended)| head.attend(attended, scaling));
    }

    let mut joined = vec![0f32; length];
    let mut rest = by_head.as_slice();
    for head in heads {
        let head_dim = head.query.columns;
        let (attended, others) = rest.split_at(head.query.rows * head_dim);
        rest = others;
        for (row, attended) in attended.chunks_exact(head_dim).enumerate() {
            joined[head.first + row * width..][..head_dim].copy_from_slice(attended);
        }
    }
    joined
}

/// Multiplications from which several threads are worth their start.
const LARGE: usize = 1 << 17;

#[cfg(test)]
mod tests;
