//! Parameters of the base that an adapter trained whole: `modules_to_save` and `bias`.

use std::path::Path;

use candle_core::Tensor;

use super::delta::Replaced;
use super::pattern::{Pattern, PatternBudget};
use crate::ModelError;
use crate::json::JsonObject;
use crate::linear::LayerInfo;
use crate::weights::WeightFile;

/// `bias`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TrainedBiases {
    None,
    /// Every bias of the base.
    All,
    /// Those of the targets.
    OfTargets,
}

impl TrainedBiases {
    /// `of_targets` is the method's own word: `lora_only`, `vera_only`.
    pub(super) fn take(object: &mut JsonObject, of_targets: &str) -> Result<Self, ModelError> {
        match object.take_string("bias")?.as_deref() {
            None | Some("none") => Ok(Self::None),
            Some("all") => Ok(Self::All),
            Some(word) if word == of_targets => Ok(Self::OfTargets),
            Some(_) => Err(object.invalid("bias", format!("none, all or {of_targets}"))),
        }
    }

    /// The trained bias of a layer that keeps its weight.
    pub(super) fn take_bias(
        self,
        file: &WeightFile<'_>,
        layer: &LayerInfo,
        is_target: bool,
    ) -> Result<Option<Tensor>, ModelError> {
        let is_trained = match self {
            Self::None => false,
            Self::All => true,
            Self::OfTargets => is_target,
        };
        if !is_trained || layer.bias.is_none() {
            return Ok(None);
        }
        // Around a target PEFT puts a module of its own.
        let infix = if is_target { "base_layer." } else { "" };
        let name = format!("base_model.model.{}.{infix}bias", layer.path);
        file.take_finite(&name, &[layer.out_features()]).map(Some)
    }
}

/// `modules_to_save` (`peft/utils/other.py`, `_set_trainable`).
#[derive(Debug)]
pub(super) struct SavedModules {
    entries: Vec<SavedModule>,
}

#[derive(Debug)]
struct SavedModule {
    /// How the path of a saved module, or of one that holds it, ends.
    ending: String,
    /// What can't be a target (`peft/tuners/tuners_utils.py`, `check_target_module_exists`).
    excluded: Pattern,
}

impl SavedModules {
    pub(super) fn take(
        object: &mut JsonObject,
        budget: &PatternBudget,
    ) -> Result<Self, ModelError> {
        let key = "modules_to_save";
        let names = object.take_with(key, "a list of module names", |value| {
            let names = value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned));
            names.collect::<Option<Vec<_>>>()
        })?;
        let entry = |ending: String| match ending.is_empty() {
            true => Err(object.invalid(key, "a list of module names")),
            false => {
                let excluded = Pattern::inside(object, budget, key, &ending)?;
                Ok(SavedModule { ending, excluded })
            }
        };
        let entries = names.unwrap_or_default().into_iter().map(entry).collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }

    /// Refuses an entry that matches none of `layers`.
    pub(super) fn check(&self, path: &Path, layers: &[LayerInfo]) -> Result<(), ModelError> {
        let unmatched =
            |entry: &&SavedModule| layers.iter().all(|layer| !contains(&layer.path, &entry.ending));
        match self.entries.iter().find(unmatched) {
            None => Ok(()),
            Some(entry) => Err(ModelError::UnmatchedModule {
                path: path.to_owned(),
                module: entry.ending.clone(),
            }),
        }
    }

    /// Whether the layer, or a module that holds it, was saved.
    pub(super) fn contains(&self, layer: &LayerInfo) -> bool {
        self.entries.iter().any(|entry| contains(&layer.path, &entry.ending))
    }

    /// Whether PEFT would not make a target of the layer.
    pub(super) fn excludes(&self, layer: &LayerInfo) -> Result<bool, ModelError> {
        for entry in &self.entries {
            if entry.excluded.matches(&layer.path)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether `path`, or one of its heads before a dot, ends with `ending`: an ending need not be a
/// whole name.
fn contains(path: &str, ending: &str) -> bool {
    let heads = path.match_indices('.').map(|(dot, _)| &path[..dot]);
    heads.chain([path]).any(|head| head.ends_with(ending))
}

/// The parameters of a layer that was saved whole.
pub(super) fn take_replaced(
    file: &WeightFile<'_>,
    layer: &LayerInfo,
    biases: TrainedBiases,
) -> Result<Replaced, ModelError> {
    let name = |parameter| format!("base_model.model.{}.{parameter}", layer.path);
    let weight = file.take_finite(&name("weight"), &layer.weight_shape())?;
    let weight = if layer.is_matrix() { weight.flatten_from(1)? } else { weight };
    let bias = match &layer.bias {
        Some(_) => Some(file.take_finite(&name("bias"), &[layer.out_features()])?),
        None => None,
    };
    // With `bias` = `all` PEFT's filter also catches the module's copies inside its wrapper.
    if biases == TrainedBiases::All && bias.is_some() {
        for copy in ["modules_to_save.bias", "original_module.bias"] {
            if file.contains(&name(copy)) {
                file.take_finite(&name(copy), &[layer.out_features()])?;
            }
        }
    }
    Ok(Replaced { weight: Some(weight), bias })
}

/// Where the output layer is a target, PEFT saves a copy of its unchanged weight beside A and B, and
/// loads it in the place of the base's. One that differs would be a change of the base.
pub(super) fn check_copy(file: &WeightFile<'_>, layer: &LayerInfo) -> Result<(), ModelError> {
    let name = format!("base_model.model.{}.base_layer.weight", layer.path);
    if !file.contains(&name) {
        return Ok(());
    }
    let copy = file.take_finite(&name, &layer.weight_shape())?.flatten_from(1)?;
    let copy = layer.weight.rounded_alike(&copy)?;
    let difference = (copy - layer.weight_on_cpu()?)?.abs()?.max_all()?.to_scalar::<f32>()?;
    match difference == 0.0 {
        true => Ok(()),
        false => Err(file.contents(&name, "is not the weight of this base")),
    }
}
