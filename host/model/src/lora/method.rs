//! What a method makes of its targets.

use std::path::Path;
use std::sync::Arc;

use candle_core::Tensor;

use super::adapter::{AdapterHost, Role};
use super::config::{AdapterConfig, LoraSettings, Method, Ranks};
use super::delta::Added;
use super::files::FileContents;
use super::lora_xs::{self, LoraXsFactors};
use super::low_rank;
use super::vera::{self, VeraProjections};
use crate::ModelError;
use crate::linear::{LayerId, LayerInfo};
use crate::weights::WeightFile;

/// A method, with what all its layers share.
pub(super) enum LoadedMethod<'a> {
    Lora(&'a LoraSettings),
    Vera { rank: usize, projections: Arc<VeraProjections> },
    LoraXs { config_path: &'a Path, ranks: &'a Ranks, factors: Arc<LoraXsFactors> },
}

impl<'a> LoadedMethod<'a> {
    pub(super) fn load(
        config: &'a AdapterConfig,
        config_path: &'a Path,
        roles: &[Role],
        weights: &WeightFile<'_>,
        factors_file: Option<&FileContents>,
        base: &AdapterHost<'_>,
    ) -> Result<Self, ModelError> {
        let layers = base.layers.layers();
        match (&config.method, factors_file) {
            (Method::LoraXs { ranks, factors }, Some(file)) => {
                let shared = &base.shared.lora_xs;
                let factors =
                    LoraXsFactors::load(file, config_path, *factors, layers, base.upload, shared)?;
                Ok(Self::LoraXs { config_path, ranks, factors })
            }
            (Method::LoraXs { .. }, None) => {
                Err(ModelError::MissingKey { path: config_path.to_owned(), key: "factors".into() })
            }
            (Method::Vera { rank }, _) => {
                let targets = layers.iter().zip(roles).filter(|(_, role)| **role == Role::Target);
                let targets = targets.map(|(layer, _)| layer);
                let shared = &base.shared.vera;
                let projections =
                    VeraProjections::take(weights, *rank, targets, base.upload, shared)?;
                Ok(Self::Vera { rank: *rank, projections })
            }
            (Method::Lora(settings), _) => Ok(Self::Lora(settings)),
        }
    }

    /// What the method makes of one target, whose trained bias was taken before.
    pub(super) fn take_added(
        &self,
        weights: &WeightFile<'_>,
        id: LayerId,
        layer: &LayerInfo,
        trained_bias: Option<Tensor>,
    ) -> Result<Added, ModelError> {
        let product = match self {
            Self::Lora(settings) => {
                return low_rank::take_added(weights, layer, settings, trained_bias);
            }
            Self::Vera { rank, projections } => {
                vera::take_product(weights, layer, *rank, projections)?
            }
            Self::LoraXs { config_path, ranks, factors } => {
                lora_xs::take_product(weights, config_path, layer, id, ranks, factors)?
            }
        };
        Ok(Added::new(layer, Some(product), None, trained_bias, None)?)
    }
}
