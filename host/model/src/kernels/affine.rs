//! `x w^T + b`, and products added to some rows.

use candle_core::{
    CpuStorage, CustomOp2, CustomOp3, InplaceOp3, Layout, Result, Shape, Tensor, bail,
};

use super::blocks::for_blocks_of_rows;
use super::product::{Destination, Matrix, MatrixMut, multiply};
use super::{contiguous, contiguous_mut, runs_here};

/// `(vectors, in_features)` to `(vectors, out_features)`; `weight_t` is `(in_features,
/// out_features)`, of any strides.
pub(crate) fn affine(x: &Tensor, weight_t: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    if !(runs_here(x) && runs_here(weight_t)) {
        let y = x.matmul(weight_t)?;
        return match bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        };
    }
    let x = x.contiguous()?;
    match bias {
        Some(bias) => x.apply_op3_no_bwd(weight_t, bias, &Affine),
        None => x.apply_op2_no_bwd(weight_t, &Affine),
    }
}

/// Adds `left right` to the rows of `y` from `start` on. `y`, contiguous, is overwritten, so it must
/// be a fresh result that nobody else looks at.
pub(crate) fn add_product_to_rows(
    y: &Tensor,
    left: &Tensor,
    right: &Tensor,
    start: usize,
) -> Result<()> {
    if !(runs_here(y) && y.is_contiguous() && left.is_contiguous()) {
        let rows = y.narrow(0, start, left.dim(0)?)?;
        return y.slice_set(&(rows + left.matmul(right)?)?, 0, start);
    }
    y.inplace_op3(left, right, &AddProduct { start })
}

struct Affine;

impl Affine {
    fn compute(
        (x, x_layout): (&CpuStorage, &Layout),
        (weight, weight_layout): (&CpuStorage, &Layout),
        bias: Option<&[f32]>,
    ) -> Result<(CpuStorage, Shape)> {
        let (vectors, in_features) = x_layout.shape().dims2()?;
        let x = contiguous(x, x_layout)?;
        let weight = matrix(weight, weight_layout)?;
        if weight.rows != in_features || bias.is_some_and(|bias| bias.len() != weight.columns) {
            bail!("a product of {in_features} features with a weight of {}", weight.rows);
        }
        let out_features = weight.columns;
        let mut y = vec![0f32; vectors * out_features];
        let what = if bias.is_some() { Destination::AddTo } else { Destination::Overwrite };
        let compute = |first: usize, y: &mut [f32], threads| {
            let rows = y.len() / out_features;
            if let Some(bias) = bias {
                y.chunks_exact_mut(out_features).for_each(|row| row.copy_from_slice(bias));
            }
            let x = &x[first * in_features..][..rows * in_features];
            let mut y =
                MatrixMut { values: y, rows, columns: out_features, row_stride: out_features };
            multiply(&mut y, what, 1.0, Matrix::row_major(x, rows, in_features), weight, threads);
        };
        let cost = in_features * out_features / MULTIPLICATIONS_PER_ADDITION;
        if vectors < FEW_VECTORS {
            // Every task would have to read the whole weight: split its columns instead.
            let threads = if vectors * cost > LARGE { rayon::current_num_threads() } else { 1 };
            compute(0, &mut y, threads);
        } else {
            for_blocks_of_rows(&mut y, out_features, cost, |first, y| compute(first, y, 1));
        }
        Ok((CpuStorage::F32(y), Shape::from((vectors, out_features))))
    }
}

/// A multiplication inside a product takes that much less than an addition of a number that comes
/// from memory.
const MULTIPLICATIONS_PER_ADDITION: usize = 16;

/// Fewer rows than this are not split.
const FEW_VECTORS: usize = 192;

/// A product from which several threads are worth their start, in additions.
const LARGE: usize = 1 << 17;

/// A matrix of any strides.
fn matrix<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<Matrix<'a>> {
    let CpuStorage::F32(values) = storage else { bail!("f32 values are needed") };
    let (rows, columns) = layout.shape().dims2()?;
    let (row_stride, column_stride) = match layout.stride() {
        [row, column] => (*row, *column),
        _ => bail!("a matrix is needed"),
    };
    let values = &values[layout.start_offset()..];
    Ok(Matrix { values, rows, columns, row_stride, column_stride })
}

impl CustomOp2 for Affine {
    fn name(&self) -> &'static str {
        "affine-without-bias"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Self::compute((x, x_layout), (weight, weight_layout), None)
    }
}

impl CustomOp3 for Affine {
    fn name(&self) -> &'static str {
        "affine"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let bias = contiguous(bias, bias_layout)?;
        Self::compute((x, x_layout), (weight, weight_layout), Some(bias))
    }
}

struct AddProduct {
    start: usize,
}

impl InplaceOp3 for AddProduct {
    fn name(&self) -> &'static str {
        "add-product"
    }

    fn cpu_fwd(
        &self,
        y: &mut CpuStorage,
        y_layout: &Layout,
        left: &CpuStorage,
        left_layout: &Layout,
        right: &CpuStorage,
        right_layout: &Layout,
    ) -> Result<()> {
        let (rows, depth) = left_layout.shape().dims2()?;
        let left = contiguous(left, left_layout)?;
        let right = matrix(right, right_layout)?;
        let width = right.columns;
        let y = contiguous_mut(y, y_layout)?;
        let Some(y) = y.get_mut(self.start * width..(self.start + rows) * width) else {
            bail!("rows {} to {} are outside", self.start, self.start + rows)
        };
        let cost = depth * width / MULTIPLICATIONS_PER_ADDITION + width;
        for_blocks_of_rows(y, width, cost, |first, y| {
            let rows = y.len() / width;
            let left = Matrix::row_major(&left[first * depth..][..rows * depth], rows, depth);
            let mut y = MatrixMut { values: y, rows, columns: width, row_stride: width };
            multiply(&mut y, Destination::AddTo, 1.0, left, right, 1);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
