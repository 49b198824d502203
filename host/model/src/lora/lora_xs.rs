//! LoRA-XS (Bałazy et al. 2024): `y += scaling * B R A x`. R, r by r, is trained; A and B are frozen
//! factors of W, its r greatest singular triples: A = V^T, B = U S.
//!
//! PEFT has no such method; the folder's form is this program's own. Beside `adapter_config.json`
//! (`peft_type` `LORA_XS`) stand
//! - `adapter_model.safetensors` with `base_model.model.{path}.lora_xs_R.weight`, `(r, r)`;
//! - `lora_xs_factors.safetensors` with `{path}.lora_xs_A`, `(R, in)`, and `{path}.lora_xs_B`,
//!   `(out, R)`, matrices for a convolution too, R being at least r: an adapter of lower rank uses
//!   the first r. Adapters of one base
//!   bring the same file, and it is in memory once. The key `factors` of the configuration is its
//!   SHA-256, for R means nothing beside other factors.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor};
use dossier_document::Digest;

use super::config::Ranks;
use super::delta::Product;
use super::files::FileContents;
use super::shared::Shared;
use crate::ModelError;
use crate::device::Upload;
use crate::digest::digest_bytes;
use crate::linear::{LayerId, LayerInfo};
use crate::weights::WeightFile;

/// The name of the file that holds the factors.
pub(super) const FACTORS_FILE: &str = "lora_xs_factors.safetensors";

/// A and B of every layer that has them.
#[derive(Debug)]
pub(crate) struct LoraXsFactors {
    /// One place for each layer of the base.
    layers: Vec<Option<Factors>>,
}

#[derive(Debug)]
struct Factors {
    /// `(R, in_features)`.
    a: Tensor,
    /// `(R, out_features)`.
    b_t: Tensor,
}

impl LoraXsFactors {
    /// The factors in `file`, which must have the digest `expected`.
    pub(super) fn load(
        file: &FileContents,
        config_path: &std::path::Path,
        expected: Digest,
        layers: &[LayerInfo],
        upload: &Upload,
        shared: &Shared<Self>,
    ) -> std::result::Result<Arc<Self>, ModelError> {
        let found = digest_bytes(&file.bytes);
        if found != expected {
            let path = config_path.to_owned();
            return Err(ModelError::WrongDigest { path, key: "factors", expected, found });
        }
        shared.get_or_load(found, || {
            let file = file.weights(&Device::Cpu)?;
            let factors = layers.iter().map(|layer| Factors::take(&file, layer, upload));
            let layers = factors.collect::<std::result::Result<_, _>>()?;
            file.finish()?;
            Ok(Self { layers })
        })
    }

    /// The greatest rank an adapter can have on a layer.
    fn rank(&self, layer: LayerId) -> Option<usize> {
        self.layers.get(layer.0)?.as_ref().map(|factors| factors.a.dims()[0])
    }

    /// `(in_features, rank)` and `(rank, out_features)`.
    pub(super) fn cut(&self, layer: LayerId, rank: usize) -> Result<(Tensor, Tensor)> {
        let factors = self.layers.get(layer.0).and_then(Option::as_ref);
        let factors = factors.ok_or_else(|| candle_core::Error::msg("no factors of the layer"))?;
        Ok((factors.a.narrow(0, 0, rank)?.t()?, factors.b_t.narrow(0, 0, rank)?))
    }

    pub(super) fn bytes(&self) -> usize {
        let values = |factors: &Factors| factors.a.elem_count() + factors.b_t.elem_count();
        self.layers.iter().flatten().map(values).sum::<usize>() * size_of::<f32>()
    }
}

impl Factors {
    fn take(
        file: &WeightFile<'_>,
        layer: &LayerInfo,
        upload: &Upload,
    ) -> std::result::Result<Option<Self>, ModelError> {
        let a_name = format!("{}.lora_xs_A", layer.path);
        let b_name = format!("{}.lora_xs_B", layer.path);
        if !layer.is_matrix() || !file.contains(&a_name) {
            return Ok(None);
        }
        let rank = file.shape(&a_name).and_then(|shape| shape.first().copied()).unwrap_or(0);
        let a = file.take_finite(&a_name, &[rank, layer.in_features()])?;
        let b = file.take_finite(&b_name, &[layer.out_features(), rank])?;
        // Singular vectors of W: W A^T = B. Any other base is far from it, rounding to f16 is not.
        let off =
            (layer.weight_on_cpu()?.matmul(&a.t()?)? - &b)?.sqr()?.sum_all()?.to_scalar::<f32>()?;
        let norm = b.sqr()?.sum_all()?.to_scalar::<f32>()?;
        if rank == 0 || off > FACTOR_TOLERANCE * FACTOR_TOLERANCE * norm {
            return Err(file.contents(&b_name, "is no factor of this base's weight"));
        }
        let b_t = b.t()?.contiguous()?;
        let (a, b_t) = upload.upload_pair(a, b_t)?;
        Ok(Some(Self { a, b_t }))
    }
}

/// How far `W A^T` may be from B, relative to B.
const FACTOR_TOLERANCE: f32 = 1e-2;

/// R of one layer.
pub(super) fn take_product(
    file: &WeightFile<'_>,
    config_path: &std::path::Path,
    layer: &LayerInfo,
    id: LayerId,
    ranks: &Ranks,
    factors: &Arc<LoraXsFactors>,
) -> std::result::Result<Product, ModelError> {
    let rank = ranks.rank(&layer.path)?;
    let greatest = factors.rank(id).unwrap_or(0);
    if rank > greatest {
        return Err(ModelError::InvalidValue {
            path: config_path.to_owned(),
            key: "r".to_owned(),
            expected: format!("at most {greatest}, the rank of the factors of {}", layer.path),
        });
    }
    let name = format!("base_model.model.{}.lora_xs_R.weight", layer.path);
    let r = file.take_finite(&name, &[rank, rank])?;
    let r_t = (r.t()?.contiguous()? * ranks.scaling(&layer.path)?)?;
    Ok(Product::LoraXs { factors: factors.clone(), layer: id, r_t })
}
