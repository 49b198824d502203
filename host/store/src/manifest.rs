//! `plugin.json`: what a package of rules says of itself.

use dossier_document::DocumentTypeId;
use serde::Deserialize;

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
    #[error("plugin.json: {0}")]
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
#[serde(deny_unknown_fields)]
struct ManifestFile {
    name: String,
    version: String,
    document_types: Vec<String>,
    #[serde(default)]
    settings: SettingsFile,
}

#[derive(Default, Deserialize)]
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
        let file = serde_json::from_slice::<ManifestFile>(bytes)?;
        let invalid = |key, reason: &str| ManifestError::Value { key, reason: reason.to_owned() };
        let is_name = file.name.starts_with(|c: char| c.is_ascii_lowercase())
            && file.name.len() <= 64
            && file.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !is_name {
            let reason = "a name is made of a-z, 0-9 and `-`, a letter first, at most 64 bytes";
            return Err(invalid("name", reason));
        }
        let numbers = file.version.split('.').collect::<Vec<_>>();
        let is_number =
            |number: &&str| number.parse::<u32>().is_ok_and(|n| n.to_string() == *number);
        if numbers.len() != 3 || !numbers.iter().all(is_number) {
            return Err(invalid("version", "a version is three numbers joined by dots"));
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

#[cfg(test)]
mod tests;
