//! Where the model computes and in what it is kept, as it is typed: `cpu`, `cuda:1`, `bf16`.

use std::fmt::Display;
use std::str::FromStr;

use clap::Args;
use dossier_model::{AdapterPrecision, DeviceKind, ModelSettings, WeightPrecision};
use serde::{Deserialize as _, Deserializer};

use super::FileConfig;

/// Flags of everything that loads a model.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ModelArgs {
    /// Where the model computes: cpu, cuda or cuda:1 (built with the feature `cuda`) [default: cpu].
    #[arg(long, env = "DOSSIER_DEVICE", value_name = "DEVICE")]
    pub device: Option<DeviceKind>,
    /// In what the base's matrices are kept: f32, bf16, f16 or int8 [default: f32].
    #[arg(long, env = "DOSSIER_WEIGHT_PRECISION", value_name = "PRECISION")]
    pub weight_precision: Option<WeightPrecision>,
    /// In what the matrices of adapters are kept: f32, bf16 or f16 [default: f32].
    #[arg(long, env = "DOSSIER_ADAPTER_PRECISION", value_name = "PRECISION")]
    pub adapter_precision: Option<AdapterPrecision>,
}

impl ModelArgs {
    /// Flags over defaults.
    #[must_use]
    pub fn settings(self) -> ModelSettings {
        self.over(&FileConfig::default())
    }

    /// Flags over the file over defaults.
    pub(super) fn over(self, file: &FileConfig) -> ModelSettings {
        ModelSettings {
            device: self.device.or(file.device).unwrap_or_default(),
            weights: self.weight_precision.or(file.weight_precision).unwrap_or_default(),
            adapters: self.adapter_precision.or(file.adapter_precision).unwrap_or_default(),
        }
    }
}

/// A device or a precision named in a configuration file. Whether the machine has the device shows when
/// the model is loaded.
pub(super) fn named<'de, D: Deserializer<'de>, P: FromStr<Err: Display>>(
    deserializer: D,
) -> Result<Option<P>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}
