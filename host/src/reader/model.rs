//! The base and the adapters, loaded.

use std::path::{Path, PathBuf};

use dossier_document::Digest;
use dossier_model::{AdapterPool, Base, ModelBackend, ModelError, ModelSettings, PoolSettings};

/// A base with its adapters.
pub(super) struct LoadedModel {
    pub(super) base: Base,
    /// The digests of the adapters, in the order of their folders.
    pub(super) adapters: Vec<Digest>,
    /// What reads with them.
    pub(super) backend: ModelBackend,
}

/// Loads a base, then one adapter after the other. Takes seconds, and a whole core.
pub(super) fn load_model(
    base: &Path,
    adapters: &[PathBuf],
    settings: ModelSettings,
    pool: PoolSettings,
) -> Result<LoadedModel, ModelError> {
    let (base, pool) = load_base(base, settings, pool)?;
    // What the base lacks is told before its adapters, which would be those of another.
    let backend = ModelBackend::new(base.clone(), pool.clone())?;
    let adapters = adapters.iter().map(|folder| pool.add(folder)).collect::<Result<_, _>>()?;
    Ok(LoadedModel { base, adapters, backend })
}

/// Loads a base, and makes room for adapters that come later.
pub(crate) fn load_base(
    base: &Path,
    settings: ModelSettings,
    pool: PoolSettings,
) -> Result<(Base, AdapterPool), ModelError> {
    let base = Base::load_as(base, settings)?;
    let pool = AdapterPool::new(&base, pool)?;
    Ok((base, pool))
}
