//! What stands in the operator's folders, as generation 1. Nothing is committed here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dossier_document::DocumentTypeId;
use dossier_plugin::{Plugin, PluginEngine};
use dossier_store::{
    ADAPTER_CONFIG, ADAPTER_WEIGHTS, Action, ArtifactStore, CALIBRATION, COMPONENT, CanarySettings,
    Change, DOCUMENT_TYPE_MANIFEST, Event, Generation, LORA_XS_FACTORS, Origin,
    PREPROCESSOR_CONFIG, PROTOTYPES, Package, PackageDigest, PackageKind, RULES_MANIFEST,
    RulesManifest, TRAINING_RECORD, Version,
};

use super::HOST;
use crate::error::EngineError;
use crate::folders::{FolderError, Manifest, only_base};
use crate::ready::{Ready, ReadyRules};
use crate::reload::{FirstGeneration, blocking, now};
use crate::rules::{compile, read_component, rules_file};
use crate::settings::ReaderSettings;

/// Where packages are imported to.
pub(super) struct Importer<'a> {
    pub(super) settings: &'a ReaderSettings,
    pub(super) engine: &'a PluginEngine,
    pub(super) store: &'a ArtifactStore,
    pub(super) canary: CanarySettings,
}

/// What was imported.
pub(super) struct Imported {
    pub(super) first: FirstGeneration,
    /// The base that all adapters stand on.
    pub(super) base_name: String,
}

/// Packages as they are imported, one after the other.
#[derive(Default)]
struct Packages {
    generation: Generation,
    versions: Vec<Version>,
    ready: Vec<Ready>,
    imported_from: BTreeMap<PackageDigest, PathBuf>,
}

impl Importer<'_> {
    /// Imports every document type, or the one named, with the rules they need. What is cheap to
    /// refuse is refused first, of all of them.
    pub(super) async fn import(
        &self,
        only: Option<&DocumentTypeId>,
    ) -> Result<Imported, EngineError> {
        let adapters = self.settings.adapters();
        let mut manifests = Manifest::find_all(&adapters)?;
        let base_name = only_base(&adapters, &manifests)?.to_owned();
        if let Some(only) = only {
            manifests.retain(|manifest| manifest.document_type == *only);
            if manifests.is_empty() {
                return Err(EngineError::UnknownDocumentType);
            }
        }
        let mut packages = Packages::default();
        packages.generation.number = 1;
        for name in manifests.iter().map(|manifest| &manifest.rules).collect::<BTreeSet<_>>() {
            self.import_rules(name, &mut packages).await?;
        }
        for manifest in manifests {
            self.import_adapter(manifest, &mut packages).await?;
        }
        let Packages { generation, versions, ready, imported_from } = packages;
        let events = vec![Event {
            sequence: 0,
            at: now(),
            generation: generation.number,
            action: Action::Import,
            plugin: "*".to_owned(),
            package: None,
            actor: HOST.to_owned(),
            code: None,
            detail: Some(format!("{} packages", versions.len())),
        }];
        let change =
            Change { generation: Some(generation.clone()), versions, events, ..Change::default() };
        let first = FirstGeneration { generation, import: Some(change), ready, imported_from };
        Ok(Imported { first, base_name })
    }

    /// Compiles rules to learn how they describe themselves, and keeps them: they are ready then.
    async fn import_rules(&self, name: &str, into: &mut Packages) -> Result<(), EngineError> {
        let file = rules_file(self.settings, name);
        let component = read_component(&file)?;
        let plugin = compile(self.engine, name, &file, component.clone()).await?;
        let named = |source: EngineError| EngineError::Imported {
            from: file.clone(),
            stored: file.clone(),
            source: Box::new(source),
        };
        let package = package_of_component(&plugin, name, component).map_err(named)?;
        let manifest = package.file(RULES_MANIFEST).unwrap_or_default();
        let manifest = RulesManifest::parse(manifest, self.canary);
        let manifest = manifest.map_err(|error| named(error.into()))?;
        let digest = self.put(package).await?;
        let document_types = manifest.document_types.iter().map(ToString::to_string).collect();
        let number = Some(manifest.version.clone());
        into.versions.push(version(digest, PackageKind::Rules, name, number, document_types));
        into.generation.activate(name, digest);
        let rules = ReadyRules::new(digest, manifest, plugin).map_err(named)?;
        into.imported_from.insert(digest, file);
        into.ready.push(Ready::Rules(Arc::new(rules)));
        Ok(())
    }

    /// Copies an adapter into the store; it is loaded once there is a base to load it for.
    async fn import_adapter(
        &self,
        manifest: Manifest,
        into: &mut Packages,
    ) -> Result<(), EngineError> {
        let digest = self.put(adapter_package(&manifest.folder)?).await?;
        let (name, number) = (manifest.document_type.as_str(), manifest.version.clone());
        into.generation.activate(name, digest);
        let types = vec![name.to_owned()];
        into.versions.push(version(digest, PackageKind::Adapter, name, number, types));
        into.imported_from.insert(digest, manifest.folder);
        Ok(())
    }

    async fn put(&self, package: Package) -> Result<PackageDigest, EngineError> {
        let store = self.store.clone();
        Ok(blocking(move || store.put(&package)).await??)
    }
}

/// A package of a component alone, with the manifest that the component describes.
pub(crate) fn package_of_component(
    plugin: &Plugin,
    name: &str,
    component: Vec<u8>,
) -> Result<Package, EngineError> {
    let description = plugin.describe();
    let document_types = description.document_types.iter().map(ToString::to_string);
    let manifest = serde_json::json!({
        "name": name,
        "version": description.version,
        "document_types": document_types.collect::<Vec<_>>(),
    });
    let files = [
        (RULES_MANIFEST.to_owned(), manifest.to_string().into_bytes()),
        (COMPONENT.to_owned(), component),
    ];
    Ok(Package::new(files.into())?)
}

fn adapter_package(folder: &Path) -> Result<Package, EngineError> {
    let mut files = BTreeMap::new();
    // Only these: the operator's folder may hold notes and cards beside them.
    let optional = [TRAINING_RECORD, CALIBRATION, PROTOTYPES, LORA_XS_FACTORS, PREPROCESSOR_CONFIG];
    let optional = optional.into_iter().filter(|name| folder.join(name).exists());
    for name in
        [DOCUMENT_TYPE_MANIFEST, ADAPTER_CONFIG, ADAPTER_WEIGHTS].into_iter().chain(optional)
    {
        let path = folder.join(name);
        let bytes =
            std::fs::read(&path).map_err(|source| FolderError::Unreadable { path, source })?;
        files.insert(name.to_owned(), bytes);
    }
    Ok(Package::new(files)?)
}

fn version(
    package: PackageDigest,
    kind: PackageKind,
    name: &str,
    version: Option<String>,
    document_types: Vec<String>,
) -> Version {
    Version {
        package,
        sequence: 0,
        kind: kind.as_str().to_owned(),
        name: name.to_owned(),
        version,
        document_types,
        artifact: String::new(),
        publisher: HOST.to_owned(),
        signed_by: None,
        signed_with: None,
        origin: Origin::Import,
        published_at: now(),
    }
}
