//! Attention of the decoder's tokens to the page they look at.

use std::ops::{Deref, Range};

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::tiles::{Rows, add_product};
use super::{covers, lanes, runs_here, with_values};

mod focus;
pub(crate) use focus::{Focus, Looking};

/// Neighbouring tokens that look at one page.
#[derive(Clone, Debug)]
pub(crate) struct PageSpan<'a> {
    pub(crate) vectors: Range<usize>,
    /// `(pages, heads, head_dim, seq_len)`.
    pub(crate) keys: &'a Tensor,
    /// `(pages, heads, seq_len, head_dim)`.
    pub(crate) values: &'a Tensor,
    /// Which of the pages.
    pub(crate) page: usize,
    /// Tokens of the page in a row.
    pub(crate) columns: usize,
}

/// `softmax(scaling * query key^T) value`, head by head. `query` is `(tokens, heads * head_dim)`,
/// and so is the result. The spans cover all tokens in order.
///
/// Beside it, where each token looks, if that is asked and it is computed here: the kernels of devices
/// keep no attention.
pub(crate) fn attend_to_pages(
    query: &Tensor,
    spans: &[PageSpan<'_>],
    scaling: f64,
    looking: Option<Looking>,
) -> Result<(Tensor, Vec<Focus>)> {
    let (tokens, width) = query.dims2()?;
    if !covers(tokens, spans.iter().map(|span| &span.vectors)) {
        bail!("spans that do not cover {tokens} tokens");
    }
    if !runs_here(query) {
        #[cfg(feature = "cuda")]
        if let Some(attended) = super::device::attend_to_pages(query, spans, scaling)? {
            return Ok((attended, Vec::new()));
        }
        return Ok((with_products_of_candle(query, spans, scaling)?, Vec::new()));
    }
    let query = query.contiguous()?;
    let locked = spans
        .iter()
        .map(|span| (span, span.keys.storage_and_layout(), span.values.storage_and_layout()));
    let locked = locked.collect::<Vec<_>>();
    let (attended, foci) = with_values(&query, |query| {
        let mut heads_of_spans = Vec::new();
        for (span, keys, values) in &locked {
            let (keys, values) = (Memory::new(keys)?, Memory::new(values)?);
            let [pages, heads, seq_len, head_dim] = values.shape;
            if keys.shape != [pages, heads, head_dim, seq_len] || heads * head_dim != width {
                bail!("queries of {width} numbers for keys of {:?}", keys.shape);
            }
            for head in 0..heads {
                let (keys, values) =
                    (keys.matrix(span.page, head)?, values.matrix(span.page, head)?);
                let first = span.vectors.start * width + head * head_dim;
                let query =
                    Rows { values: &query[first..], stride: width, step: 1, length: head_dim };
                let looking = looking.filter(|looking| head < looking.heads);
                let columns = looking.map(|_| span.columns.clamp(1, seq_len.max(1)));
                let vectors = span.vectors.clone();
                heads_of_spans.push(Head { first, query, vectors, keys, values, seq_len, columns });
            }
        }
        Ok(compute(&heads_of_spans, query.len(), width, scaling as f32))
    })?;
    Ok((Tensor::from_vec(attended, (tokens, width), query.device())?, foci))
}

fn with_products_of_candle(query: &Tensor, spans: &[PageSpan<'_>], scaling: f64) -> Result<Tensor> {
    let attend = |span: &PageSpan<'_>| {
        let (keys, values) = (span.keys.get(span.page)?, span.values.get(span.page)?);
        let (heads, head_dim, _) = keys.dims3()?;
        let query = query.narrow(0, span.vectors.start, span.vectors.len())?;
        let query = query.reshape(((), heads, head_dim))?.transpose(0, 1)?.contiguous()?;
        let scores = (query.matmul(&keys.contiguous()?)? * scaling)?;
        let attended = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&values.contiguous()?)?;
        attended.transpose(0, 1)?.contiguous()?.flatten_from(1)
    };
    Tensor::cat(&spans.iter().map(attend).collect::<Result<Vec<_>>>()?, 0)
}

/// Keys or values of some pages, a matrix a head.
struct Memory<'a> {
    values: &'a [f32],
    /// Pages, heads, and the two dimensions of a matrix.
    shape: [usize; 4],
}

impl<'a> Memory<'a> {
    fn new((storage, layout): &'a (impl Deref<Target = Storage>, &Layout)) -> Result<Self> {
        let (pages, heads, rows, columns) = layout.shape().dims4()?;
        match (&**storage, layout.contiguous_offsets()) {
            (Storage::Cpu(CpuStorage::F32(values)), Some((start, end))) => {
                Ok(Self { values: &values[start..end], shape: [pages, heads, rows, columns] })
            }
            _ => bail!("contiguous f32 values on the CPU are needed"),
        }
    }

    fn matrix(&self, page: usize, head: usize) -> Result<&'a [f32]> {
        let [pages, heads, rows, columns] = self.shape;
        if page >= pages {
            bail!("page {page} of {pages}");
        }
        Ok(&self.values[(page * heads + head) * rows * columns..][..rows * columns])
    }
}

/// One head of one span.
struct Head<'a> {
    /// Where its first number stands in the result.
    first: usize,
    query: Rows<'a>,
    /// The tokens whose queries these are.
    vectors: Range<usize>,
    /// `(head_dim, seq_len)`.
    keys: &'a [f32],
    /// `(seq_len, head_dim)`.
    values: &'a [f32],
    seq_len: usize,
    /// Tokens of the page in a row, where it is asked at which of them this head looks.
    columns: Option<usize>,
}

impl Head<'_> {
    fn numbers(&self) -> usize {
        self.vectors.len() * self.query.length
    }

    fn looks(&self) -> usize {
        self.columns.map_or(0, |_| self.vectors.len())
    }

    /// `attended` is `(queries, head_dim)`, zeros before; `foci` has one a query, or none where nobody asks.
    fn attend(&self, attended: &mut [f32], foci: &mut [Focus], scaling: f32) {
        pulp::Arch::new().dispatch(Attend { head: self, attended, foci, scaling });
    }
}

struct Attend<'a> {
    head: &'a Head<'a>,
    attended: &'a mut [f32],
    foci: &'a mut [Focus],
    scaling: f32,
}

impl WithSimd for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { head, attended, foci, scaling } = self;
        let &Head { query, keys, values, seq_len, columns, .. } = head;
        let mut scores = vec![0f32; head.vectors.len() * seq_len];
        add_product(simd, &mut scores, seq_len, query, keys);
        for row in scores.chunks_exact_mut(seq_len) {
            row.iter_mut().for_each(|score| *score *= scaling);
            lanes::softmax(row);
        }
        if let Some(columns) = columns {
            for (focus, row) in foci.iter_mut().zip(scores.chunks_exact(seq_len)) {
                *focus = Focus::of(row, columns);
            }
        }
        let scores = Rows { values: &scores, stride: seq_len, step: 1, length: seq_len };
        add_product(simd, attended, query.length, scores, values);
    }
}

/// Head by head first, so that each task has a slice of its own; joined afterwards.
fn compute(
    heads: &[Head<'_>],
    length: usize,
    width: usize,
    scaling: f32,
) -> (Vec<f32>, Vec<Focus>) {
    let mut by_head = vec![0f32; length];
    let mut looks = vec![Focus::default(); heads.iter().map(Head::looks).sum()];
    let mut tasks = Vec::with_capacity(heads.len());
    let (mut rest, mut rest_of_looks) = (by_head.as_mut_slice(), looks.as_mut_slice());
    for head in heads {
        let (attended, others) = rest.split_at_mut(head.numbers());
        let (foci, others_looks) = rest_of_looks.split_at_mut(head.looks());
        tasks.push((head, attended, foci));
        (rest, rest_of_looks) = (others, others_looks);
    }
    let cost = heads.iter().map(|head| head.numbers() * head.seq_len);
    if cost.sum::<usize>() > LARGE {
        let least = tasks.len().div_ceil(4 * rayon::current_num_threads());
        let tasks = tasks.into_par_iter().with_min_len(least);
        tasks.for_each(|(head, attended, foci)| head.attend(attended, foci, scaling));
    } else {
        tasks.into_iter().for_each(|(head, attended, foci)| head.attend(attended, foci, scaling));
    }
    (join(heads, &by_head, width), denser(heads, &looks, length / width.max(1)))
}

/// From head by head to token by token.
fn join(heads: &[Head<'_>], by_head: &[f32], width: usize) -> Vec<f32> {
    let mut joined = vec![0f32; by_head.len()];
    let mut rest = by_head;
    for head in heads {
        let head_dim = head.query.length;
        let (attended, others) = rest.split_at(head.numbers());
        rest = others;
        for (row, attended) in attended.chunks_exact(head_dim).enumerate() {
            joined[head.first + row * width..][..head_dim].copy_from_slice(attended);
        }
    }
    joined
}

/// Of each token the densest look of its heads; nothing where none was asked.
fn denser(heads: &[Head<'_>], looks: &[Focus], tokens: usize) -> Vec<Focus> {
    if looks.is_empty() {
        return Vec::new();
    }
    let mut foci = vec![Focus::default(); tokens];
    let mut rest = looks;
    for head in heads {
        let (own, others) = rest.split_at(head.looks());
        rest = others;
        for (focus, look) in foci[head.vectors.clone()].iter_mut().zip(own) {
            *focus = focus.or_denser(*look);
        }
    }
    foci
}

/// Multiplications from which several threads are worth their start.
const LARGE: usize = 1 << 17;

#[cfg(test)]
mod tests;
