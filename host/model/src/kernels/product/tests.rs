//! Against the definition, in every layout that is used.

use proptest::prelude::*;

use super::*;

/// Small whole numbers, so that every order of summation gives the same.
fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7 + seed * 13) % 11) as f32 - 5.0).collect()
}

fn at(matrix: &Matrix<'_>, row: usize, column: usize) -> f32 {
    matrix.values[row * matrix.row_stride + column * matrix.column_stride]
}

proptest! {
    #[test]
    fn products_equal_their_definition(
        (rows, depth, columns) in (1usize..70, 1usize..40, 1usize..70),
        gap in 0usize..5,
        transposed: bool,
        add: bool,
        threads in 1usize..3,
    ) {
        let left = numbers(rows * (depth + gap), 1);
        let left = Matrix { row_stride: depth + gap, ..Matrix::row_major(&left, rows, depth) };
        let right = numbers(depth * columns, 2);
        let right = match transposed {
            true => Matrix::row_major(&right, columns, depth).transposed(),
            false => Matrix::row_major(&right, depth, columns),
        };
        let before = numbers(rows * (columns + gap), 3);
        let mut after = before.clone();
        let row_stride = columns + gap;
        let mut destination = MatrixMut { values: &mut after, rows, columns, row_stride };
        let what = if add { Destination::AddTo } else { Destination::Overwrite };
        multiply(&mut destination, what, 2.0, left, right, threads);
        for row in 0..rows {
            for column in 0..row_stride {
                let index = row * row_stride + column;
                let product =
                    |column| (0..depth).map(|k| at(&left, row, k) * at(&right, k, column)).sum::<f32>();
                let expected = match (column < columns, add) {
                    (false, _) => before[index],
                    (true, true) => before[index] + 2.0 * product(column),
                    (true, false) => 2.0 * product(column),
                };
                prop_assert_eq!(after[index], expected);
            }
        }
    }
}

#[test]
#[should_panic(expected = "too short")]
fn a_slice_too_short_for_its_matrix_is_never_read() {
    let mut values = [0.0; 4];
    let mut destination = MatrixMut { values: &mut values, rows: 2, columns: 2, row_stride: 2 };
    let short = Matrix { row_stride: 3, ..Matrix::row_major(&[1.0; 4], 2, 2) };
    let right = Matrix::row_major(&[1.0; 4], 2, 2);
    multiply(&mut destination, Destination::Overwrite, 1.0, short, right, 1);
}

#[test]
#[should_panic(expected = "shapes of a product")]
fn shapes_must_go_together() {
    let mut values = [0.0; 4];
    let mut destination = MatrixMut { values: &mut values, rows: 2, columns: 2, row_stride: 2 };
    let left = Matrix::row_major(&[1.0; 6], 2, 3);
    multiply(&mut destination, Destination::Overwrite, 1.0, left, left, 1);
}
