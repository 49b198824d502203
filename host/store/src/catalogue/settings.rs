//! Settings of a document type's rules, as they are kept and named.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use dossier_document::{Digest, InvalidDigest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::digest::to_hex;

/// Longest settings of a document type in bytes, as rules take them.
pub const MAX_SETTINGS_BYTES: usize = 64 << 10;

/// Settings are longer than rules take them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("settings of a document type have {MAX_SETTINGS_BYTES} bytes at most, these have {bytes}")]
pub struct SettingsTooLong {
    /// Their length in bytes.
    pub bytes: usize,
}

/// Settings of a document type: one JSON object, whose keys the rules know. Clones share it.
#[derive(Clone, Debug)]
pub struct TypeSettings {
    digest: SettingsDigest,
    values: Arc<Map<String, Value>>,
    text: Arc<str>,
}

/// The SHA-256 of settings as they are kept, written as [`Digest`] is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SettingsDigest(Digest);

impl TypeSettings {
    /// Settings of these keys.
    ///
    /// # Errors
    /// When they are longer than [`MAX_SETTINGS_BYTES`].
    pub fn new(settings: Map<String, Value>) -> Result<Self, SettingsTooLong> {
        let text = Value::Object(settings.clone()).to_string();
        if text.len() > MAX_SETTINGS_BYTES {
            return Err(SettingsTooLong { bytes: text.len() });
        }
        let digest = digest_of(text.as_bytes());
        Ok(Self { digest, values: settings.into(), text: text.into() })
    }

    /// Settings from where they are kept, if these are the ones of this digest. It is that of the text: a number
    /// that is read and written again may be another one in its last digit.
    #[must_use]
    pub fn kept(digest: SettingsDigest, text: &[u8]) -> Option<Self> {
        if text.len() > MAX_SETTINGS_BYTES || digest_of(text) != digest {
            return None;
        }
        let values = serde_json::from_slice::<Map<String, Value>>(text).ok()?;
        let text = std::str::from_utf8(text).ok()?;
        Some(Self { digest, values: values.into(), text: text.into() })
    }

    /// The object as JSON, as rules are given it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same object.
    #[must_use]
    pub fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    /// Their digest.
    #[must_use]
    pub fn digest(&self) -> SettingsDigest {
        self.digest
    }
}

impl PartialEq for TypeSettings {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for TypeSettings {}

fn digest_of(text: &[u8]) -> SettingsDigest {
    SettingsDigest(Digest::from_sha256(Sha256::digest(text).into()))
}

impl SettingsDigest {
    /// The 64 hexadecimal digits: a name that any file system takes.
    pub(super) fn hex(self) -> String {
        to_hex(&self.0.to_bytes())
    }
}

impl fmt::Display for SettingsDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for SettingsDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for SettingsDigest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl TryFrom<String> for SettingsDigest {
    type Error = InvalidDigest;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SettingsDigest> for String {
    fn from(digest: SettingsDigest) -> Self {
        digest.to_string()
    }
}
