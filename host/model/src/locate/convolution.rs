//! Convolutions as products of matrices. candle's own take three times as long on a CPU.

use candle_core::{Result, Tensor};

use crate::ModelError;
use crate::weights::WeightFile;

/// A convolution that keeps the size, or halves it.
#[derive(Debug)]
pub(super) struct Convolution {
    /// `(outs, ins * kernel * kernel)`.
    weight: Tensor,
    /// `(outs, 1)`.
    bias: Tensor,
    kernel: usize,
    stride: usize,
}

impl Convolution {
    pub(super) fn load(
        weights: &WeightFile<'_>,
        name: &str,
        ins: usize,
        outs: usize,
        kernel: usize,
        stride: usize,
    ) -> std::result::Result<Self, ModelError> {
        let weight =
            weights.take_finite(&format!("{name}.weight"), &[outs, ins, kernel, kernel])?;
        let bias = weights.take_finite(&format!("{name}.bias"), &[outs])?;
        Ok(Self::of(&weight, &bias, stride)?)
    }

    /// Of a weight `(outs, ins, kernel, kernel)` and a bias `(outs)`.
    pub(super) fn of(weight: &Tensor, bias: &Tensor, stride: usize) -> Result<Self> {
        let (outs, ins, kernel, _) = weight.dims4()?;
        let weight = weight.reshape((outs, ins * kernel * kernel))?;
        Ok(Self { weight, bias: bias.reshape((outs, 1))?, kernel, stride })
    }

    /// From `(1, ins, height, width)` to `(1, outs, height / stride, width / stride)`, rounded up.
    pub(super) fn apply(&self, cells: &Tensor) -> Result<Tensor> {
        let (_, ins, height, width) = cells.dims4()?;
        let (rows, columns) = (height.div_ceil(self.stride), width.div_ceil(self.stride));
        let around = if self.kernel == 1 && self.stride == 1 {
            cells.reshape((ins, height * width))?
        } else {
            let values = cells.flatten_all()?.to_vec1::<f32>()?;
            let around = self.around(&values, (ins, height, width), (rows, columns));
            let shape = (ins * self.kernel * self.kernel, rows * columns);
            Tensor::from_vec(around, shape, cells.device())?
        };
        let product = self.weight.matmul(&around)?.broadcast_add(&self.bias)?;
        product.reshape((1, self.weight.dim(0)?, rows, columns))
    }

    /// What each cell of the result sees, a column a cell: `(ins * kernel * kernel, rows * columns)`, row by
    /// row. Beyond the edges are zeros.
    fn around(
        &self,
        values: &[f32],
        (ins, height, width): (usize, usize, usize),
        (rows, columns): (usize, usize),
    ) -> Vec<f32> {
        let (kernel, stride) = (self.kernel, self.stride);
        let reach = kernel / 2;
        let mut around = vec![0.0; ins * kernel * kernel * rows * columns];
        let seen = around.chunks_exact_mut(rows * columns);
        // A plane of the result for each place of the kernel, on each plane of the input.
        for (index, seen) in seen.enumerate() {
            let plane = &values[index / (kernel * kernel) * height * width..][..height * width];
            let (down, right) = (index / kernel % kernel, index % kernel);
            for (row, line) in seen.chunks_exact_mut(columns).enumerate() {
                let Some(from) = (row * stride + down).checked_sub(reach) else { continue };
                let Some(from) = plane.chunks_exact(width).nth(from) else { continue };
                // The first and the last cell whose neighbour is in the picture.
                let first = reach.saturating_sub(right).div_ceil(stride);
                let last = (width + reach).saturating_sub(right).div_ceil(stride).min(columns);
                if first >= last {
                    continue;
                }
                let begin = first * stride + right - reach;
                if stride == 1 {
                    line[first..last].copy_from_slice(&from[begin..begin + last - first]);
                } else {
                    let neighbours = from[begin..].iter().step_by(stride);
                    line[first..last].iter_mut().zip(neighbours).for_each(|(to, from)| *to = *from);
                }
            }
        }
        around
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn graded(shape: &[usize]) -> Tensor {
        let count = shape.iter().product::<usize>();
        let values = (0..count).map(|k| ((k * 7919 + 13) % 101) as f32 / 50.0 - 1.0);
        Tensor::from_vec(values.collect::<Vec<_>>(), shape, &Device::Cpu).expect("a tensor")
    }

    #[test]
    fn it_is_what_candle_computes() {
        for (kernel, stride, height, width) in
            [(1, 1, 5, 7), (3, 1, 6, 6), (3, 2, 8, 6), (3, 2, 7, 9), (5, 2, 16, 12), (5, 1, 2, 3)]
        {
            let cells = graded(&[1, 3, height, width]);
            let (weight, bias) = (graded(&[4, 3, kernel, kernel]), graded(&[4]));
            let ours = Convolution::of(&weight, &bias, stride).and_then(|own| own.apply(&cells));
            let candles = cells
                .conv2d(&weight, kernel / 2, stride, 1, 1)
                .and_then(|sums| sums.broadcast_add(&bias.reshape((1, 4, 1, 1))?));
            let (ours, candles) = (ours.expect("ours"), candles.expect("candle's"));
            assert_eq!(ours.dims(), candles.dims(), "{kernel}, {stride}");
            let off = (ours - candles).and_then(|off| off.abs()?.flatten_all()?.max(0));
            let off = off.and_then(|off| off.to_scalar::<f32>()).expect("a number");
            assert!(off < 1e-4, "{kernel}, {stride}: {off}");
        }
    }
}
