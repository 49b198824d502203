//! One adapter, checked against the base it belongs to.

use std::fmt;
use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::config::AdapterConfig;
use super::delta::{Added, LayerDelta, Replaced};
use super::files::{AdapterFiles, FileContents};
use super::method::LoadedMethod;
use super::saved::{check_copy, take_replaced};
use super::shared::SharedMatrices;
use crate::device::Upload;
use crate::linear::{LayerId, LayerInfo, LayerRegistry};
use crate::page_form::{PageForm, PageForms};
use crate::weights::{WeightFile, is_finite};
use crate::{AdapterPrecision, ImageProcessor, ModelError};

/// An adapter in memory, its layers aligned with those of the base it was loaded for.
pub struct Adapter {
    layers: Layers,
    form: Arc<PageForm>,
}

/// One place for each layer of the base.
type Layers = Vec<Option<LayerDelta>>;

/// The base an adapter is loaded for.
pub(crate) struct AdapterHost<'a> {
    pub(crate) layers: &'a LayerRegistry,
    /// Of its pages.
    pub(crate) forms: &'a PageForms,
    /// To where it computes.
    pub(crate) upload: &'a Upload,
    /// In what the matrices are kept.
    pub(crate) precision: AdapterPrecision,
    /// What its adapters have in common.
    pub(crate) shared: &'a SharedMatrices,
}

impl Adapter {
    /// Makes an adapter of what was read from its folder: on the CPU, where each number can be looked
    /// at without waiting for what the model computes.
    pub(crate) fn load(files: &AdapterFiles, base: &AdapterHost<'_>) -> Result<Self, ModelError> {
        let AdapterFiles { config_path, config, .. } = files;
        let form = match &files.processor {
            Some(FileContents { path, bytes }) => {
                base.forms.of(path, ImageProcessor::parse(path, bytes)?)?
            }
            None => Arc::clone(base.forms.own()),
        };
        let roles = config.roles(config_path, base.layers.layers())?;
        let weights = files.weights.weights(&Device::Cpu)?;
        let factors = files.factors.as_ref();
        let method = LoadedMethod::load(config, config_path, &roles, &weights, factors, base)?;
        let mut layers = Vec::with_capacity(roles.len());
        for (index, (layer, role)) in base.layers.layers().iter().zip(&roles).enumerate() {
            let delta = match role {
                Role::Untouched => take_bias_alone(&weights, layer, config)?,
                Role::Saved => {
                    let replaced = take_replaced(&weights, layer, config.biases)?;
                    Some(LayerDelta::Replaced(replaced))
                }
                Role::Target => {
                    check_copy(&weights, layer)?;
                    let bias = config.biases.take_bias(&weights, layer, true)?;
                    let added = method.take_added(&weights, LayerId(index), layer, bias)?;
                    Some(LayerDelta::Added(added))
                }
            };
            let kept = delta.map(|delta| delta.kept_in(base.precision)).transpose()?;
            let fits = base.precision != AdapterPrecision::F16
                || kept.iter().flat_map(LayerDelta::tensors).try_fold(true, |all, tensor| {
                    Ok::<_, candle_core::Error>(all && is_finite(tensor)?)
                })?;
            if !fits {
                let path = &layer.path;
                return Err(weights.contents(path, "has matrices with values too large for f16"));
            }
            layers.push(kept);
        }
        weights.finish()?;
        Ok(Self { layers: uploaded(layers, base.upload)?, form })
    }

    /// Numbers that belong to this adapter alone.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.tensors().map(Tensor::elem_count).sum()
    }

    /// Memory that is freed with this adapter. What it shares with others is not counted; see
    /// [`AdapterPool::shared_bytes`](crate::AdapterPool::shared_bytes).
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.tensors().map(|tensor| tensor.elem_count() * tensor.dtype().size_in_bytes()).sum()
    }

    /// What its pages become before they are encoded.
    pub(crate) fn form(&self) -> &Arc<PageForm> {
        &self.form
    }

    /// What the adapter makes of a layer.
    pub(crate) fn delta(&self, layer: LayerId) -> Option<&LayerDelta> {
        self.layers.get(layer.0)?.as_ref()
    }

    fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        self.layers.iter().flatten().flat_map(LayerDelta::tensors)
    }
}

/// The same where the model computes, brought there together.
fn uploaded(layers: Layers, upload: &Upload) -> candle_core::Result<Layers> {
    let mut tensors = Vec::new();
    let layers = map_tensors(layers, |tensor| {
        tensors.push(tensor.clone());
        Ok(tensor)
    })?;
    let mut tensors = upload.upload(tensors)?.into_iter();
    map_tensors(layers, |_| {
        tensors.next().ok_or_else(|| candle_core::Error::msg("less was uploaded than there is"))
    })
}

fn map_tensors(
    layers: Layers,
    mut change: impl FnMut(Tensor) -> candle_core::Result<Tensor>,
) -> candle_core::Result<Layers> {
    let layers = layers.into_iter();
    layers.map(|delta| delta.map(|delta| delta.map(&mut change)).transpose()).collect()
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Adapter({} layers)", self.layers.iter().flatten().count())
    }
}

/// What an adapter does with a layer, as its configuration says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// At most its bias is trained.
    Untouched,
    Target,
    /// In `modules_to_save`.
    Saved,
}

fn take_bias_alone(
    weights: &WeightFile<'_>,
    layer: &LayerInfo,
    config: &AdapterConfig,
) -> Result<Option<LayerDelta>, ModelError> {
    let Some(bias) = config.biases.take_bias(weights, layer, false)? else { return Ok(None) };
    Ok(Some(match layer.is_matrix() {
        true => LayerDelta::Added(Added::new(layer, None, None, Some(bias), None)?),
        false => LayerDelta::Replaced(Replaced { weight: None, bias: Some(bias) }),
    }))
}
