//! One LoRA adapter, checked against the base it belongs to.

use std::fmt;
use std::path::Path;

use candle_core::{Device, Result, Tensor};
use dossier_document::Digest;

use super::config::LoraConfig;
use crate::ModelError;
use crate::digest::digest_files;
use crate::kernels::{add_product_to_rows, affine};
use crate::linear::{LinearId, LinearInfo, LinearRegistry};
use crate::weights::WeightFile;

/// A LoRA adapter in memory, its layers aligned with those of the base it was loaded for.
pub struct Adapter {
    /// One place for each Linear layer of the base.
    pairs: Vec<Option<LoraPair>>,
    parameters: usize,
}

/// A and B of one layer.
pub(crate) struct LoraPair {
    /// `(in_features, r)`.
    a_t: Tensor,
    /// `(r, out_features)`, with the scaling in it.
    b_t: Tensor,
}

impl Adapter {
    /// Loads a PEFT folder: `adapter_config.json` and `adapter_model.safetensors`.
    pub(crate) fn load(
        folder: &Path,
        layers: &LinearRegistry,
        device: &Device,
    ) -> std::result::Result<(Digest, Self), ModelError> {
        let config_path = folder.join("adapter_config.json");
        let weights_path = folder.join("adapter_model.safetensors");
        let pickle_path = folder.join("adapter_model.bin");
        if pickle_path.exists() {
            return Err(ModelError::PickledAdapter { path: pickle_path });
        }
        let digest = digest_files(&[&config_path, &weights_path])?;
        let config = LoraConfig::read(&config_path)?;
        let layers = layers.layers();
        let paths = layers.iter().map(|layer| layer.path.as_str()).collect::<Vec<_>>();
        if let Some(target) = config.targets.unmatched(&paths)? {
            return Err(ModelError::UnmatchedTarget { path: config_path, target });
        }
        let file = WeightFile::open(&weights_path, device)?;
        let mut adapter = Self { pairs: Vec::with_capacity(layers.len()), parameters: 0 };
        for layer in layers {
            let pair = match config.targets.selects(&layer.path)? {
                true => Some(adapter.take_pair(&file, layer, &config)?),
                false => None,
            };
            adapter.pairs.push(pair);
        }
        file.finish()?;
        Ok((digest, adapter))
    }

    /// Numbers in all A and B.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Bytes of memory that the adapter takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.parameters * size_of::<f32>()
    }

    /// What the adapter adds to a layer.
    pub(crate) fn pair(&self, layer: LinearId) -> Option<&LoraPair> {
        self.pairs.get(layer.0)?.as_ref()
    }

    fn take_pair(
        &mut self,
        file: &WeightFile,
        layer: &LinearInfo,
        config: &LoraConfig,
    ) -> std::result::Result<LoraPair, ModelError> {
        let rank = config.rank(&layer.path)?;
        let name = |matrix| format!("base_model.model.{}.{matrix}.weight", layer.path);
        let a = file.take(&name("lora_A"), &[rank, layer.in_features])?;
        let b = file.take(&name("lora_B"), &[layer.out_features, rank])?;
        self.parameters += a.elem_count() + b.elem_count();
        let b_t = (b.t()?.contiguous()? * config.scaling(&layer.path)?)?;
        Ok(LoraPair { a_t: a.t()?.contiguous()?, b_t })
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Adapter({} layers)", self.pairs.iter().flatten().count())
    }
}

impl LoraPair {
    /// Adds what the layer makes of `x`, `(vectors, in_features)`, to the rows of `y`, `(more vectors,
    /// out_features)`, from `start` on; `y` is overwritten.
    pub(crate) fn add_to_rows(&self, y: &Tensor, x: &Tensor, start: usize) -> Result<()> {
        add_product_to_rows(y, &affine(x, &self.a_t, None)?, &self.b_t, start)
    }
}
