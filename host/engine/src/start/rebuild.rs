//! A catalogue made again from the packages on disk, after the one before was lost or damaged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dossier_store::{
    Action, ArtifactError, ArtifactStore, COMPONENT, CanarySettings, Catalogue, CatalogueError,
    Change, Event, Generation, Origin, Package, PackageDigest, PackageKind, RULES_MANIFEST,
    RulesManifest, Version, VersionNumber, catalogue_exists, copied_generation, copied_settings,
};

use super::{CATALOGUE_FILE, HOST};
use crate::error::EngineError;
use crate::reload::{adapter_manifest, now};

/// What a rebuilt catalogue has.
#[derive(Clone, Debug)]
pub struct Rebuilt {
    /// The generation that serves at the next start.
    pub generation: u64,
    /// Whether it is the one that served last, by the copy beside the catalogue. Otherwise the highest
    /// version of each name serves, with the settings that its package brings.
    pub is_what_served: bool,
    /// Packages that are catalogued.
    pub packages: usize,
    /// Packages that can't be read: they are left where they are.
    pub unreadable: Vec<PackageDigest>,
    /// Names of which nothing serves, for nothing tells which of their packages did.
    pub undecided: Vec<String>,
    /// Document types of which nothing serves, for the settings that an operator had set of them are lost.
    pub without_settings: Vec<String>,
    /// Where the damaged catalogue is now, if there was one.
    pub set_aside: Option<PathBuf>,
}

/// Makes the catalogue of a data directory again. No host may run on it.
///
/// # Errors
/// When the catalogue is whole, or open elsewhere; when the disk refuses.
pub fn rebuild_catalogue(data_dir: &Path) -> Result<Rebuilt, EngineError> {
    let file = data_dir.join(CATALOGUE_FILE);
    let io = |source| ArtifactError::Io { path: file.clone(), source };
    let is_there = catalogue_exists(&file).map_err(io)?;
    if is_there {
        match Catalogue::open(&file) {
            Ok(_) => return Err(CatalogueError::Whole { file }.into()),
            Err(CatalogueError::Damaged { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let artifacts = ArtifactStore::open(data_dir)?;
    let mut versions = Vec::new();
    let mut unreadable = Vec::new();
    for stored in artifacts.stored()? {
        match artifacts.read(&stored.package).map_err(EngineError::from).and_then(version_of) {
            Ok(version) => versions.push(version),
            Err(_) => unreadable.push(stored.package),
        }
    }
    // The clock tells nothing: versions do.
    versions.sort_by_cached_key(|version| (version.name.clone(), number_of(version)));
    let copied = copied_generation(&file).ok();
    let (is_what_served, mut undecided) = (copied.is_some(), Vec::new());
    let mut generation = copied.unwrap_or_else(|| highest(&versions, &mut undecided));
    let (mut settings, mut lost) = (Vec::new(), BTreeSet::new());
    for digest in generation.named_settings().collect::<BTreeSet<_>>() {
        match copied_settings(&file, digest) {
            Ok(found) => settings.push(found),
            Err(_) => lost.extend([digest]),
        }
    }
    // Serving them with other settings would be telling nobody.
    let without_settings = generation.lose_settings(&lost);
    let set_aside = if is_there { Some(set_aside(&file).map_err(io)?) } else { None };

    let catalogue = Catalogue::make_again(&file)?;
    let (number, packages) = (generation.number, versions.len());
    let event = Event {
        sequence: 0,
        at: now(),
        generation: number,
        action: Action::Rebuild,
        plugin: "*".to_owned(),
        package: None,
        actor: HOST.to_owned(),
        code: None,
        detail: Some(format!("{packages} packages")),
    };
    let events = vec![event];
    catalogue.write(Change {
        generation: Some(generation),
        settings,
        versions,
        events,
        ..Change::default()
    })?;
    let generation = number;
    Ok(Rebuilt {
        generation,
        is_what_served,
        packages,
        unreadable,
        undecided,
        without_settings,
        set_aside,
    })
}

fn set_aside(file: &Path) -> std::io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let aside = file.with_extension(format!("redb.damaged-{number}"));
        if !aside.exists() {
            std::fs::rename(file, &aside)?;
            return Ok(aside);
        }
        number += 1;
    }
}

fn version_of(package: Package) -> Result<Version, EngineError> {
    let (name, version, document_types, artifact) = match package.kind() {
        PackageKind::Rules => {
            // As lax as any host: whether it is laxer than this one is looked at when it is made ready.
            let laxest = CanarySettings { min_calls: u32::MAX, max_failure_percent: 100 };
            let manifest = package.file(RULES_MANIFEST).unwrap_or_default();
            let manifest = RulesManifest::parse(manifest, laxest)?;
            let types = manifest.document_types.iter().map(ToString::to_string).collect();
            let component = package.file(COMPONENT).unwrap_or_default();
            let artifact = dossier_document::Digest::from_sha256(sha256(component)).to_string();
            (manifest.name, Some(manifest.version), types, artifact)
        }
        PackageKind::Adapter => {
            let manifest = adapter_manifest(&package, Path::new(""))?;
            let id = manifest.document_type.to_string();
            // Nothing here loads adapters. What is not known is shared with nobody, and pruned by nobody.
            (id.clone(), manifest.version, vec![id], String::new())
        }
    };
    // Whose it is, and whether that counts, is decided when it is to serve.
    let signed_with = package.verify().ok().map(|key| key.to_string());
    Ok(Version {
        package: package.digest(),
        sequence: 0,
        kind: package.kind().as_str().to_owned(),
        name,
        version,
        document_types,
        artifact,
        publisher: HOST.to_owned(),
        signed_by: None,
        // What was imported from the operator's folders is not signed, and what was published is, unless it
        // was taken unsigned: nothing of the lost catalogue vouches for that now.
        origin: Origin::Publish,
        signed_with,
        published_at: now(),
    })
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

fn number_of(version: &Version) -> Option<VersionNumber> {
    version.version.as_deref().and_then(|text| text.parse().ok())
}

/// The highest version of each name; of a name whose packages can't be told apart, none.
fn highest(versions: &[Version], undecided: &mut Vec<String>) -> Generation {
    let mut generation = Generation { number: 1, ..Generation::default() };
    let mut names = BTreeMap::<&str, Vec<&Version>>::new();
    for version in versions {
        names.entry(&version.name).or_default().push(version);
    }
    for (name, versions) in names {
        let highest = versions.iter().map(|version| number_of(version)).max();
        let mut at_the_top = versions.iter().filter(|version| Some(number_of(version)) == highest);
        match (at_the_top.next(), at_the_top.next()) {
            (Some(only), None) => generation.activate(name, only.package),
            _ => undecided.push(name.to_owned()),
        }
    }
    generation
}
