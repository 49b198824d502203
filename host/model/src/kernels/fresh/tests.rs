//! Every row is given out once, as zeros.

use super::*;

#[test]
fn all_rows_are_written_by_one_task_each() {
    for (rows, width) in [(0, 3), (1, 7), (10, 1), (5_000, 33)] {
        for tasks_per_core in [1, 3] {
            let values = fresh_rows(rows, width, 100, tasks_per_core, |first, block| {
                assert!(block.iter().all(|value| *value == 0.0));
                for (index, row) in block.chunks_exact_mut(width).enumerate() {
                    row.fill((first + index) as f32);
                }
            });
            assert_eq!(values.len(), rows * width);
            for (row, values) in values.chunks_exact(width).enumerate() {
                assert!(values.iter().all(|value| *value == row as f32));
            }
        }
    }
}
