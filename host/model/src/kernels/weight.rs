//! A matrix as it is kept: in f32, or narrower and widened by the task that uses it.

use std::ops::{Deref, Range};

use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor, bail};
use half::{bf16, f16};

use super::affine::locked_values;
use super::blocks::TASKS_PER_CORE;
use super::fresh::fresh_rows;
use super::is_kept_here;
use super::lanes;
use super::widen::widen_f16;
use crate::WeightPrecision;

/// A weight, `(out_features, in_features)`, as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Weight {
    values: Tensor,
    /// `(out_features)`: what a unit is worth in each row of an int8 weight.
    scales: Option<Tensor>,
}

impl Weight {
    /// As it is: f32, bf16 or f16, narrower ones contiguous.
    pub(crate) fn new(values: Tensor) -> Self {
        Self { values, scales: None }
    }

    /// Rounds `values`, `(out_features, in_features)`, to what they are to be kept in.
    pub(crate) fn keep(values: &Tensor, precision: WeightPrecision) -> Result<Self> {
        let dtype = match precision {
            WeightPrecision::F32 => DType::F32,
            WeightPrecision::Bf16 => DType::BF16,
            WeightPrecision::F16 => DType::F16,
            WeightPrecision::Int8 => return Self::in_int8(&values.to_dtype(DType::F32)?),
        };
        Ok(Self::new(values.to_dtype(dtype)?.contiguous()?))
    }

    fn in_int8(values: &Tensor) -> Result<Self> {
        let greatest = values.abs()?.max_keepdim(1)?;
        // A row of zeros has a scale too, so that nothing is divided by zero.
        let scales = (greatest / f64::from(STEPS))?.maximum(f64::from(f32::MIN_POSITIVE))?;
        let steps = values.broadcast_div(&scales)?.round()?;
        let values = (steps + f64::from(ZERO))?.to_dtype(DType::U8)?;
        Ok(Self { values, scales: Some(scales.flatten_all()?) })
    }

    /// `values` rounded as this weight was.
    pub(crate) fn rounded_alike(&self, values: &Tensor) -> Result<Tensor> {
        let precision = match self.values.dtype() {
            DType::BF16 => WeightPrecision::Bf16,
            DType::F16 => WeightPrecision::F16,
            DType::U8 => WeightPrecision::Int8,
            _ => WeightPrecision::F32,
        };
        Self::keep(values, precision)?.to_f32()
    }

    pub(crate) fn dims(&self) -> &[usize] {
        self.values.dims()
    }

    /// Memory of the numbers.
    pub(crate) fn bytes(&self) -> usize {
        let of = |tensor: &Tensor| tensor.elem_count() * tensor.dtype().size_in_bytes();
        of(&self.values) + self.scales.as_ref().map_or(0, of)
    }

    /// All of it in f32; a copy unless it is kept so.
    pub(crate) fn to_f32(&self) -> Result<Tensor> {
        if is_kept_here(&self.values) && self.values.dtype() != DType::F32 {
            return self.widened_here();
        }
        let values = self.values.to_dtype(DType::F32)?;
        match &self.scales {
            None => Ok(values),
            Some(scales) => (values - f64::from(ZERO))?.broadcast_mul(&scales.unsqueeze(1)?),
        }
    }

    fn widened_here(&self) -> Result<Tensor> {
        let (rows, columns) = self.values.dims2()?;
        let wide = self.with_stored_rows(|stored| Ok(stored.all_widened(columns)))?;
        Tensor::from_vec(wide, (rows, columns), self.values.device())
    }

    /// Calls `f` with the rows as they lie in memory: contiguous, on the CPU.
    pub(super) fn with_stored_rows<T>(
        &self,
        f: impl FnOnce(StoredRows<'_>) -> Result<T>,
    ) -> Result<T> {
        let scales = self.scales.as_ref().map(Tensor::storage_and_layout);
        let scales = scales.as_ref().map(locked_values).transpose()?;
        f(StoredRows::of(&self.values.storage_and_layout(), scales)?)
    }

    /// All of it in what candle multiplies with: f32, bf16 or f16.
    pub(super) fn to_multiply_with(&self) -> Result<Tensor> {
        match self.scales {
            None => Ok(self.values.clone()),
            Some(_) => self.to_f32(),
        }
    }

    /// Some rows in f32, `(indices, in_features)`.
    pub(crate) fn rows(&self, indices: &Tensor) -> Result<Tensor> {
        let values = self.values.index_select(indices, 0)?;
        let scales = self.scales.as_ref().map(|scales| scales.index_select(indices, 0));
        Self { values, scales: scales.transpose()? }.to_f32()
    }

    pub(super) fn values(&self) -> &Tensor {
        &self.values
    }

    pub(super) fn scales(&self) -> Option<&Tensor> {
        self.scales.as_ref()
    }
}

/// The greatest whole number of an int8 weight.
const STEPS: u8 = 127;
/// What stands for zero: candle has unsigned bytes only.
const ZERO: u8 = 128;

/// Rows of a matrix as they lie in memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum StoredRows<'a> {
    F32(&'a [f32]),
    Bf16(&'a [bf16]),
    F16(&'a [f16]),
    /// The scales are one a row.
    Int8 {
        values: &'a [u8],
        scales: &'a [f32],
    },
}

impl<'a> StoredRows<'a> {
    /// The rows of contiguous values on the CPU; `scales` belong to those of an int8 weight.
    pub(super) fn of(
        (storage, layout): &'a (impl Deref<Target = Storage>, &Layout),
        scales: Option<&'a [f32]>,
    ) -> Result<Self> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("rows that do not lie one after the other");
        };
        match (&**storage, scales) {
            (Storage::Cpu(CpuStorage::F32(values)), None) => Ok(Self::F32(&values[start..end])),
            (Storage::Cpu(CpuStorage::BF16(values)), None) => Ok(Self::Bf16(&values[start..end])),
            (Storage::Cpu(CpuStorage::F16(values)), None) => Ok(Self::F16(&values[start..end])),
            (Storage::Cpu(CpuStorage::U8(values)), Some(scales)) => {
                Ok(Self::Int8 { values: &values[start..end], scales })
            }
            _ => bail!("rows of f32, bf16, f16 or scaled bytes on the CPU are needed"),
        }
    }

    /// Numbers in all rows.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::Bf16(values) => values.len(),
            Self::F16(values) => values.len(),
            Self::Int8 { values, .. } => values.len(),
        }
    }

    /// Some rows, each `width` numbers: where they lie, or widened into `scratch`.
    #[inline(always)]
    pub(super) fn widened<'b>(
        self,
        rows: Range<usize>,
        width: usize,
        scratch: &'b mut Vec<f32>,
    ) -> &'b [f32]
    where
        'a: 'b,
    {
        if let Self::F32(values) = self {
            return &values[rows.start * width..rows.end * width];
        }
        let wide = first_of(scratch, rows.len() * width);
        self.widen_into(rows.start, width, wide);
        wide
    }

    /// The rows from `first` on, each `width` numbers, as many as `wide` has room for.
    #[inline(always)]
    pub(super) fn widen_into(self, first: usize, width: usize, wide: &mut [f32]) {
        let numbers = first * width..first * width + wide.len();
        match self {
            Self::F32(values) => wide.copy_from_slice(&values[numbers]),
            Self::Bf16(values) => {
                for (wide, value) in wide.iter_mut().zip(&values[numbers]) {
                    *wide = f32::from_bits(u32::from(value.to_bits()) << 16);
                }
            }
            Self::F16(values) => widen_f16(&values[numbers], wide),
            Self::Int8 { values, scales } => {
                let rows = values[numbers].chunks_exact(width).zip(&scales[first..]);
                for (wide, (row, scale)) in wide.chunks_exact_mut(width).zip(rows) {
                    for (wide, value) in wide.iter_mut().zip(row) {
                        *wide = (f32::from(*value) - f32::from(ZERO)) * scale;
                    }
                }
            }
        }
    }

    /// All rows, widened by as many tasks as pay.
    pub(super) fn all_widened(self, width: usize) -> Vec<f32> {
        fresh_rows(self.len() / width, width, width, TASKS_PER_CORE, |first, wide| {
            lanes::in_widest_registers(
                #[inline(always)]
                || self.widen_into(first, width, wide),
            );
        })
    }
}

/// The first numbers of memory that is used again: whatever was there.
#[inline(always)]
pub(super) fn first_of(scratch: &mut Vec<f32>, length: usize) -> &mut [f32] {
    if scratch.len() < length {
        scratch.resize(length, 0.0);
    }
    &mut scratch[..length]
}

#[cfg(test)]
mod tests;
