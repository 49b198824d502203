//! The base, and room for its adapters.

use std::path::Path;

use dossier_document::{Digest, FieldName};
use dossier_model::{AdapterPool, Base, ModelBackend, ModelError, TypeLikeness};

use crate::adapters::AdapterLoader;
use crate::settings::ReaderSettings;
use crate::statistics::AdapterStatistics;

/// The folder of a base that holds its reader of machine-readable zones, if it brings one.
pub(crate) const ZONE_FOLDER: &str = "zone";

/// What reads pages: a backend, and the way that adapters come to it.
pub struct LoadedModel<B> {
    /// Adapters come and go through this.
    pub adapters: Box<dyn AdapterLoader>,
    /// What reads with them.
    pub backend: B,
    /// What reads machine-readable zones a second time, where the base brings that.
    pub zone_adapter: Option<ZoneAdapter>,
}

/// An adapter of a base that reads machine-readable zones, cut out of their pages.
#[derive(Clone, Copy, Debug)]
pub struct ZoneAdapter {
    /// Its digest.
    pub digest: Digest,
    /// Width and height in pixels of what it reads.
    pub size: (u32, u32),
}

/// Loads a base. Takes a part of a second, and a whole core.
///
/// # Errors
/// When it can't be loaded; the error names file and key.
pub fn load_model(
    base: &Path,
    settings: &ReaderSettings,
) -> Result<LoadedModel<ModelBackend>, ModelError> {
    let zone_folder = base.join(ZONE_FOLDER);
    let base = Base::load_as(base, settings.model)?;
    let pool = AdapterPool::new(&base, settings.adapter_pool())?;
    let zone_adapter = match zone_folder.exists() {
        true => {
            // Not pinned: where memory is for one adapter, it takes turns with those of the types.
            let digest = pool.add(&zone_folder)?;
            pool.page_size(&digest).map(|size| ZoneAdapter { digest, size })
        }
        false => None,
    };
    let backend = ModelBackend::new(base.clone(), pool.clone())?;
    Ok(LoadedModel { adapters: Box::new(PoolOfBase { base, pool }), backend, zone_adapter })
}

#[derive(Debug)]
struct PoolOfBase {
    base: Base,
    pool: AdapterPool,
}

impl AdapterLoader for PoolOfBase {
    fn base(&self) -> Digest {
        self.base.digest()
    }

    fn supports_field(&self, field: &FieldName) -> bool {
        self.base.supports_field(field)
    }

    fn type_likeness(&self) -> Option<TypeLikeness> {
        self.base.type_likeness()
    }

    fn load(&self, folder: &Path) -> Result<Digest, ModelError> {
        self.pool.add(folder)
    }

    fn is_loaded(&self, adapter: &Digest) -> bool {
        self.pool.knows(adapter)
    }

    fn relocate(&self, adapter: &Digest, folder: &Path) {
        self.pool.relocate(adapter, folder);
    }

    fn unload(&self, adapter: &Digest) {
        self.pool.remove(adapter);
    }

    fn free(&self, adapter: &Digest) -> bool {
        self.pool.free(adapter)
    }

    fn statistics(&self) -> Option<AdapterStatistics> {
        let (pool, places) = (self.pool.statistics(), self.pool.places());
        Some(AdapterStatistics { pool, places })
    }
}
