//! One generation: everything that serves at a time, as data.

use std::collections::{BTreeMap, BTreeSet};

use dossier_document::InvalidDigest;
use serde::{Deserialize, Serialize};

use super::SettingsDigest;
use crate::PackageDigest;

/// Changes of one name that a rollback can go back to.
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
    pub previous: BTreeMap<String, Vec<Previous>>,
    /// What serves some requests.
    pub canary: BTreeMap<String, Canary>,
    /// What runs beside.
    pub shadow: BTreeMap<String, PackageDigest>,
    /// What operators set of document types, in place of the settings that their packages bring.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, SettingsDigest>,
}

/// What served under a name before: a package, and what an operator had set of it. Written as one
/// digest, or as two with a space between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Previous {
    /// The package.
    pub package: PackageDigest,
    /// What was set, if anything was.
    pub settings: Option<SettingsDigest>,
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
            self.remember(name, before, self.settings.get(name).copied());
        }
    }

    /// Sets the settings of a document type, or leaves them to its package again, and remembers those
    /// before. Whether the document type is active: nothing else has settings.
    pub fn set(&mut self, name: &str, settings: Option<SettingsDigest>) -> bool {
        let Some(package) = self.active.get(name).copied() else { return false };
        let before = self.settings.get(name).copied();
        if before != settings {
            self.remember(name, package, before);
            self.put_settings(name, settings);
        }
        true
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

    /// Ends the canary or shadow of the name if there is one, or goes back to the version before, or to
    /// the settings before, whichever was changed last.
    /// The package that serves then; nothing if there is nowhere to go back to.
    pub fn roll_back(&mut self, name: &str) -> Option<PackageDigest> {
        if self.end_candidates(name) {
            return self.active.get(name).copied();
        }
        let before = self.previous.get_mut(name)?.pop()?;
        self.active.insert(name.to_owned(), before.package);
        self.put_settings(name, before.settings);
        Some(before.package)
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
        self.packages().chain(self.previous.values().flatten().map(|previous| previous.package))
    }

    /// All settings that it names: those in force, and those that a rollback goes back to.
    pub fn named_settings(&self) -> impl Iterator<Item = SettingsDigest> + '_ {
        let previous = self.previous.values().flatten().filter_map(|previous| previous.settings);
        self.settings.values().copied().chain(previous)
    }

    /// Takes out whatever can't be had without settings that are lost: versions that a rollback would go
    /// back to, and names that serve with them, which are returned.
    pub fn lose_settings(&mut self, lost: &BTreeSet<SettingsDigest>) -> Vec<String> {
        for previous in self.previous.values_mut() {
            let is_lost =
                |before: &Previous| before.settings.is_some_and(|set| lost.contains(&set));
            if let Some(last) = previous.iter().rposition(is_lost) {
                previous.drain(..=last);
            }
        }
        let set = self.settings.extract_if(.., |_, settings| lost.contains(settings));
        let names = set.map(|(name, _)| name).collect::<Vec<_>>();
        for name in &names {
            self.end_candidates(name);
            self.active.remove(name);
            self.previous.remove(name);
        }
        names
    }

    fn remember(&mut self, name: &str, package: PackageDigest, settings: Option<SettingsDigest>) {
        let previous = self.previous.entry(name.to_owned()).or_default();
        previous.push(Previous { package, settings });
        if previous.len() > PREVIOUS {
            previous.remove(0);
        }
    }

    fn put_settings(&mut self, name: &str, settings: Option<SettingsDigest>) {
        match settings {
            Some(settings) => self.settings.insert(name.to_owned(), settings),
            None => self.settings.remove(name),
        };
    }

    fn end_candidates(&mut self, name: &str) -> bool {
        let had_canary = self.canary.remove(name).is_some();
        self.shadow.remove(name).is_some() || had_canary
    }
}

impl TryFrom<String> for Previous {
    type Error = InvalidDigest;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.split_once(' ') {
            None => Ok(Self { package: text.parse()?, settings: None }),
            Some((package, settings)) => {
                Ok(Self { package: package.parse()?, settings: Some(settings.parse()?) })
            }
        }
    }
}

impl From<Previous> for String {
    fn from(previous: Previous) -> Self {
        match previous.settings {
            None => previous.package.to_string(),
            Some(settings) => format!("{} {settings}", previous.package),
        }
    }
}
