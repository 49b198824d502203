//! `adapter_config.json`: what this program implements, everything else refused by name.

use std::path::Path;

use dossier_document::Digest;

use super::adapter::Role;
use super::files::FileContents;
use super::pattern::PatternBudget;
use super::saved::{SavedModules, TrainedBiases};
use super::targets::Selection;
use crate::ModelError;
use crate::json::JsonObject;
use crate::linear::{LayerInfo, LayerKind};

mod lora;
pub(super) use lora::LoraSettings;

mod ranks;
pub(super) use ranks::Ranks;

/// What all methods of PEFT 0.21 share, and the method.
#[derive(Debug)]
pub(super) struct AdapterConfig {
    pub(super) method: Method,
    pub(super) targets: Selection,
    pub(super) biases: TrainedBiases,
    pub(super) saved: SavedModules,
}

/// `peft_type`.
#[derive(Debug)]
pub(super) enum Method {
    /// LoRA and its variants.
    Lora(LoraSettings),
    Vera {
        rank: usize,
    },
    /// No method of PEFT.
    LoraXs {
        ranks: Ranks,
        /// SHA-256 of the factors' file.
        factors: Digest,
    },
}

impl AdapterConfig {
    /// Parses the file of an adapter of `base`, or of any.
    pub(super) fn parse(file: &FileContents, base: Option<Digest>) -> Result<Self, ModelError> {
        let mut object = JsonObject::parse(&file.path, &file.bytes)?;
        let budget = PatternBudget::default();
        let peft_type = object.take("peft_type").ok_or_else(|| object.missing("peft_type"))?;
        let (method, bias_of_targets) = match peft_type.as_str() {
            Some("LORA") => (Method::Lora(LoraSettings::take(&mut object, &budget)?), "lora_only"),
            Some("VERA") => (take_vera(&mut object)?, "vera_only"),
            Some("LORA_XS") => (take_lora_xs(&mut object, &budget)?, "lora_xs_only"),
            _ => return Err(object.unsupported("peft_type", &peft_type)),
        };
        check_base(&mut object, &file.path, base)?;
        let config = Self {
            method,
            targets: Selection::take(&mut object, &budget)?,
            biases: TrainedBiases::take(&mut object, bias_of_targets)?,
            saved: SavedModules::take(&mut object, &budget)?,
        };
        object.refuse_unless("fan_in_fan_out", |value| value == false)?;
        object.ignore(WITHOUT_EFFECT);
        object.finish()?;
        Ok(config)
    }
}

impl AdapterConfig {
    /// What the adapter does with each of `layers`.
    pub(super) fn roles(&self, path: &Path, layers: &[LayerInfo]) -> Result<Vec<Role>, ModelError> {
        let matrices = layers.iter().filter(|layer| layer.is_matrix()).collect::<Vec<_>>();
        if let Some(target) = self.targets.unmatched(&matrices)? {
            return Err(ModelError::UnmatchedTarget { path: path.to_owned(), target });
        }
        self.saved.check(path, layers)?;
        let roles = layers.iter().map(|layer| self.role(path, layer));
        let roles = roles.collect::<Result<Vec<_>, _>>()?;
        if !roles.contains(&Role::Target) {
            let expected = "modules that are not excluded";
            return Err(invalid(path, "target_modules", expected.to_owned()));
        }
        Ok(roles)
    }

    fn role(&self, path: &Path, layer: &LayerInfo) -> Result<Role, ModelError> {
        let is_saved = self.saved.contains(layer);
        let is_target =
            layer.is_matrix() && self.targets.selects(layer)? && !self.saved.excludes(layer)?;
        match (is_saved, is_target) {
            (false, false) => Ok(Role::Untouched),
            (true, false) => Ok(Role::Saved),
            // PEFT would save the target with its own A and B inside.
            (true, true) => Err(invalid(
                path,
                "modules_to_save",
                format!("other modules than the targets, of which one is {}", layer.path),
            )),
            (false, true) if self.is_unable_to_change(layer) => Err(invalid(
                path,
                "target_modules",
                format!("Linear layers, unlike {}", layer.path),
            )),
            (false, true) => Ok(Role::Target),
        }
    }

    /// PEFT's VeRA knows no convolutions.
    fn is_unable_to_change(&self, layer: &LayerInfo) -> bool {
        matches!(self.method, Method::Vera { .. }) && layer.kind != LayerKind::Linear
    }
}

fn invalid(path: &Path, key: &str, expected: String) -> ModelError {
    ModelError::InvalidValue { path: path.to_owned(), key: key.to_owned(), expected }
}

/// `VeraConfig` (`peft/tuners/vera/config.py`).
fn take_vera(object: &mut JsonObject) -> Result<Method, ModelError> {
    // Without them in the file they would have to come from PyTorch's random numbers.
    object.refuse_unless("save_projection", |value| value == true)?;
    // PEFT does not know the key here, and would train what it names.
    object.refuse_unless("exclude_modules", |value| value.as_array().is_some_and(Vec::is_empty))?;
    object.ignore(&["d_initial", "init_weights", "projection_prng_key", "vera_dropout"]);
    Ok(Method::Vera { rank: object.take_count("r")?.unwrap_or(256) })
}

/// Keys named as LoRA names them, and `factors`.
fn take_lora_xs(object: &mut JsonObject, budget: &PatternBudget) -> Result<Method, ModelError> {
    let factors = object.take_with("factors", "`sha256:` and 64 hexadecimal digits", |value| {
        value.as_str()?.parse::<Digest>().ok()
    })?;
    let factors = factors.ok_or_else(|| object.missing("factors"))?;
    Ok(Method::LoraXs { ranks: Ranks::take(object, budget)?, factors })
}

/// `revision` says which version of the base an adapter belongs to. A digest is held against the
/// base that is there; other words mean a place this program does not know.
fn check_base(
    object: &mut JsonObject,
    path: &Path,
    base: Option<Digest>,
) -> Result<(), ModelError> {
    let revision = object.take_string("revision")?;
    let Some(revision) = revision.filter(|revision| revision.starts_with("sha256:")) else {
        return Ok(());
    };
    let expected = revision
        .parse::<Digest>()
        .map_err(|error| object.invalid("revision", error.to_string()))?;
    match base {
        Some(found) if found != expected => {
            let path = path.to_owned();
            Err(ModelError::WrongDigest { path, key: "revision", expected, found })
        }
        _ => Ok(()),
    }
}

/// Keys that PEFT does not read when it runs an adapter.
const WITHOUT_EFFECT: &[&str] =
    &["auto_mapping", "base_model_name_or_path", "inference_mode", "peft_version", "task_type"];
