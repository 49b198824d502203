//! `plugin.json`: what a package of rules says of itself.

use dossier_document::{DocumentTypeId, plain_text};
use serde::Deserialize;

use crate::VersionNumber;
use crate::bounds::{OutOfBounds, PLUGIN};

/// The manifest of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesManifest {
    /// The name, as the component describes itself.
    pub name: String,
    /// The version, as the component describes itself.
    pub version: String,
    /// The document types, as the component describes them.
    pub document_types: Vec<DocumentTypeId>,
    /// Settings of its canary.
    pub canary: CanarySettings,
}

/// When a canary stops by itself. A package may be stricter than its host, never laxer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CanarySettings {
    /// Calls before the rate counts.
    pub min_calls: u32,
    /// By how much its share of failures may exceed that of the active version, in percent.
    pub max_failure_percent: u32,
}

/// A manifest makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is no JSON, or has an unknown, a missing or a malformed key.
    #[error("plugin.json: {}", plain_text(&.0.to_string()))]
    Json(#[from] serde_json::Error),
    /// A value makes no sense.
    #[error("plugin.json: `{key}`: {reason}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
struct ManifestFile {
    name: String,
    version: String,
    document_types: Vec<String>,
    #[serde(default)]
    settings: SettingsFile,
}

#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    canary_min_calls: Option<u32>,
    canary_max_failure_percent: Option<u32>,
}

impl RulesManifest {
    /// Reads a manifest; what it leaves out of the settings is the host's.
    ///
    /// # Errors
    /// When a key is unknown, missing or malformed, or a setting is laxer than the host's.
    pub fn parse(bytes: &[u8], host: CanarySettings) -> Result<Self, ManifestError> {
        let invalid = |key, reason: &str| ManifestError::Value { key, reason: reason.to_owned() };
        match PLUGIN.check(bytes) {
            Ok(()) => {}
            Err(OutOfBounds::Place { place, bound }) => {
                return Err(invalid(place, &format!("must be {bound}")));
            }
            Err(error @ OutOfBounds::File { .. }) => {
                return Err(invalid("the file", &error.to_string()));
            }
        }
        let file = serde_json::from_slice::<ManifestFile>(bytes)?;
        if !is_rules_name(&file.name) {
            let reason = "a name is made of a-z, 0-9 and `-`, a letter first, at most 64 bytes";
            return Err(invalid("name", reason));
        }
        if let Err(error) = file.version.parse::<VersionNumber>() {
            return Err(invalid("version", &error.to_string()));
        }
        let document_types = file
            .document_types
            .iter()
            .map(|id| id.parse::<DocumentTypeId>())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| invalid("document_types", &error.to_string()))?;
        if document_types.is_empty() {
            return Err(invalid("document_types", "there must be at least one"));
        }
        let canary = CanarySettings {
            min_calls: file.settings.canary_min_calls.unwrap_or(host.min_calls),
            max_failure_percent: file
                .settings
                .canary_max_failure_percent
                .unwrap_or(host.max_failure_percent),
        };
        if canary.min_calls == 0 || canary.min_calls > host.min_calls {
            let reason = format!("must be 1 to {}, the host's own", host.min_calls);
            return Err(invalid("settings.canary_min_calls", &reason));
        }
        if canary.max_failure_percent > host.max_failure_percent {
            let reason = format!("must be 0 to {}, the host's own", host.max_failure_percent);
            return Err(invalid("settings.canary_max_failure_percent", &reason));
        }
        Ok(Self { name: file.name, version: file.version, document_types, canary })
    }
}

/// Whether a text can be the name of rules.
#[must_use]
pub fn is_rules_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A manifest with every key, for the tests of its bounds: a new key does not compile without a value.
#[cfg(test)]
pub(crate) fn full_example() -> serde_json::Value {
    let settings = SettingsFile { canary_min_calls: Some(1), canary_max_failure_percent: Some(1) };
    let file = ManifestFile {
        name: "a".to_owned(),
        version: "1.0.0".to_owned(),
        document_types: vec!["a/b".to_owned()],
        settings,
    };
    serde_json::to_value(file).expect("JSON")
}

#[cfg(test)]
mod tests;
