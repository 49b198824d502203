//! In how many bits a model is kept. It computes in f32 whatever it is kept in.

use std::fmt;
use std::str::FromStr;

use candle_core::DType;

use crate::DeviceKind;

/// Where a model computes, and in what it is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelSettings {
    /// Where it computes.
    pub device: DeviceKind,
    /// In what the base's matrices are kept.
    pub weights: WeightPrecision,
    /// In what the matrices of its adapters are kept.
    pub adapters: AdapterPrecision,
}

/// In what the matrices of a base are kept. Norms, biases and positions are few, and stay f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightPrecision {
    /// 4 bytes a weight.
    #[default]
    F32,
    /// 2 bytes: the range of f32 with 8 bits of precision.
    Bf16,
    /// 2 bytes: 11 bits of precision up to 65504.
    F16,
    /// 1 byte: whole numbers from -127 to 127, and one f32 scale for each output feature.
    Int8,
}

/// In what the matrices of adapters are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdapterPrecision {
    /// 4 bytes a weight.
    #[default]
    F32,
    /// 2 bytes: the range of f32 with 8 bits of precision.
    Bf16,
    /// 2 bytes: 11 bits of precision up to 65504.
    F16,
}

/// A text names no precision.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a precision is one of {}", .0.join(", "))]
pub struct InvalidPrecision(&'static [&'static str]);

impl AdapterPrecision {
    pub(crate) fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::Bf16 => DType::BF16,
            Self::F16 => DType::F16,
        }
    }
}

const WEIGHTS: &[&str] = &["f32", "bf16", "f16", "int8"];
const ADAPTERS: &[&str] = &["f32", "bf16", "f16"];

impl FromStr for WeightPrecision {
    type Err = InvalidPrecision;

    fn from_str(text: &str) -> Result<Self, InvalidPrecision> {
        match text {
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            "f16" => Ok(Self::F16),
            "int8" => Ok(Self::Int8),
            _ => Err(InvalidPrecision(WEIGHTS)),
        }
    }
}

impl FromStr for AdapterPrecision {
    type Err = InvalidPrecision;

    fn from_str(text: &str) -> Result<Self, InvalidPrecision> {
        match text {
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            "f16" => Ok(Self::F16),
            _ => Err(InvalidPrecision(ADAPTERS)),
        }
    }
}

impl fmt::Display for WeightPrecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
            Self::Int8 => "int8",
        })
    }
}

impl fmt::Display for AdapterPrecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        })
    }
}
