//! Attention within windows, without copies of its operands head by head.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::blocks::TASKS_PER_CORE;
use super::fresh::fresh_rows;
use super::product::{Destination, Matrix, MatrixMut, multiply};
use super::{contiguous, lanes, runs_here, with_values};

/// What is added to the scores, and how the heads lie.
#[derive(Debug)]
pub(crate) struct WindowScores<'a> {
    /// `(heads, places, places)`.
    pub(crate) bias: &'a Tensor,
    /// `(windows, places, places)`, the same for every page and head.
    pub(crate) mask: Option<&'a Tensor>,
    pub(crate) scaling: f64,
}

/// `softmax(scaling * query key^T + bias + mask) value` in every window. All three are `(pages,
/// windows * places, heads * head_dim)`, and so is the result.
pub(crate) fn window_attention(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    scores: &WindowScores<'_>,
) -> Result<Tensor> {
    if !runs_here(query) {
        return with_products_of_candle(query, key, value, scores);
    }
    let (heads, places, _) = scores.bias.dims3()?;
    let attend = |bias: &[f32], mask: &[f32]| {
        let scaling = scores.scaling as f32;
        let kernel = WindowAttention { bias, mask, heads, places, scaling };
        let (query, key, value) = (query.contiguous()?, key.contiguous()?, value.contiguous()?);
        query.apply_op3_no_bwd(&key, &value, &kernel)
    };
    with_values(scores.bias, |bias| match scores.mask {
        Some(mask) => with_values(mask, |mask| attend(bias, mask)),
        None => attend(bias, &[]),
    })
}

fn with_products_of_candle(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    scores: &WindowScores<'_>,
) -> Result<Tensor> {
    let (pages, all_places, dim) = query.dims3()?;
    let (heads, places, _) = scores.bias.dims3()?;
    let windows = all_places / places;
    let split = |x: &Tensor| {
        let x = x.reshape((pages * windows, places, heads, dim / heads))?;
        x.transpose(1, 2)?.contiguous()
    };
    let products = (split(query)? * scores.scaling)?.matmul(&split(key)?.t()?)?;
    let mut biased = products.broadcast_add(scores.bias)?;
    if let Some(mask) = scores.mask {
        biased = biased
            .reshape((pages, windows, heads, places * places))?
            .broadcast_add(&mask.reshape((1, windows, 1, places * places))?)?
            .reshape((pages * windows, heads, places, places))?;
    }
    let attended = candle_nn::ops::softmax_last_dim(&biased)?.matmul(&split(value)?)?;
    attended.transpose(1, 2)?.contiguous()?.reshape((pages, all_places, dim))
}

struct WindowAttention<'a> {
    bias: &'a [f32],
    /// Empty for none.
    mask: &'a [f32],
    heads: usize,
    places: usize,
    scaling: f32,
}

impl WindowAttention<'_> {
    /// One window: `query`, `key`, `value` and `attended` are `(places, heads * head_dim)`.
    fn window(
        &self,
        window: usize,
        [query, key, value]: [&[f32]; 3],
        scores: &mut [f32],
        attended: &mut [f32],
    ) {
        let places = self.places;
        let dim = query.len() / places;
        let head_dim = dim / self.heads;
        let square = places * places;
        let mask = match self.mask.len() / square {
            0 => None,
            windows => Some(&self.mask[window % windows * square..][..square]),
        };
        for head in 0..self.heads {
            let first = head * head_dim;
            let part = |values| -> Matrix<'_> {
                Matrix { row_stride: dim, ..Matrix::row_major(values, places, head_dim) }
            };
            let (query, key, value) =
                (part(&query[first..]), part(&key[first..]), part(&value[first..]));
            let mut products =
                MatrixMut { values: scores, rows: places, columns: places, row_stride: places };
            multiply(
                &mut products,
                Destination::Overwrite,
                self.scaling,
                query,
                key.transposed(),
                1,
            );
            let bias = &self.bias[head * square..][..square];
            lanes::in_widest_registers(
                #[inline(always)]
                || {
                    for (score, bias) in scores.iter_mut().zip(bias) {
                        *score += bias;
                    }
                    if let Some(mask) = mask {
                        for (score, mask) in scores.iter_mut().zip(mask) {
                            *score += mask;
                        }
                    }
                    for row in scores.chunks_exact_mut(places) {
                        lanes::softmax(row);
                    }
                },
            );
            let mut attended = MatrixMut {
                values: &mut attended[first..],
                rows: places,
                columns: head_dim,
                row_stride: dim,
            };
            let weights = Matrix::row_major(scores, places, places);
            multiply(&mut attended, Destination::Overwrite, 1.0, weights, value, 1);
        }
    }
}

impl CustomOp3 for WindowAttention<'_> {
    fn name(&self) -> &'static str {
        "window-attention"
    }

    fn cpu_fwd(
        &self,
        query: &CpuStorage,
        query_layout: &Layout,
        key: &CpuStorage,
        key_layout: &Layout,
        value: &CpuStorage,
        value_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let query = contiguous(query, query_layout)?;
        let key = contiguous(key, key_layout)?;
        let value = contiguous(value, value_layout)?;
        let (_, all_places, dim) = query_layout.shape().dims3()?;
        let (places, heads) = (self.places, self.heads);
        let square = places * places;
        let fits = key_layout.shape() == query_layout.shape()
            && value_layout.shape() == query_layout.shape()
            && all_places % places == 0
            && dim % heads == 0
            && self.bias.len() == heads * square
            && (self.mask.is_empty() || self.mask.len() == all_places / places * square);
        if !fits {
            bail!("windows of {places} places and {heads} heads in {:?}", query_layout.shape());
        }
        let width = places * dim;
        let cost = square * (dim / 8 + 4 * heads);
        let windows = query.len() / width;
        let attended = fresh_rows(windows, width, cost, TASKS_PER_CORE, |first, attended| {
            let mut scores = vec![0f32; square];
            for (index, attended) in attended.chunks_exact_mut(width).enumerate() {
                let window = first + index;
                let operands = [query, key, value].map(|values| &values[window * width..][..width]);
                self.window(window, operands, &mut scores, attended);
            }
        });
        Ok((CpuStorage::F32(attended), query_layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests;
