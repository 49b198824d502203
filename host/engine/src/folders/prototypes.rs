//! `prototypes.json`: what first pages of a document type look like to its base.
//!
//! `dossier-train` makes them of pages of the type: means of their embeddings. They travel with the adapter, so
//! that a new document type changes those of no other.

use std::path::Path;

use dossier_document::{Digest, Embedding};
use dossier_model::TypeLikeness;
use dossier_store::PROTOTYPES;
use dossier_store::bounds::PROTOTYPES as BOUNDS;
use serde::Deserialize;

use super::FolderError;

/// What first pages of a document type look like.
#[derive(Clone, Debug, PartialEq)]
pub struct Prototypes(Vec<Embedding>);

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
struct PrototypesFile {
    /// The files of the base that made them.
    embedding: String,
    prototypes: Vec<Vec<f32>>,
}

impl Prototypes {
    /// Reads the prototypes of the adapter in `folder` from their bytes; `base` is what its base says of
    /// embeddings.
    ///
    /// # Errors
    /// When a key is unknown, missing or malformed, there is no prototype, or another base made them; the error
    /// names the key.
    pub fn parse(
        text: &[u8],
        folder: &Path,
        base: Option<&TypeLikeness>,
    ) -> Result<Self, FolderError> {
        let file = folder.join(PROTOTYPES);
        let invalid = |key, reason| FolderError::Value { file: file.clone(), key, reason };
        BOUNDS.check(text).map_err(|source| FolderError::bounds(&file, source))?;
        let typed = serde_json::from_slice::<PrototypesFile>(text)
            .map_err(|source| FolderError::Json { file: file.clone(), source })?;
        let embedding = typed.embedding.parse::<Digest>();
        let embedding = embedding.map_err(|error| invalid("embedding", error.to_string()))?;
        let Some(base) = base else {
            let reason = "the base does not tell document types apart by how they look".to_owned();
            return Err(invalid("embedding", reason));
        };
        if embedding != base.digest {
            let reason = format!("it was made by {embedding}, the base has {}", base.digest);
            return Err(invalid("embedding", reason));
        }
        if typed.prototypes.is_empty() {
            return Err(invalid("prototypes", "there must be at least one".to_owned()));
        }
        let direction = |values: Vec<f32>| {
            let dimensions = values.len();
            let embedding = Embedding::new(values).filter(|_| dimensions == base.dimensions);
            embedding.ok_or_else(|| {
                let wanted = base.dimensions;
                invalid("prototypes", format!("each must be {wanted} numbers, not all of them 0"))
            })
        };
        typed.prototypes.into_iter().map(direction).collect::<Result<_, _>>().map(Self)
    }

    /// How like the document type a page is, -1 to 1: its likeness to the nearest prototype.
    #[must_use]
    pub fn likeness(&self, page: &Embedding) -> f64 {
        let likenesses = self.0.iter().filter_map(|prototype| prototype.likeness(page));
        likenesses.fold(-1.0, f64::max)
    }

    /// These embeddings.
    #[must_use]
    pub fn of(prototypes: Vec<Embedding>) -> Self {
        Self(prototypes)
    }
}

#[cfg(test)]
mod tests;
