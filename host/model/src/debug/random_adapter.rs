//! Adapters with random numbers, to measure what adapters cost.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde_json::json;

use crate::linear::{LayerInfo, LayerKind};
use crate::{Base, ModelError};

/// Writes a PEFT folder with LoRA of rank `rank` on every Linear layer of `base` but the output
/// layer, its numbers in f16, small and pseudo-random by `seed`.
///
/// # Errors
/// When the folder can't be written.
pub fn write_random_adapter(
    base: &Base,
    folder: &Path,
    rank: usize,
    seed: u64,
) -> Result<(), ModelError> {
    let io = |source| ModelError::Io { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(io)?;
    let mut numbers = SplitMix(seed);
    let mut matrix = |rows: usize, columns: usize, scale: f32| {
        let values = (0..rows * columns).map(|_| numbers.next(scale)).collect::<Vec<_>>();
        Tensor::from_vec(values, (rows, columns), &Device::Cpu)?.to_dtype(DType::F16)
    };
    let mut tensors = HashMap::new();
    let layers = base.parts().model.linears().layers();
    let is_target =
        |layer: &&LayerInfo| layer.kind == LayerKind::Linear && layer.path != "decoder.lm_head";
    for layer in layers.iter().filter(is_target) {
        let name = |part| format!("base_model.model.{}.{part}.weight", layer.path);
        let scale = (layer.in_features() as f32).sqrt().recip();
        tensors.insert(name("lora_A"), matrix(rank, layer.in_features(), scale)?);
        tensors.insert(name("lora_B"), matrix(layer.out_features(), rank, 0.01)?);
    }
    candle_core::safetensors::save(&tensors, folder.join("adapter_model.safetensors"))?;
    let config = json!({
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": 2 * rank,
        "target_modules": "all-linear",
    });
    std::fs::write(folder.join("adapter_config.json"), config.to_string()).map_err(io)
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers on every machine.
pub(super) struct SplitMix(pub(super) u64);

impl SplitMix {
    /// Uniform between -`scale` and `scale`.
    pub(super) fn next(&mut self, scale: f32) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        ((bits >> 40) as f32 / (1u32 << 23) as f32 - 1.0) * scale
    }
}
