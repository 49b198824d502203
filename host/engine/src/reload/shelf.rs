//! Packages that are ready: those that serve, those kept for the next change, and those that only
//! requests still read with.

use std::collections::{BTreeMap, BTreeSet};

use dossier_store::{Generation, PackageDigest};

use super::fitness::Fitness;
use crate::ready::{Ready, WeakReady};

/// Packages that stay ready beside those that serve, of each name: the next rollbacks and
/// activations take no compilation.
const READY_VERSIONS: usize = 3;

/// The ready packages. What is put aside lives on as long as a request holds it.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    kept: BTreeMap<PackageDigest, Ready>,
    /// Put aside: looked at, never held.
    aside: BTreeMap<PackageDigest, WeakReady>,
    /// Packages by name in the order they were last asked for, latest last.
    recent: BTreeMap<String, Vec<PackageDigest>>,
}

impl Shelf {
    /// A package that is ready, if it is.
    pub(super) fn find(&self, package: &PackageDigest) -> Option<Ready> {
        let kept = self.kept.get(package).cloned();
        kept.or_else(|| self.aside.get(package).and_then(WeakReady::upgrade))
    }

    /// Whether a request still reads with a package that was put aside.
    pub(super) fn is_read_aside(&self, package: &PackageDigest) -> bool {
        self.aside.get(package).is_some_and(|ready| ready.upgrade().is_some())
    }

    /// Keeps a package as one that was asked for. One that is there already stays in its place.
    pub(super) fn keep(&mut self, ready: Ready) {
        let recent = self.recent.entry(ready.name().to_owned()).or_default();
        let package = ready.package();
        recent.retain(|other| *other != package);
        recent.push(package);
        if recent.len() > READY_VERSIONS {
            recent.remove(0);
        }
        self.take(ready);
    }

    /// Keeps a package until the next [`Self::put_aside`].
    pub(super) fn take(&mut self, ready: Ready) {
        let package = ready.package();
        let ready = self.find(&package).unwrap_or(ready);
        self.aside.remove(&package);
        self.kept.insert(package, ready);
    }

    /// Lets go of packages that neither serve nor are likely to serve next.
    pub(super) fn put_aside(&mut self, generation: &Generation, fitness: &Fitness) {
        let next_back = generation.previous.values().filter_map(|previous| previous.last());
        let next_back = next_back.map(|previous| previous.package);
        let recent = self.recent.values().flatten().copied();
        let wanted = generation.packages().chain(next_back).chain(recent);
        let wanted = wanted.chain(fitness.standing_in(generation)).collect::<BTreeSet<_>>();
        // What serves again was found among what requests still read with.
        for (package, ready) in self.aside.extract_if(.., |package, _| wanted.contains(package)) {
            if let Some(ready) = ready.upgrade() {
                self.kept.insert(package, ready);
            }
        }
        self.aside.retain(|_, ready| ready.upgrade().is_some());
        for (package, ready) in self.kept.extract_if(.., |package, _| !wanted.contains(package)) {
            self.aside.insert(package, ready.downgrade());
        }
    }

    /// Forgets that packages were asked for.
    pub(super) fn forget(&mut self, packages: &BTreeSet<PackageDigest>) {
        for recent in self.recent.values_mut() {
            recent.retain(|package| !packages.contains(package));
        }
    }
}
