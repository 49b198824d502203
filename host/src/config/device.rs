//! Where the model computes, as it is typed: `cpu`, `cuda` or `cuda:1`.

use dossier_model::DeviceKind;
use serde::{Deserialize as _, Deserializer};

/// A text names no device.
#[derive(Debug, thiserror::Error)]
#[error("a device reads `cpu`, `cuda` or `cuda:1`")]
pub struct InvalidDevice;

/// The device of this name.
///
/// # Errors
/// When it names none. Whether the machine has it shows when the model is loaded.
pub fn parse_device(text: &str) -> Result<DeviceKind, InvalidDevice> {
    match text.split_once(':') {
        None if text == "cpu" => Ok(DeviceKind::Cpu),
        None if text == "cuda" => Ok(DeviceKind::Cuda(0)),
        Some(("cuda", number)) => number.parse().map(DeviceKind::Cuda).map_err(|_| InvalidDevice),
        _ => Err(InvalidDevice),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DeviceKind>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_device(&text).map(Some).map_err(serde::de::Error::custom)
}
