//! New tokens into the cache, and attention to it, one launch (`past_attention.cu`).
//!
//! candle's take twelve and ten uploads a layer; they copy the keys and values of all slots, and write new ones with
//! threads that go over all of them one by one.

use candle_core::cuda_backend::cudarc::driver::DeviceRepr;
use candle_core::{Result, Tensor};

use super::{
    Extent, Kernel, Reading, SHARED_FLOATS, device_of, int, is_f32_here, overwritten, ptx, written,
};
use crate::kernels::PastSpan;

const KERNEL: Kernel =
    Kernel { name: "append_and_attend", file: "past_attention", ptx: ptx::PAST_ATTENTION };
const THREADS: u32 = 128;
const MOST_ROWS: usize = 128;
/// Heads are counted along the second side of a grid.
const MOST_HEADS: usize = 65_535;

/// `Past` of the `.cu` file.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Past {
    slot: i32,
    first: i32,
    tokens: i32,
    past: i32,
}

/// `Pasts` of the `.cu` file.
#[repr(C)]
#[derive(Clone, Copy)]
struct Pasts([Past; MOST_ROWS]);

/// As the `.cu` file says too.
const _: () = assert!(size_of::<Pasts>() == 2048);

// SAFETY: plain numbers, laid out as the kernel's table is.
unsafe impl DeviceRepr for Pasts {}

/// What the new tokens attend to; nothing where the kernel does not take them. Keys and values are
/// the new ones and the cache they go into. The spans lie inside of the caches, cover all tokens, and
/// have a slot each.
pub(in crate::kernels) fn append_and_attend(
    query: &Tensor,
    keys: [&Tensor; 2],
    values: [&Tensor; 2],
    spans: &[PastSpan],
    scaling: f64,
) -> Result<Option<Tensor>> {
    let ([new_keys, key_cache], [new_values, value_cache]) = (keys, values);
    let (_, heads, capacity, head_dim) = key_cache.dims4()?;
    let tensors = [query, new_keys, key_cache, new_values, value_cache];
    let are_here = tensors.into_iter().all(is_f32_here);
    let fit = new_keys.dims() == query.dims()
        && new_values.dims() == query.dims()
        && value_cache.dims() == key_cache.dims();
    let shared_floats = head_dim + capacity;
    if !(are_here && fit && heads <= MOST_HEADS && shared_floats <= SHARED_FLOATS) {
        return Ok(None);
    }
    let device = device_of(query)?;
    let sizes = [int(heads)?, int(capacity)?, int(head_dim)?];
    let scaling = scaling as f32;
    let pasts = spans.iter().map(|span| {
        let (slot, first) = (int(span.slot)?, int(span.vectors.start)?);
        Ok(Past { slot, first, tokens: int(span.vectors.len())?, past: int(span.past)? })
    });
    let pasts = pasts.collect::<Result<Vec<_>>>()?;
    let attended = written(device, query.shape(), |attended| {
        overwritten(key_cache, |key_cache| {
            overwritten(value_cache, |value_cache| {
                let reading = Reading::of([query, new_keys, new_values]);
                let stream = device.cuda_stream();
                let places = reading.places(&stream)?;
                let [query, new_keys, new_values] = places.all()?;
                for pasts in pasts.chunks(MOST_ROWS) {
                    let mut table = Pasts([Past::default(); MOST_ROWS]);
                    table.0[..pasts.len()].copy_from_slice(pasts);
                    let extent =
                        Extent { blocks: [pasts.len(), heads, 1], threads: THREADS, shared_floats };
                    let [heads, capacity, head_dim] = &sizes;
                    // SAFETY: the tensors are contiguous f32 on this device, in the shapes that were compared above;
                    // the rows of the table lie inside of them by the caller's word, each in a slot of its own.
                    unsafe {
                        KERNEL.launch(
                            device,
                            &extent,
                            &[
                                &attended,
                                &query,
                                &new_keys,
                                &new_values,
                                &key_cache,
                                &value_cache,
                                heads,
                                capacity,
                                head_dim,
                                &scaling,
                                &table,
                            ],
                        )?;
                    }
                }
                Ok(())
            })
        })
    })?;
    Ok(Some(attended))
}
