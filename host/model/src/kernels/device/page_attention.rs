//! Attention to pages, one launch for all of them (`page_attention.cu`).
//!
//! candle's take seven a page, and each reads the page's keys and values as two copies of whole products do.

use candle_core::cuda_backend::cudarc::driver::DeviceRepr;
use candle_core::{Result, Tensor, bail};

use super::{Extent, Kernel, Reading, SHARED_FLOATS, device_of, int, is_f32_here, ptx, written};
use crate::kernels::PageSpan;

const KERNEL: Kernel =
    Kernel { name: "attend_to_pages", file: "page_attention", ptx: ptx::PAGE_ATTENTION };
const MOST_SPANS: usize = 64;
const QUERIES: usize = 8;
const THREADS: usize = 256;
/// Heads, and eights of a page's tokens, are counted along the second and third side of a grid.
const MOST_ALONG_A_SIDE: usize = 65_535;

/// `Page` of the `.cu` file.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Page {
    keys: u64,
    values: u64,
    first: i32,
    tokens: i32,
    states: i32,
    unused: i32,
}

/// `Pages` of the `.cu` file.
#[repr(C)]
#[derive(Clone, Copy)]
struct Pages([Page; MOST_SPANS]);

/// As the `.cu` file says too.
const _: () = assert!(size_of::<Pages>() == 2048);

// SAFETY: plain numbers and places, laid out as the kernel's table is.
unsafe impl DeviceRepr for Pages {}

/// What the tokens attend to; nothing where the kernel does not take them. The spans cover all
/// tokens in order.
pub(in crate::kernels) fn attend_to_pages(
    query: &Tensor,
    spans: &[PageSpan<'_>],
    scaling: f64,
) -> Result<Option<Tensor>> {
    let (_, width) = query.dims2()?;
    let Some(first) = spans.first() else { return Ok(None) };
    let (_, heads, _, head_dim) = first.values.dims4()?;
    let shared_floats = QUERIES * (head_dim + THREADS + 3);
    let fits = |span: &PageSpan<'_>| -> Result<bool> {
        let (pages, of_heads, states, of_head_dim) = span.values.dims4()?;
        Ok(is_f32_here(span.keys)
            && is_f32_here(span.values)
            && span.keys.dims() == [pages, of_heads, of_head_dim, states]
            && (of_heads, of_head_dim) == (heads, head_dim)
            && span.page < pages
            && states > 0
            && span.vectors.len() <= QUERIES * MOST_ALONG_A_SIDE)
    };
    let is_taken = is_f32_here(query)
        && heads * head_dim == width
        && heads <= MOST_ALONG_A_SIDE
        && (1..=THREADS).contains(&head_dim)
        && shared_floats <= SHARED_FLOATS;
    if !(is_taken
        && spans.iter().map(fits).collect::<Result<Vec<_>>>()?.into_iter().all(|fits| fits))
    {
        return Ok(None);
    }
    let device = device_of(query)?;
    let sizes = [int(heads)?, int(head_dim)?];
    let scaling = scaling as f32;
    let attended = written(device, query.shape(), |attended| {
        for spans in spans.chunks(MOST_SPANS) {
            let tensors = spans.iter().flat_map(|span| [span.keys, span.values]);
            let reading = Reading::of([query].into_iter().chain(tensors));
            let stream = device.cuda_stream();
            let places = reading.places(&stream)?;
            let [query, memories @ ..] = places.addresses.as_slice() else {
                bail!("the place of the queries is missing");
            };
            let mut table = Pages([Page::default(); MOST_SPANS]);
            let mut most = 1;
            for ((page, span), memory) in
                table.0.iter_mut().zip(spans).zip(memories.chunks_exact(2))
            {
                let states = span.values.dim(2)?;
                let bytes = (span.page * width * states * size_of::<f32>()) as u64;
                *page = Page {
                    keys: memory[0] + bytes,
                    values: memory[1] + bytes,
                    first: int(span.vectors.start)?,
                    tokens: int(span.vectors.len())?,
                    states: int(states)?,
                    unused: 0,
                };
                most = most.max(span.vectors.len());
            }
            let blocks = [spans.len(), heads, most.div_ceil(QUERIES)];
            let extent = Extent { blocks, threads: THREADS as u32, shared_floats };
            let [heads, head_dim] = &sizes;
            // SAFETY: query and attended are (tokens, heads * head_dim), of which each span names some; the places
            // are those of its page in keys and values of the shapes that were compared above, contiguous f32.
            unsafe {
                KERNEL.launch(
                    device,
                    &extent,
                    &[&attended, query, heads, head_dim, &scaling, &table],
                )?;
            }
        }
        Ok(())
    })?;
    Ok(Some(attended))
}
