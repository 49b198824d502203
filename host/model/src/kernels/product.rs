//! Matrix products in memory that is given: the one place that calls `gemm`.
//!
//! candle's own product asks the operating system for the number of cores each time, allocates its
//! result, and needs every operand copied into a layout of its own. Attention and the decoder's
//! small products pay more for that than for the arithmetic.
#![expect(unsafe_code, reason = "gemm takes pointers")]

use gemm::Parallelism;

/// A matrix in a slice: element (row, column) stands at `row * row_stride + column * column_stride`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix<'a> {
    pub(super) values: &'a [f32],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
    pub(super) column_stride: usize,
}

/// A matrix to write to, its rows contiguous.
#[derive(Debug)]
pub(super) struct MatrixMut<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
}

/// What becomes of the values that stand in the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Overwrite,
    AddTo,
}

impl<'a> Matrix<'a> {
    /// Contiguous rows, one after the other.
    pub(super) fn row_major(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    pub(super) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    fn fits(&self) -> bool {
        fits(self.values.len(), self.rows, self.columns, self.row_stride, self.column_stride)
    }
}

fn fits(
    length: usize,
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
) -> bool {
    rows == 0 || columns == 0 || (rows - 1) * row_stride + (columns - 1) * column_stride < length
}

/// `destination = scale * left right`, or that added to it, on `threads` threads.
///
/// # Panics
/// When the shapes do not go together or a slice is too short for its matrix.
pub(super) fn multiply(
    destination: &mut MatrixMut<'_>,
    what: Destination,
    scale: f32,
    left: Matrix<'_>,
    right: Matrix<'_>,
    threads: usize,
) {
    let (rows, columns, depth) = (destination.rows, destination.columns, left.columns);
    assert_eq!(
        (left.rows, right.rows, right.columns),
        (rows, depth, columns),
        "shapes of a product"
    );
    assert!(left.fits() && right.fits(), "an operand is too short");
    assert!(columns <= destination.row_stride, "rows of the destination overlap");
    assert!(
        fits(destination.values.len(), rows, columns, destination.row_stride, 1),
        "the destination is too short"
    );
    let stride = |stride: usize| stride as isize;
    let parallelism = if threads > 1 { Parallelism::Rayon(threads) } else { Parallelism::None };
    // SAFETY: the assertions above put every element that gemm touches, by its sizes and strides,
    // inside its slice; the destination is borrowed mutably, so it overlaps with no operand; its
    // rows do not overlap with each other. f32 has no invalid values.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            destination.values.as_mut_ptr(),
            1,
            stride(destination.row_stride),
            what == Destination::AddTo,
            left.values.as_ptr(),
            stride(left.column_stride),
            stride(left.row_stride),
            right.values.as_ptr(),
            stride(right.column_stride),
            stride(right.row_stride),
            1.0,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests;
