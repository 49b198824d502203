//! Which layers an adapter changes: PEFT's rules for `target_modules` and its companions.

use serde_json::Value;

use super::pattern::{Pattern, PatternBudget};
use crate::ModelError;
use crate::json::JsonObject;
use crate::linear::{LayerInfo, LayerKind};

/// `target_modules`, `exclude_modules`, `layers_to_transform` and `layers_pattern`
/// (`peft/tuners/tuners_utils.py`, `check_target_module_exists`).
#[derive(Debug)]
pub(super) struct Selection {
    targets: Modules,
    excluded: Option<Modules>,
    layers: Option<Layers>,
}

#[derive(Debug)]
enum Modules {
    /// Names that equal the path or end it after a dot.
    List(Vec<String>),
    Pattern {
        source: String,
        pattern: Pattern,
    },
    /// PEFT's shorthand: every Linear layer but the output layer.
    AllLinear,
}

#[derive(Debug)]
struct Layers {
    indices: Vec<usize>,
    /// The first that finds an index decides.
    patterns: Vec<Pattern>,
}

impl Selection {
    pub(super) fn take(
        object: &mut JsonObject,
        budget: &PatternBudget,
    ) -> Result<Self, ModelError> {
        let targets = Modules::take(object, budget, "target_modules")?
            .ok_or_else(|| object.missing("target_modules"))?;
        let excluded = Modules::take(object, budget, "exclude_modules")?;
        if matches!(excluded, Some(Modules::AllLinear)) {
            return Err(object.invalid("exclude_modules", "a list or another pattern"));
        }
        let layers = Layers::take(object, budget)?;
        if layers.is_some() && !matches!(targets, Modules::List(_)) {
            return Err(
                object.invalid("layers_to_transform", "absent when `target_modules` is a string")
            );
        }
        Ok(Self { targets, excluded, layers })
    }

    /// Whether a matrix of the base is a target.
    pub(super) fn selects(&self, layer: &LayerInfo) -> Result<bool, ModelError> {
        let path = layer.path.as_str();
        if let Some(excluded) = &self.excluded
            && excluded.matches(layer)?
        {
            return Ok(false);
        }
        if !self.targets.matches(layer)? {
            return Ok(false);
        }
        match (&self.layers, &self.targets) {
            // A target that names its layer in full is taken whatever its index.
            (Some(_), Modules::List(names)) if names.iter().any(|name| name == path) => Ok(true),
            (Some(layers), _) => layers.contains(path),
            (None, _) => Ok(true),
        }
    }

    /// A target that matches none of `layers`.
    pub(super) fn unmatched(&self, layers: &[&LayerInfo]) -> Result<Option<String>, ModelError> {
        match &self.targets {
            Modules::List(names) => Ok(names
                .iter()
                .find(|name| !layers.iter().any(|layer| is_suffix(&layer.path, name)))
                .cloned()),
            Modules::Pattern { source, pattern } => {
                for layer in layers {
                    if pattern.matches(&layer.path)? {
                        return Ok(None);
                    }
                }
                Ok(Some(source.clone()))
            }
            Modules::AllLinear => Ok(None),
        }
    }
}

impl Modules {
    fn take(
        object: &mut JsonObject,
        budget: &PatternBudget,
        key: &str,
    ) -> Result<Option<Self>, ModelError> {
        match object.take(key) {
            None => Ok(None),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("all-linear") => {
                Ok(Some(Self::AllLinear))
            }
            Some(Value::String(source)) => {
                let pattern = Pattern::full(object, budget, key, &source)?;
                Ok(Some(Self::Pattern { source, pattern }))
            }
            Some(Value::Array(items)) if items.is_empty() && key == "exclude_modules" => Ok(None),
            Some(Value::Array(items)) if !items.is_empty() => {
                let names = items.iter().map(|item| item.as_str().map(str::to_owned));
                let names = names.collect::<Option<Vec<_>>>();
                names
                    .map(|names| Some(Self::List(names)))
                    .ok_or_else(|| object.invalid(key, "a list of module names"))
            }
            Some(_) => Err(object.invalid(key, "a list of module names or a pattern")),
        }
    }

    fn matches(&self, layer: &LayerInfo) -> Result<bool, ModelError> {
        match self {
            Self::List(names) => Ok(names.iter().any(|name| is_suffix(&layer.path, name))),
            Self::Pattern { pattern, .. } => pattern.matches(&layer.path),
            Self::AllLinear => {
                Ok(layer.kind == LayerKind::Linear && layer.path != "decoder.lm_head")
            }
        }
    }
}

impl Layers {
    fn take(object: &mut JsonObject, budget: &PatternBudget) -> Result<Option<Self>, ModelError> {
        let indices = object.take_with(
            "layers_to_transform",
            "a layer index or a list of them",
            |value| {
                let index = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
                match value {
                    Value::Array(items) => items.iter().map(index).collect::<Option<Vec<_>>>(),
                    _ => index(value).map(|index| vec![index]),
                }
            },
        )?;
        let names =
            object.take_with(
                "layers_pattern",
                "a name or a list of them",
                |value| match value {
                    Value::Array(items) => items
                        .iter()
                        .map(|item| item.as_str().map(str::to_owned))
                        .collect::<Option<Vec<_>>>(),
                    _ => value.as_str().map(|name| vec![name.to_owned()]),
                },
            )?;
        let names = names.unwrap_or_default().into_iter().filter(|name| !name.is_empty());
        let names = names.collect::<Vec<_>>();
        let indices = match indices {
            Some(indices) if !indices.is_empty() => indices,
            _ if names.is_empty() => return Ok(None),
            _ => return Err(object.missing("layers_to_transform")),
        };
        let key = "layers_pattern";
        let patterns = if names.is_empty() {
            vec![Pattern::any_index(object, budget, key)?]
        } else {
            let compile = |name: &String| Pattern::before_index(object, budget, key, name);
            names.iter().map(compile).collect::<Result<_, _>>()?
        };
        Ok(Some(Self { indices, patterns }))
    }

    fn contains(&self, path: &str) -> Result<bool, ModelError> {
        for pattern in &self.patterns {
            if let Some(index) = pattern.index(path)? {
                return Ok(self.indices.contains(&index));
            }
        }
        Ok(false)
    }
}

/// PEFT's rule for lists: the whole path, or its end after a dot.
fn is_suffix(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|head| head.is_empty() || head.ends_with('.'))
}
