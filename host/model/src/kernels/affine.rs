//! `x w^T + b`, each part of the vectors with its own w and b, and products of low rank on top.

use std::ops::{Deref, Range};

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};

use super::few_vectors::multiply_few;
use super::fresh::fresh_rows;
use super::low_rank::{LowRankMatrices, add_low_rank};
use super::product::{Destination, Matrix, MatrixMut, multiply};
use super::{contiguous, covers, runs_here, with_values};

mod fallback;
use fallback::with_products_of_candle;

/// Neighbouring vectors, and what they are multiplied with.
#[derive(Clone, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) vectors: Range<usize>,
    /// `(in_features, out_features)`, of any strides.
    pub(crate) weight_t: &'a Tensor,
    /// `(out_features)`.
    pub(crate) bias: Option<&'a Tensor>,
}

/// Neighbouring vectors whose results get `x a^T b_t` on top.
#[derive(Clone, Debug)]
pub(crate) struct LowRank<'a> {
    pub(crate) vectors: Range<usize>,
    /// `(r, in_features)`, contiguous.
    pub(crate) a: &'a Tensor,
    /// `(r, out_features)`, contiguous.
    pub(crate) b_t: &'a Tensor,
}

/// `(vectors, in_features)` to `(vectors, out_features)`; `weight_t` is `(in_features,
/// out_features)`, of any strides.
pub(crate) fn affine(x: &Tensor, weight_t: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    affine_in_parts(x, &[Part { vectors: 0..x.dim(0)?, weight_t, bias }], &[])
}

/// As [`affine`], part by part, with products of low rank on top. The parts cover all vectors in
/// order.
pub(crate) fn affine_in_parts(
    x: &Tensor,
    parts: &[Part<'_>],
    low_rank: &[LowRank<'_>],
) -> Result<Tensor> {
    if !runs_here(x) || !parts.iter().all(|part| runs_here(part.weight_t)) {
        return with_products_of_candle(x, parts, low_rank);
    }
    let (vectors, _) = x.dims2()?;
    let x = x.contiguous()?;
    let parts = parts.iter().map(|part| LockedPart {
        vectors: part.vectors.clone(),
        weight_t: part.weight_t.storage_and_layout(),
        bias: part.bias.map(Tensor::storage_and_layout),
    });
    let parts = parts.collect::<Vec<_>>();
    let low_rank = low_rank.iter().map(|part| LockedLowRank {
        vectors: part.vectors.clone(),
        a: part.a.storage_and_layout(),
        b_t: part.b_t.storage_and_layout(),
    });
    let low_rank = low_rank.collect::<Vec<_>>();
    let (y, out_features) = with_values(&x, |x| {
        let work = Work::new(x, vectors, &parts, &low_rank)?;
        Ok((work.compute(vectors), work.out_features))
    })?;
    Tensor::from_vec(y, (vectors, out_features), x.device())
}

/// The tensors of a part, locked while their values are read; `L` is what candle locks with.
struct LockedPart<'a, L> {
    vectors: Range<usize>,
    weight_t: (L, &'a Layout),
    bias: Option<(L, &'a Layout)>,
}

struct LockedLowRank<'a, L> {
    vectors: Range<usize>,
    a: (L, &'a Layout),
    b_t: (L, &'a Layout),
}

/// A part whose shapes fit.
struct CheckedPart<'a> {
    vectors: Range<usize>,
    weight: Matrix<'a>,
    bias: Option<&'a [f32]>,
}

/// Everything checked, as slices.
struct Work<'a> {
    x: &'a [f32],
    in_features: usize,
    out_features: usize,
    parts: Vec<CheckedPart<'a>>,
    low_rank: Vec<(Range<usize>, LowRankMatrices<'a>)>,
}

impl<'a> Work<'a> {
    fn new<L: Deref<Target = Storage>>(
        x: &'a [f32],
        vectors: usize,
        parts: &'a [LockedPart<'_, L>],
        low_rank: &'a [LockedLowRank<'_, L>],
    ) -> Result<Self> {
        let in_features = x.len() / vectors.max(1);
        let Some(first) = parts.first() else { bail!("a product of no part") };
        let (_, out_features) = first.weight_t.1.shape().dims2()?;
        let mut work =
            Self { x, in_features, out_features, parts: Vec::new(), low_rank: Vec::new() };
        if !covers(vectors, parts.iter().map(|part| &part.vectors)) {
            bail!("parts that do not cover {vectors} vectors");
        }
        for part in parts {
            let weight = matrix(&part.weight_t)?;
            let bias = part.bias.as_ref().map(locked_values).transpose()?;
            let fits = (weight.rows, weight.columns) == (in_features, out_features)
                && bias.is_none_or(|bias| bias.len() == out_features);
            if !fits {
                bail!("a product of {in_features} features with a weight of {}", weight.rows);
            }
            work.parts.push(CheckedPart { vectors: part.vectors.clone(), weight, bias });
        }
        for LockedLowRank { vectors: part, a, b_t } in low_rank {
            let (rank, columns) = a.1.shape().dims2()?;
            let fits = columns == in_features && b_t.1.dims() == [rank, out_features];
            if !fits || part.end > vectors {
                bail!("a product of rank {rank} for {part:?} that does not fit {vectors} vectors");
            }
            let matrices = LowRankMatrices { a: locked_values(a)?, b_t: locked_values(b_t)?, rank };
            work.low_rank.push((part.clone(), matrices));
        }
        Ok(work)
    }

    fn compute(&self, vectors: usize) -> Vec<f32> {
        let cost = self.in_features * self.out_features / MULTIPLICATIONS_PER_ADDITION;
        if vectors < FEW_VECTORS && self.in_features * self.out_features > LARGE_WEIGHT {
            return self.compute_few();
        }
        // Each task packs the whole weight for itself: no more of them than are needed.
        fresh_rows(vectors, self.out_features, cost, 1, |first, y| self.block(first, y))
    }

    /// All of the result where vectors are few and the weight is large.
    fn compute_few(&self) -> Vec<f32> {
        let mut y = Vec::new();
        for CheckedPart { vectors, weight, bias } in &self.parts {
            let x = self.inputs(vectors);
            match weight.transposed().as_rows() {
                Some(weight) => y.append(&mut multiply_few(x, weight, *bias, self.in_features)),
                None => {
                    let start = y.len();
                    y.resize(start + vectors.len() * self.out_features, 0f32);
                    let threads = rayon::current_num_threads();
                    self.multiply(x, *weight, *bias, &mut y[start..], threads);
                }
            }
        }
        self.add_low_rank(0, &mut y);
        y
    }

    /// Whole rows of the result, from `first` on.
    fn block(&self, first: usize, y: &mut [f32]) {
        let block = first..first + y.len() / self.out_features.max(1);
        for CheckedPart { vectors, weight, bias } in &self.parts {
            let Some(rows) = common(&block, vectors) else { continue };
            let y = &mut y[self.outputs(first, &rows)];
            self.multiply(self.inputs(&rows), *weight, *bias, y, 1);
        }
        self.add_low_rank(first, y);
    }

    fn multiply(
        &self,
        x: &[f32],
        weight: Matrix<'_>,
        bias: Option<&[f32]>,
        y: &mut [f32],
        threads: usize,
    ) {
        let (in_features, out_features) = (self.in_features, self.out_features);
        let mut what = Destination::Overwrite;
        if let Some(bias) = bias {
            y.chunks_exact_mut(out_features).for_each(|row| row.copy_from_slice(bias));
            what = Destination::AddTo;
        }
        let rows = y.len() / out_features.max(1);
        let x = Matrix::row_major(x, rows, in_features);
        let mut y = MatrixMut { values: y, rows, columns: out_features, row_stride: out_features };
        multiply(&mut y, what, 1.0, x, weight, threads);
    }

    fn add_low_rank(&self, first: usize, y: &mut [f32]) {
        let block = first..first + y.len() / self.out_features.max(1);
        for (vectors, matrices) in &self.low_rank {
            let Some(rows) = common(&block, vectors) else { continue };
            add_low_rank(&mut y[self.outputs(first, &rows)], self.inputs(&rows), *matrices);
        }
    }

    fn inputs(&self, rows: &Range<usize>) -> &'a [f32] {
        &self.x[rows.start * self.in_features..rows.end * self.in_features]
    }

    /// Where some rows stand in a result that begins with row `first`.
    fn outputs(&self, first: usize, rows: &Range<usize>) -> Range<usize> {
        (rows.start - first) * self.out_features..(rows.end - first) * self.out_features
    }
}

/// What two ranges have in common, unless that is nothing.
fn common(left: &Range<usize>, right: &Range<usize>) -> Option<Range<usize>> {
    let common = left.start.max(right.start)..left.end.min(right.end);
    (!common.is_empty()).then_some(common)
}

/// A multiplication inside a product takes that much less than an addition of a number that comes
/// from memory.
pub(super) const MULTIPLICATIONS_PER_ADDITION: usize = 16;

/// Fewer vectors than this are not worth reading a large weight once a task.
const FEW_VECTORS: usize = 192;

/// A weight of more numbers than this does not stay in a core's own cache.
const LARGE_WEIGHT: usize = 1 << 18;

/// A matrix of any strides.
pub(super) fn matrix<'a>(
    (storage, layout): &'a (impl Deref<Target = Storage>, &Layout),
) -> Result<Matrix<'a>> {
    let Storage::Cpu(CpuStorage::F32(values)) = &**storage else { bail!("f32 values are needed") };
    let (rows, columns) = layout.shape().dims2()?;
    let (row_stride, column_stride) = match layout.stride() {
        [row, column] => (*row, *column),
        _ => bail!("a matrix is needed"),
    };
    let values = &values[layout.start_offset()..];
    Ok(Matrix { values, rows, columns, row_stride, column_stride })
}

pub(super) fn locked_values<'a>(
    (storage, layout): &'a (impl Deref<Target = Storage>, &Layout),
) -> Result<&'a [f32]> {
    match &**storage {
        Storage::Cpu(storage) => contiguous(storage, layout),
        _ => bail!("values on the CPU are needed"),
    }
}

#[cfg(test)]
mod tests;
