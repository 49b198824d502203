//! Work on rows, spread over the cores where there is enough of it.

use candle_core::Device;
use rayon::prelude::*;

/// What one task should take at least, in additions: below it, handing work over costs more than
/// it saves.
const TASK: usize = 1 << 15;

/// Tasks a core, so that one that is late does not leave the others idle.
pub(super) const TASKS_PER_CORE: usize = 3;

/// Rows that one task should take, of `rows` that are `cost` additions' worth of work each.
pub(super) fn rows_of_a_block(rows: usize, cost: usize, tasks_per_core: usize) -> usize {
    let tasks = rayon::current_num_threads() * tasks_per_core;
    (TASK / cost.max(1)).max(1).max(rows.div_ceil(tasks))
}

/// Calls `work` with the index of the first row and whole rows of `values`, each `width` numbers
/// and `cost` additions' worth of work.
pub(super) fn for_blocks_of_rows(
    values: &mut [f32],
    width: usize,
    cost: usize,
    work: impl Fn(usize, &mut [f32]) + Sync,
) {
    let rows = values.len() / width.max(1);
    let block = rows_of_a_block(rows, cost, TASKS_PER_CORE);
    if rows <= block {
        return work(0, values);
    }
    let blocks = values.par_chunks_mut(block * width).enumerate();
    blocks.for_each(|(index, values)| work(index * block, values));
}

/// What `map` makes of each item, in their order: on all cores at once where the arithmetic is theirs,
/// and one after the other where they only hand it to a device.
pub(crate) fn map_on_cores<T: Send, U: Send>(
    device: &Device,
    items: Vec<T>,
    map: impl Fn(T) -> U + Send + Sync,
) -> Vec<U> {
    match device.is_cpu() {
        true => items.into_par_iter().map(map).collect(),
        false => items.into_iter().map(map).collect(),
    }
}
