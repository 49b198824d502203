//! Which packages of a generation can't be made ready, and what serves in their place.

use std::collections::BTreeMap;

use dossier_store::{Generation, PackageDigest};

use crate::error::EngineError;
use crate::snapshot::Quarantine;

/// The packages that can't be made ready, and why. The reload task owns it.
#[derive(Clone, Debug, Default)]
pub(super) struct Fitness {
    unfit: BTreeMap<PackageDigest, Quarantine>,
}

impl Quarantine {
    pub(super) fn of(error: &EngineError) -> Self {
        Self { code: error.code(), detail: error.for_publisher() }
    }
}

impl Fitness {
    pub(super) fn mark(&mut self, package: PackageDigest, why: Quarantine) {
        self.unfit.insert(package, why);
    }

    /// Why a package can't serve, if it can't.
    pub(super) fn reason(&self, package: &PackageDigest) -> Option<&Quarantine> {
        self.unfit.get(package)
    }

    /// Forgets that a package was not fit: it is to be tried again.
    pub(super) fn clear(&mut self, package: &PackageDigest) {
        self.unfit.remove(package);
    }

    /// What serves under a name: the active package, or the latest before it that is fit.
    pub(super) fn serving(&self, generation: &Generation, name: &str) -> Option<PackageDigest> {
        let active = *generation.active.get(name)?;
        let previous = generation.previous.get(name).into_iter().flatten().rev();
        let previous = previous.map(|previous| previous.package);
        [active].into_iter().chain(previous).find(|package| self.reason(package).is_none())
    }

    /// Everything that serves where it is not what the generation names.
    pub(super) fn standing_in(&self, generation: &Generation) -> Vec<PackageDigest> {
        let unfit = generation.active.iter().filter(|(_, package)| self.reason(package).is_some());
        unfit.filter_map(|(name, _)| self.serving(generation, name)).collect()
    }
}
