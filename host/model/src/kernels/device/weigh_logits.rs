//! What a constraint needs of logits, one launch that reads them once (`weigh_logits.cu`).
//!
//! candle's take seven, and six passes over them: 176 MB instead of 29 for 128 rows of Donut's vocabulary.

use candle_core::{DType, Result, Tensor};

use super::{Extent, Kernel, Reading, device_of, int, is_f32_here, ptx, written};

const KERNEL: Kernel =
    Kernel { name: "weigh_logits", file: "weigh_logits", ptx: ptx::WEIGH_LOGITS };
const THREADS: u32 = 512;
/// A greatest number and a sum for each of a block's warps.
const SHARED: usize = 2 * 16;

/// The columns, the greatest and the sum of exponentials of each row; nothing where the kernel does
/// not take them. `columns` are below the number of `logits`' columns.
pub(in crate::kernels) fn weigh_logits(
    logits: &Tensor,
    columns: &Tensor,
) -> Result<Option<Tensor>> {
    let (Ok((rows, vocabulary)), Ok(chosen)) = (logits.dims2(), columns.dims1()) else {
        return Ok(None);
    };
    let is_list =
        columns.device().is_cuda() && columns.dtype() == DType::U32 && columns.is_contiguous();
    if !(is_f32_here(logits) && is_list && rows > 0) {
        return Ok(None);
    }
    let device = device_of(logits)?;
    let extent = Extent { blocks: [rows, 1, 1], threads: THREADS, shared_floats: SHARED };
    let (vocabulary, count) = (int(vocabulary)?, int(chosen)?);
    let weighed = written(device, (rows, chosen + 2), |weighed| {
        let reading = Reading::of([logits, columns]);
        let stream = device.cuda_stream();
        let places = reading.places(&stream)?;
        let [logits, columns] = places.all()?;
        // SAFETY: logits are (rows, vocabulary) and columns (chosen), contiguous on this device, each below vocabulary
        // by the caller's word; weighed is (rows, chosen + 2) and nobody else's.
        unsafe {
            KERNEL.launch(device, &extent, &[&weighed, &logits, &columns, &vocabulary, &count])
        }
    })?;
    Ok(Some(weighed))
}
