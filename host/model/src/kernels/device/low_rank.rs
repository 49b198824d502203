//! What stands behind products with a weight: bias and products of low rank, one launch a part for all adapters and
//! ranks (`low_rank.cu`).
//!
//! candle's take two copies an adapter and six kernels, five uploads and a copy of all results besides, and write each
//! result four times. This one reads and writes each once, and A and B from where they are kept.

use std::ops::Range;

use candle_core::cuda_backend::cudarc::driver::DeviceRepr;
use candle_core::{CudaDevice, DType, Result, Tensor};

use super::{
    Extent, Kernel, Reading, SHARED_FLOATS, device_of, int, is_f32_here, overwritten, ptx, written,
};
use crate::kernels::affine::{LowRank, Part};

const THREADS: u32 = 256;
const MOST_SEGMENTS: usize = 64;

/// `LowRankSegment` of the `.cu` file.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Segment {
    a: u64,
    b_t: u64,
    first: i32,
    end: i32,
    rank: i32,
    unused: i32,
}

/// `LowRankSegments` of the `.cu` file.
#[repr(C)]
#[derive(Clone, Copy)]
struct Segments {
    of: [Segment; MOST_SEGMENTS],
    count: i32,
    unused: i32,
}

/// As the `.cu` file says too.
const _: () = assert!(size_of::<Segments>() == 2056);

// SAFETY: plain numbers and places, laid out as the kernel's table is.
unsafe impl DeviceRepr for Segments {}

/// The kernel for products in `y` and matrices in `matrices`.
fn kernel(y: DType, matrices: DType) -> Option<Kernel> {
    let name = match (y, matrices) {
        (DType::F32, DType::F32) => "finish_affine_f32_f32",
        (DType::F32, DType::F16) => "finish_affine_f32_f16",
        (DType::F32, DType::BF16) => "finish_affine_f32_bf16",
        (DType::F16, DType::F32) => "finish_affine_f16_f32",
        (DType::F16, DType::F16) => "finish_affine_f16_f16",
        (DType::F16, DType::BF16) => "finish_affine_f16_bf16",
        (DType::BF16, DType::F32) => "finish_affine_bf16_f32",
        (DType::BF16, DType::F16) => "finish_affine_bf16_f16",
        (DType::BF16, DType::BF16) => "finish_affine_bf16_bf16",
        _ => return None,
    };
    Some(Kernel { name, file: "low_rank", ptx: ptx::LOW_RANK })
}

/// `x w^T + b` part by part with the products of low rank on top; nothing where the kernel does not
/// take them. The parts cover all vectors in order.
pub(in crate::kernels) fn affine_in_parts(
    x: &Tensor,
    parts: &[Part<'_>],
    low_rank: &[LowRank<'_>],
) -> Result<Option<Tensor>> {
    let (vectors, in_features) = x.dims2()?;
    let Some(out_features) = parts.first().and_then(|part| part.weight.dims().first().copied())
    else {
        return Ok(None);
    };
    let low_rank =
        low_rank.iter().filter(|product| !product.vectors.is_empty()).collect::<Vec<_>>();
    let matrices = low_rank.first().map_or(DType::F32, |product| product.a.dtype());
    let is_ordered = low_rank.windows(2).all(|pair| pair[0].vectors.end <= pair[1].vectors.start);
    let fit = |product: &&LowRank<'_>| {
        let rank = product.a.dims().first().copied().unwrap_or(0);
        product.a.dims() == [rank, in_features]
            && product.b_t.dims() == [rank, out_features]
            && [product.a, product.b_t].iter().all(|kept| {
                kept.dtype() == matrices && kept.is_contiguous() && kept.device().is_cuda()
            })
            && in_features + rank <= SHARED_FLOATS
            && product.vectors.end <= vectors
    };
    let has_bias = |part: &Part<'_>| {
        part.bias.is_none_or(|bias| is_f32_here(bias) && bias.dims() == [out_features])
    };
    let is_taken = is_f32_here(x)
        && vectors > 0
        && is_ordered
        && low_rank.iter().all(fit)
        && parts.iter().all(has_bias)
        && parts.iter().all(|part| part.weight.dims() == [out_features, in_features]);
    if !is_taken {
        return Ok(None);
    }
    let products = parts.iter().map(|part| {
        let weight_t = part.weight.to_multiply_with()?.t()?;
        let x = x.narrow(0, part.vectors.start, part.vectors.len())?;
        x.to_dtype(weight_t.dtype())?.matmul(&weight_t)
    });
    let products = products.collect::<Result<Vec<_>>>()?;
    if products.iter().any(|product| kernel(product.dtype(), matrices).is_none()) {
        return Ok(None);
    }
    let finish = Finish {
        device: device_of(x)?,
        x,
        low_rank: &low_rank,
        matrices,
        in_features,
        out_features,
    };
    match (parts, products.as_slice()) {
        ([part], [product]) if product.dtype() == DType::F32 => {
            if part.bias.is_some() || !low_rank.is_empty() {
                overwritten(product, |y| finish.part(y, part, None))?;
            }
            Ok(Some(product.clone()))
        }
        _ => {
            let write = |out| {
                for (part, product) in parts.iter().zip(&products) {
                    let first = part.vectors.start * out_features * size_of::<f32>();
                    finish.part(out + first as u64, part, Some(product))?;
                }
                Ok(())
            };
            written(finish.device, (vectors, out_features), write).map(Some)
        }
    }
}

struct Finish<'a> {
    device: &'a CudaDevice,
    x: &'a Tensor,
    low_rank: &'a [&'a LowRank<'a>],
    matrices: DType,
    in_features: usize,
    out_features: usize,
}

impl Finish<'_> {
    /// Writes what comes of one part from `out` on: from its product, or, without one, from what lies there in f32.
    fn part(&self, out: u64, part: &Part<'_>, product: Option<&Tensor>) -> Result<()> {
        let of_part = self.low_rank.iter().filter_map(|low_rank| {
            let first = low_rank.vectors.start.max(part.vectors.start);
            let end = low_rank.vectors.end.min(part.vectors.end);
            (first < end).then_some((first..end, *low_rank))
        });
        let of_part = of_part.collect::<Vec<_>>();
        let mut first = part.vectors.start;
        let mut rest = of_part.as_slice();
        loop {
            // The rows up to the first segment that the table has no room for.
            let (now, later) = rest.split_at(rest.len().min(MOST_SEGMENTS));
            let end = later.first().map_or(part.vectors.end, |(vectors, _)| vectors.start);
            self.rows(out, part, product, first..end, now)?;
            if later.is_empty() {
                return Ok(());
            }
            (first, rest) = (end, later);
        }
    }

    /// `out` is the place of the part's first row.
    fn rows(
        &self,
        out: u64,
        part: &Part<'_>,
        product: Option<&Tensor>,
        rows: Range<usize>,
        segments: &[(Range<usize>, &LowRank<'_>)],
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let dtype = product.map_or(DType::F32, Tensor::dtype);
        let Some(kernel) = kernel(dtype, self.matrices) else {
            candle_core::bail!("products in {dtype:?} with matrices in {:?}", self.matrices);
        };
        let before = (rows.start - part.vectors.start) * self.out_features;
        let stream = self.device.cuda_stream();
        let x = Reading::of([self.x]);
        let x = x.places(&stream)?;
        let [x_start] = x.all()?;
        let x_start = x_start + (rows.start * self.in_features * size_of::<f32>()) as u64;
        let out = out + (before * size_of::<f32>()) as u64;
        let product = Reading::of(product);
        let product = product.places(&stream)?;
        let y = product
            .addresses
            .first()
            .map_or(out, |start| start + (before * dtype.size_in_bytes()) as u64);
        let bias = Reading::of(part.bias);
        let bias = bias.places(&stream)?;
        let bias = bias.addresses.first().copied().unwrap_or(0);
        let matrices =
            Reading::of(segments.iter().flat_map(|(_, low_rank)| [low_rank.a, low_rank.b_t]));
        let matrices = matrices.places(&stream)?;
        let mut table = Segments {
            of: [Segment::default(); MOST_SEGMENTS],
            count: int(segments.len())?,
            unused: 0,
        };
        let mut highest = 0;
        for ((segment, (vectors, low_rank)), places) in
            table.of.iter_mut().zip(segments).zip(matrices.addresses.chunks_exact(2))
        {
            let rank = low_rank.a.dim(0)?;
            highest = highest.max(rank);
            let (first, end) = (int(vectors.start - rows.start)?, int(vectors.end - rows.start)?);
            *segment =
                Segment { a: places[0], b_t: places[1], first, end, rank: int(rank)?, unused: 0 };
        }
        // Without products of low rank nothing of x is kept.
        let shared_floats = if highest > 0 { self.in_features + highest } else { 0 };
        let extent = Extent { blocks: [rows.len(), 1, 1], threads: THREADS, shared_floats };
        let (in_features, out_features) = (int(self.in_features)?, int(self.out_features)?);
        // SAFETY: out has (rows, out_features) numbers from its place on, and so has y, of `dtype`; x has (rows,
        // in_features), bias, unless its place is 0, (out_features). The segments lie inside of the rows, in order, and
        // their matrices are (rank, in_features) and (rank, out_features), as compared above.
        unsafe {
            let arguments: &[&dyn super::Argument] =
                &[&out, &y, &bias, &x_start, &in_features, &out_features, &table];
            kernel.launch(self.device, &extent, arguments)
        }
    }
}
