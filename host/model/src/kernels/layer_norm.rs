//! Layer normalisation over the last dimension.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::blocks::TASKS_PER_CORE;
use super::fresh::fresh_rows;
use super::{add_to_fresh, contiguous, lanes, runs_here};

/// `(x - mean) / sqrt(variance + eps) * weight + bias` over the last dimension.
pub(crate) fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f32) -> Result<Tensor> {
    if !runs_here(x) {
        return candle_nn::ops::layer_norm(x, weight, bias, eps);
    }
    x.contiguous()?.apply_op3_no_bwd(weight, bias, &LayerNorm { eps })
}

/// `y + x`, and what it is normalised. `y` is overwritten where that is faster, so it must be a fresh
/// result that nobody else looks at.
pub(crate) fn add_layer_norm(
    y: Tensor,
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    eps: f32,
) -> Result<(Tensor, Tensor)> {
    #[cfg(feature = "cuda")]
    if let Some(normed) = super::device::add_layer_norm(&y, x, weight, bias, eps)? {
        return Ok((y, normed));
    }
    let sum = add_to_fresh(y, x)?;
    let normed = layer_norm(&sum, weight, bias, eps)?;
    Ok((sum, normed))
}

struct LayerNorm {
    eps: f32,
}

impl LayerNorm {
    #[inline(always)]
    fn row(&self, x: &[f32], weight: &[f32], bias: &[f32], y: &mut [f32]) {
        let count = x.len() as f32;
        let mean = lanes::sum(x) / count;
        let variance = lanes::sum_of(x, |x| (x - mean) * (x - mean)) / count;
        let scale = (variance + self.eps).sqrt().recip();
        for (((y, x), weight), bias) in y.iter_mut().zip(x).zip(weight).zip(bias) {
            *y = (x - mean) * scale * weight + bias;
        }
    }
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
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
        let x = contiguous(x, x_layout)?;
        let weight = contiguous(weight, weight_layout)?;
        let bias = contiguous(bias, bias_layout)?;
        let width = weight.len();
        if x_layout.dims().last() != Some(&width) || bias.len() != width {
            bail!("layer norm over {width} features of {:?}", x_layout.shape());
        }
        let rows = x.len() / width;
        let y = fresh_rows(rows, width, 2 * width, TASKS_PER_CORE, |first, y| {
            let x = &x[first * width..][..y.len()];
            lanes::in_widest_registers(
                #[inline(always)]
                || {
                    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
                        self.row(x, weight, bias, y);
                    }
                },
            );
        });
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests;
