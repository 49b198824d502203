//! Softmax over the last dimension, with what attention adds to its scores first.

use candle_core::{CpuStorage, InplaceOp1, InplaceOp2, InplaceOp3, Layout, Result, Tensor};

use super::{contiguous, contiguous_mut};

/// Softmax over the last dimension of fresh `scores`.
pub(crate) fn softmax(scores: Tensor) -> Result<Tensor> {
    if !(scores.device().is_cpu() && scores.is_contiguous()) {
        return candle_nn::ops::softmax_last_dim(&scores);
    }
    scores.inplace_op1(&Softmax { width: last_dim(&scores) })?;
    Ok(scores)
}

/// Softmax of fresh `scores`, `(pages * windows, heads, places, places)`, plus a bias for each head,
/// `(heads, places, places)`, plus a mask for each window, `(windows, places, places)`.
pub(crate) fn softmax_with_bias(
    scores: Tensor,
    bias: &Tensor,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    if scores.device().is_cpu() && scores.is_contiguous() {
        let operation = Softmax { width: last_dim(&scores) };
        match mask {
            None => scores.inplace_op2(bias, &operation)?,
            Some(mask) => scores.inplace_op3(bias, mask, &operation)?,
        }
        return Ok(scores);
    }
    let biased = scores.broadcast_add(bias)?;
    let Some(mask) = mask else { return candle_nn::ops::softmax_last_dim(&biased) };
    let (batch, heads, places, _) = biased.dims4()?;
    let windows = mask.dim(0)?;
    let by_page = biased.reshape((batch / windows, windows, heads, places * places))?;
    let masked = by_page.broadcast_add(&mask.reshape((1, windows, 1, places * places))?)?;
    candle_nn::ops::softmax_last_dim(&masked.reshape((batch, heads, places, places))?)
}

fn last_dim(x: &Tensor) -> usize {
    x.dims().last().copied().unwrap_or(1)
}

struct Softmax {
    width: usize,
}

impl Softmax {
    fn row(&self, scores: &mut [f32]) {
        let greatest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        scores.iter_mut().for_each(|score| *score = exp(*score - greatest));
        let scale = scores.iter().sum::<f32>().recip();
        scores.iter_mut().for_each(|score| *score *= scale);
    }
}

impl InplaceOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, scores: &mut CpuStorage, layout: &Layout) -> Result<()> {
        contiguous_mut(scores, layout)?.chunks_exact_mut(self.width).for_each(|row| self.row(row));
        Ok(())
    }
}

impl InplaceOp2 for Softmax {
    fn name(&self) -> &'static str {
        "softmax-with-bias"
    }

    fn cpu_fwd(
        &self,
        scores: &mut CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<()> {
        let bias_rows = contiguous(bias, bias_layout)?.chunks_exact(self.width).cycle();
        let rows = contiguous_mut(scores, layout)?.chunks_exact_mut(self.width);
        for (row, bias) in rows.zip(bias_rows) {
            row.iter_mut().zip(bias).for_each(|(score, bias)| *score += bias);
            self.row(row);
        }
        Ok(())
    }
}

impl InplaceOp3 for Softmax {
    fn name(&self) -> &'static str {
        "softmax-with-bias-and-mask"
    }

    fn cpu_fwd(
        &self,
        scores: &mut CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
        mask: &CpuStorage,
        mask_layout: &Layout,
    ) -> Result<()> {
        let bias = contiguous(bias, bias_layout)?;
        // A window's scores are `heads` squares of `places`; its mask is one such square.
        let square = self.width * self.width;
        let masks = contiguous(mask, mask_layout)?.chunks_exact(square).cycle();
        let windows = contiguous_mut(scores, layout)?.chunks_exact_mut(bias.len());
        for (window, mask) in windows.zip(masks) {
            let mask_rows = mask.chunks_exact(self.width).cycle();
            let rows = window.chunks_exact_mut(self.width).zip(bias.chunks_exact(self.width));
            for ((row, bias), mask) in rows.zip(mask_rows) {
                for ((score, bias), mask) in row.iter_mut().zip(bias).zip(mask) {
                    *score += bias + mask;
                }
                self.row(row);
            }
        }
        Ok(())
    }
}

/// e^x for x <= 0, as Cephes computes it: a power of two times a polynomial on half a unit around 0.
/// Below -87 the result is as good as 0.
#[inline]
fn exp(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding and taking away 1.5 * 2^23 rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let x = x.max(-87.0);
    let power = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = x - power * LN_2_HIGH - power * LN_2_LOW;
    let polynomial = [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5]
        .iter()
        .fold(1.987_569_1e-4, |sum, coefficient| sum * r + coefficient);
    let mantissa = polynomial * r * r + r + 1.0;
    mantissa * f32::from_bits(((power as i32 + 127) << 23) as u32)
}

#[cfg(test)]
mod tests;
