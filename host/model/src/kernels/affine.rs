//! `x w^T + b`, each part of the vectors with its own w and b, and products of low rank on top.

use std::ops::{Deref, Range};

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};

use super::blocks::for_blocks_of_rows;
use super::few_vectors::multiply_few;
use super::fresh::fresh_rows;
use super::low_rank::{LowRankMatrices, add_low_rank};
use super::product::{Destination, Matrix, MatrixMut, multiply};
use super::weight::{StoredRows, Weight};
use super::{contiguous, covers, is_kept_here, runs_here, with_values};

mod fallback;
use fallback::with_products_of_candle;

/// Neighbouring vectors, and what they are multiplied with.
#[derive(Clone, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) vectors: Range<usize>,
    /// `(out_features, in_features)`, of any strides where it is kept in f32.
    pub(crate) weight: &'a Weight,
    /// `(out_features)`.
    pub(crate) bias: Option<&'a Tensor>,
}

/// Neighbouring vectors whose results get `x a^T b_t` on top.
#[derive(Clone, Debug)]
pub(crate) struct LowRank<'a> {
    pub(crate) vectors: Range<usize>,
    /// `(r, in_features)`, contiguous, f32, bf16 or f16.
    pub(crate) a: &'a Tensor,
    /// `(r, out_features)`, as `a`.
    pub(crate) b_t: &'a Tensor,
}

/// `(vectors, in_features)` to `(vectors, out_features)`; `weight_t` is `(in_features,
/// out_features)`, of any strides.
pub(crate) fn affine(x: &Tensor, weight_t: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let weight = Weight::new(weight_t.t()?);
    affine_in_parts(x, &[Part { vectors: 0..x.dim(0)?, weight: &weight, bias }], &[])
}

/// As [`affine`], part by part, with products of low rank on top. The parts cover all vectors in
/// order.
pub(crate) fn affine_in_parts(
    x: &Tensor,
    parts: &[Part<'_>],
    low_rank: &[LowRank<'_>],
) -> Result<Tensor> {
    if !runs_here(x) || !parts.iter().all(|part| is_kept_here(part.weight.values())) {
        #[cfg(feature = "cuda")]
        if let Some(y) = super::device::affine_in_parts(x, parts, low_rank)? {
            return Ok(y);
        }
        return with_products_of_candle(x, parts, low_rank);
    }
    let (vectors, _) = x.dims2()?;
    let x = x.contiguous()?;
    let parts = parts.iter().map(|part| LockedPart {
        vectors: part.vectors.clone(),
        weight: part.weight.values().storage_and_layout(),
        scales: part.weight.scales().map(Tensor::storage_and_layout),
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
    weight: (L, &'a Layout),
    scales: Option<(L, &'a Layout)>,
    bias: Option<(L, &'a Layout)>,
}

struct LockedLowRank<'a, L> {
    vectors: Range<usize>,
    a: (L, &'a Layout),
    b_t: (L, &'a Layout),
}

/// A part whose shapes fit.
struct CheckedPart<'a, W> {
    vectors: Range<usize>,
    weight: W,
    bias: Option<&'a [f32]>,
}

/// A weight, `(out_features, in_features)`.
enum CheckedWeight<'a> {
    Strided(Matrix<'a>),
    Rows(StoredRows<'a>),
}

/// A weight in f32, `(in_features, out_features)`.
type WidePart<'a> = CheckedPart<'a, Matrix<'a>>;

/// Everything checked, as slices.
struct Work<'a> {
    x: &'a [f32],
    in_features: usize,
    out_features: usize,
    parts: Vec<CheckedPart<'a, CheckedWeight<'a>>>,
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
        let (out_features, _) = first.weight.1.shape().dims2()?;
        let mut work =
            Self { x, in_features, out_features, parts: Vec::new(), low_rank: Vec::new() };
        if !covers(vectors, parts.iter().map(|part| &part.vectors)) {
            bail!("parts that do not cover {vectors} vectors");
        }
        for part in parts {
            let (rows, columns) = part.weight.1.shape().dims2()?;
            let scales = part.scales.as_ref().map(locked_values).transpose()?;
            let bias = part.bias.as_ref().map(locked_values).transpose()?;
            let fits = (rows, columns) == (out_features, in_features)
                && scales.is_none_or(|scales| scales.len() == out_features)
                && bias.is_none_or(|bias| bias.len() == out_features);
            if !fits {
                bail!("a product of {in_features} features with a weight of {columns}");
            }
            let weight = match part.weight.1.is_contiguous() {
                true => CheckedWeight::Rows(StoredRows::of(&part.weight, scales)?),
                false => CheckedWeight::Strided(matrix(&part.weight)?),
            };
            work.parts.push(CheckedPart { vectors: part.vectors.clone(), weight, bias });
        }
        for LockedLowRank { vectors: part, a, b_t } in low_rank {
            let (rank, columns) = a.1.shape().dims2()?;
            let fits = columns == in_features && b_t.1.dims() == [rank, out_features];
            if !fits || part.end > vectors {
                bail!("a product of rank {rank} for {part:?} that does not fit {vectors} vectors");
            }
            let (a, b_t) = (StoredRows::of(a, None)?, StoredRows::of(b_t, None)?);
            let matrices = LowRankMatrices { a, b_t, rank };
            work.low_rank.push((part.clone(), matrices));
        }
        Ok(work)
    }

    fn compute(&self, vectors: usize) -> Vec<f32> {
        let cost = self.in_features * self.out_features / MULTIPLICATIONS_PER_ADDITION;
        let is_large = self.in_features * self.out_features > LARGE_WEIGHT;
        if vectors < if is_large { FEW_VECTORS } else { VERY_FEW_VECTORS } {
            return self.compute_few();
        }
        let widened = self.parts.iter().map(|part| match part.weight {
            CheckedWeight::Rows(rows) if part.is_narrow() => rows.all_widened(self.in_features),
            _ => Vec::new(),
        });
        let widened = widened.collect::<Vec<_>>();
        let parts = self.parts.iter().zip(&widened).map(|(part, widened)| self.wide(part, widened));
        let parts = parts.collect::<Vec<_>>();
        // Each task packs the whole weight for itself: no more of them than are needed.
        fresh_rows(vectors, self.out_features, cost, 1, |first, y| self.block(&parts, first, y))
    }

    fn wide<'b>(
        &self,
        part: &'b CheckedPart<'a, CheckedWeight<'a>>,
        widened: &'b [f32],
    ) -> WidePart<'b> {
        let weight = match part.weight {
            CheckedWeight::Strided(weight) => weight.transposed(),
            CheckedWeight::Rows(rows) => {
                let values = if let StoredRows::F32(values) = rows { values } else { widened };
                Matrix::row_major(values, self.out_features, self.in_features).transposed()
            }
        };
        CheckedPart { vectors: part.vectors.clone(), weight, bias: part.bias }
    }

    /// All of the result where vectors are few for the weight.
    fn compute_few(&self) -> Vec<f32> {
        let mut y = Vec::new();
        for CheckedPart { vectors, weight, bias } in &self.parts {
            let x = self.inputs(vectors);
            match weight {
                CheckedWeight::Rows(rows) => {
                    y.append(&mut multiply_few(x, *rows, *bias, self.in_features));
                }
                CheckedWeight::Strided(weight) => {
                    let start = y.len();
                    y.resize(start + vectors.len() * self.out_features, 0f32);
                    let threads = rayon::current_num_threads();
                    self.multiply(x, weight.transposed(), *bias, &mut y[start..], threads);
                }
            }
        }
        self.add_all_low_rank(&mut y);
        y
    }

    /// What is of low rank, to all of the result: a row may be the only one to read its adapter.
    fn add_all_low_rank(&self, y: &mut [f32]) {
        let cost = |(vectors, matrices): &(Range<usize>, LowRankMatrices<'_>)| {
            matrices.len() + matrices.len() * vectors.len() / MULTIPLICATIONS_PER_ADDITION
        };
        let cost = self.low_rank.iter().map(cost).sum::<usize>();
        if cost > 0 {
            let rows = y.len() / self.out_features;
            let add = |first: usize, y: &mut [f32]| self.add_low_rank(first, y);
            for_blocks_of_rows(y, self.out_features, cost / rows, add);
        }
    }

    /// Whole rows of the result, from `first` on.
    fn block(&self, parts: &[WidePart<'_>], first: usize, y: &mut [f32]) {
        let block = first..first + y.len() / self.out_features.max(1);
        for CheckedPart { vectors, weight, bias } in parts {
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

impl CheckedPart<'_, CheckedWeight<'_>> {
    fn is_narrow(&self) -> bool {
        !matches!(self.weight, CheckedWeight::Strided(_) | CheckedWeight::Rows(StoredRows::F32(_)))
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

/// Fewer vectors than this are not worth packing, or widening, any whole weight.
const VERY_FEW_VECTORS: usize = 32;

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
