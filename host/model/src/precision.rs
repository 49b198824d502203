//! In how many bits a model is kept. On the CPU it computes in f32 whatever it is kept in; elsewhere
//! products are computed in bf16 or f16 where their matrix is kept so.

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
pub struct InvalidPrecision(Vec<&'static str>);

impl WeightPrecision {
    /// Memory of a weight.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 | Self::F16 => 2,
            Self::Int8 => 1,
        }
    }
}

impl AdapterPrecision {
    pub(crate) fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::Bf16 => DType::BF16,
            Self::F16 => DType::F16,
        }
    }
}

const WEIGHTS: &[(&str, WeightPrecision)] = &[
    ("f32", WeightPrecision::F32),
    ("bf16", WeightPrecision::Bf16),
    ("f16", WeightPrecision::F16),
    ("int8", WeightPrecision::Int8),
];
const ADAPTERS: &[(&str, AdapterPrecision)] = &[
    ("f32", AdapterPrecision::F32),
    ("bf16", AdapterPrecision::Bf16),
    ("f16", AdapterPrecision::F16),
];

fn named<T: Copy>(text: &str, names: &[(&'static str, T)]) -> Result<T, InvalidPrecision> {
    let found = names.iter().find(|(name, _)| *name == text);
    let all = || InvalidPrecision(names.iter().map(|(name, _)| *name).collect());
    found.map(|(_, precision)| *precision).ok_or_else(all)
}

fn name<T: Copy + PartialEq>(precision: T, names: &[(&'static str, T)]) -> &'static str {
    names.iter().find(|(_, of)| *of == precision).map_or("", |(name, _)| name)
}

impl FromStr for WeightPrecision {
    type Err = InvalidPrecision;

    fn from_str(text: &str) -> Result<Self, InvalidPrecision> {
        named(text, WEIGHTS)
    }
}

impl FromStr for AdapterPrecision {
    type Err = InvalidPrecision;

    fn from_str(text: &str) -> Result<Self, InvalidPrecision> {
        named(text, ADAPTERS)
    }
}

impl fmt::Display for WeightPrecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(*self, WEIGHTS))
    }
}

impl fmt::Display for AdapterPrecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(*self, ADAPTERS))
    }
}
