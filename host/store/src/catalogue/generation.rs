//! One generation: everything that serves at a time, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::PackageDigest;

/// Versions of one name that a rollback can go back to.
const PREVIOUS: usize = 16;

/// What serves, by name: names of rules, and document types for their adapters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// Counts generations from 1.
    pub number: u64,
    /// What serves all requests that no canary takes.
    pub active: BTreeMap<String, PackageDigest>,
    /// What served before, the latest last.
    pub previous: BTreeMap<String, Vec<PackageDigest>>,
    /// What serves some requests.
    pub canary: BTreeMap<String, Canary>,
    /// What runs beside.
    pub shadow: BTreeMap<String, PackageDigest>,
}

/// A version that serves some requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// The package.
    pub package: PackageDigest,
    /// How many requests of a hundred, 1 to 100.
    pub percent: u8,
}

impl Generation {
    /// The generation after this one, the same but for its number.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { number: self.number + 1, ..self.clone() }
    }

    /// Lets a package serve every request of the name, and remembers the one before.
    pub fn activate(&mut self, name: &str, package: PackageDigest) {
        self.end_candidates(name);
        let before = self.active.insert(name.to_owned(), package);
        if let Some(before) = before.filter(|before| *before != package) {
            let previous = self.previous.entry(name.to_owned()).or_default();
            previous.push(before);
            if previous.len() > PREVIOUS {
                previous.remove(0);
            }
        }
    }

    /// Lets a package serve some requests of the name.
    pub fn start_canary(&mut self, name: &str, canary: Canary) {
        self.end_candidates(name);
        self.canary.insert(name.to_owned(), canary);
    }

    /// Lets a package run beside.
    pub fn start_shadow(&mut self, name: &str, package: PackageDigest) {
        self.end_candidates(name);
        self.shadow.insert(name.to_owned(), package);
    }

    /// Lets the canary or shadow of the name serve every request; which one it is, if there is one.
    pub fn promote(&mut self, name: &str) -> Option<PackageDigest> {
        let package = self.candidate(name)?;
        self.activate(name, package);
        Some(package)
    }

    /// Ends the canary or shadow of the name if there is one, or goes back to the version before.
    /// The package that serves then; nothing if there is nowhere to go back to.
    pub fn roll_back(&mut self, name: &str) -> Option<PackageDigest> {
        if self.end_candidates(name) {
            return self.active.get(name).copied();
        }
        let before = self.previous.get_mut(name)?.pop()?;
        self.active.insert(name.to_owned(), before);
        Some(before)
    }

    /// The canary or shadow of the name.
    #[must_use]
    pub fn candidate(&self, name: &str) -> Option<PackageDigest> {
        let canary = self.canary.get(name).map(|canary| canary.package);
        canary.or_else(|| self.shadow.get(name).copied())
    }

    /// Every package that serves, in whatever way.
    pub fn packages(&self) -> impl Iterator<Item = PackageDigest> + '_ {
        let canaries = self.canary.values().map(|canary| canary.package);
        self.active.values().copied().chain(canaries).chain(self.shadow.values().copied())
    }

    /// Every package that it names: those that serve, and those that a rollback goes back to.
    pub fn named(&self) -> impl Iterator<Item = PackageDigest> + '_ {
        self.packages().chain(self.previous.values().flatten().copied())
    }

    fn end_candidates(&mut self, name: &str) -> bool {
        let had_canary = self.canary.remove(name).is_some();
        self.shadow.remove(name).is_some() || had_canary
    }
}
