//! Results whose numbers are written first by the task that computes them.
//!
//! Zeroing a whole result before the tasks start is one core's work on memory that has left the
//! caches when the tasks come to it: a tenth of an encoder pass.
#![expect(unsafe_code, reason = "memory that is not initialised yet")]

use std::mem::MaybeUninit;

use rayon::prelude::*;

use super::blocks::rows_of_a_block;

/// Calls `work` with the index of the first row and whole rows of zeros, to be written, each `width`
/// numbers and `cost` additions' worth of work. Returns all rows.
pub(super) fn fresh_rows(
    rows: usize,
    width: usize,
    cost: usize,
    tasks_per_core: usize,
    work: impl Fn(usize, &mut [f32]) + Sync,
) -> Vec<f32> {
    let mut values = Vec::with_capacity(rows * width);
    let block = rows_of_a_block(rows, cost, tasks_per_core);
    let unwritten = &mut values.spare_capacity_mut()[..rows * width];
    let write = |first: usize, unwritten: &mut [MaybeUninit<f32>]| {
        unwritten.fill(MaybeUninit::new(0.0));
        // SAFETY: all of it was filled a line above.
        work(first, unsafe { unwritten.assume_init_mut() });
    };
    if rows <= block {
        write(0, unwritten);
    } else {
        let blocks = unwritten.par_chunks_mut((block * width).max(1)).enumerate();
        blocks.for_each(|(index, unwritten)| write(index * block, unwritten));
    }
    // SAFETY: the blocks cover the first `rows * width` places, and each was filled; a panic in one
    // does not come here.
    unsafe { values.set_len(rows * width) };
    values
}

#[cfg(test)]
mod tests;
