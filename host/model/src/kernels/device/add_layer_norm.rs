//! A sum and its layer normalisation, one launch (`add_layer_norm.cu`).
//!
//! candle's take two, and two passes over the sum more. Its variance is a difference of squares.

use candle_core::{Result, Tensor};

use super::{
    Extent, Kernel, Reading, SHARED_FLOATS, device_of, int, is_f32_here, overwritten, ptx, written,
};

const KERNEL: Kernel =
    Kernel { name: "add_layer_norm", file: "add_layer_norm", ptx: ptx::ADD_LAYER_NORM };
const THREADS: u32 = 256;
/// For the sums of a block's warps.
const PARTIAL: usize = 8;

/// `y += x`, and what it is normalised; nothing where the kernel does not take them.
pub(in crate::kernels) fn add_layer_norm(
    y: &Tensor,
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    eps: f32,
) -> Result<Option<Tensor>> {
    let (Some(width), numbers) = (y.dims().last().copied(), y.elem_count()) else {
        return Ok(None);
    };
    let are_here = [y, x, weight, bias].into_iter().all(is_f32_here);
    let fit = x.dims() == y.dims() && weight.dims() == [width] && bias.dims() == [width];
    if !(are_here && fit && numbers > 0 && width + PARTIAL <= SHARED_FLOATS) {
        return Ok(None);
    }
    let device = device_of(y)?;
    let blocks = [numbers / width, 1, 1];
    let extent = Extent { blocks, threads: THREADS, shared_floats: width + PARTIAL };
    let width = int(width)?;
    let normed = written(device, y.shape(), |normed| {
        overwritten(y, |y| {
            let reading = Reading::of([x, weight, bias]);
            let stream = device.cuda_stream();
            let places = reading.places(&stream)?;
            let [x, weight, bias] = places.all()?;
            // SAFETY: y, normed and x are (blocks, width), weight and bias (width), all of them contiguous f32 on
            // this device; y and normed are nobody else's while this runs.
            unsafe {
                KERNEL.launch(device, &extent, &[&y, &normed, &x, &weight, &bias, &width, &eps])
            }
        })
    })?;
    Ok(Some(normed))
}
