//! The operator's folders: document types with their adapters, and components of rules.
//!
//! `adapters/<document type>/` holds an adapter and its manifest, `adapters/base/<name>/` a base,
//! `plugins/prebuilt/<name>.wasm` the rules of that name. The start imports them as packages.

use std::path::{Path, PathBuf};

use dossier_document::plain_text;
use dossier_store::bounds::OutOfBounds;

mod manifest;
pub use manifest::{MANIFEST_FILE, Manifest, is_artifact_name};

mod calibration;
pub use calibration::{Calibration, Scaling};

mod measured;
pub use measured::Measured;

mod prototypes;
pub use prototypes::Prototypes;

/// What stands in a folder can't be served. Every variant names the file or folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file or folder can't be read.
    #[error("{}: can't be read: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A manifest is not JSON, or has an unknown, a missing or a malformed key.
    #[error("{}: {}", file.display(), plain_text(&source.to_string()))]
    Json {
        /// The manifest.
        file: PathBuf,
        /// What and where; it names the key.
        source: serde_json::Error,
    },
    /// A value of a manifest makes no sense.
    #[error("{}: `{key}`: {reason}", file.display())]
    Value {
        /// The manifest.
        file: PathBuf,
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// An adapter's folder has no manifest, so nobody could ask for it.
    #[error("{}: has an adapter but no {MANIFEST_FILE}", folder.display())]
    NoManifest {
        /// The folder.
        folder: PathBuf,
    },
    /// There is nothing to serve.
    #[error("{}: no {MANIFEST_FILE} in any folder", adapters.display())]
    NoDocumentTypes {
        /// The folder searched.
        adapters: PathBuf,
    },
    /// One host serves one base.
    #[error("{}: `base`: `{base}`, but the other document types stand on `{other}`", file.display())]
    SecondBase {
        /// The manifest.
        file: PathBuf,
        /// The base it names.
        base: String,
        /// The base of those before it.
        other: String,
    },
}

impl FolderError {
    /// A manifest does not keep to its bounds.
    fn bounds(file: &Path, source: OutOfBounds) -> Self {
        let (key, reason) = match source {
            OutOfBounds::Place { place, bound } => (place, format!("must be {bound}")),
            OutOfBounds::File { .. } => ("the file", source.to_string()),
        };
        Self::Value { file: file.to_owned(), key, reason }
    }
}

/// The base that every document type names.
///
/// # Errors
/// When there is no document type, or a second base.
pub fn only_base<'a>(adapters: &Path, manifests: &'a [Manifest]) -> Result<&'a str, FolderError> {
    let first = manifests
        .first()
        .ok_or_else(|| FolderError::NoDocumentTypes { adapters: adapters.to_owned() })?;
    match manifests.iter().find(|manifest| manifest.base != first.base) {
        None => Ok(&first.base),
        Some(second) => Err(FolderError::SecondBase {
            file: second.folder.join(MANIFEST_FILE),
            base: second.base.clone(),
            other: first.base.clone(),
        }),
    }
}
