//! From a folder of artifacts to a catalogue and a model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dossier_document::{DocumentTypeId, FieldName};
use dossier_model::{ModelBackend, ModelError};
use dossier_plugin::{
    BeforeOutcome, CodeCache, CodeCacheError, Plugin, PluginEngine, PluginError, PluginSettings,
};
use dossier_store::PackageDigest;

use crate::catalog::{
    Calibration, Catalog, CatalogError, DocumentType, MANIFEST_FILE, Manifest, Rollout,
};
use crate::config::{ReaderConfig, RulesLimits};
use crate::reader::model::{LoadedModel, load_model};
use crate::reload::ReloadError;

/// An artifact can't be served; the start stops. Every variant names the file or the type.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A manifest is missing or not valid.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// One host serves one base.
    #[error(
        "{}: `base`: `{base}`, but the other document types stand on `{other}`",
        file.display()
    )]
    SecondBase {
        /// The manifest.
        file: PathBuf,
        /// The base it names.
        base: String,
        /// The base of those before it.
        other: String,
    },
    /// The base or an adapter can't be loaded; the error names file and key.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The engine of the rules does not start.
    #[error(transparent)]
    Engine(PluginError),
    /// Compiled code can't be kept in the data directory.
    #[error(transparent)]
    CodeCache(#[from] CodeCacheError),
    /// A component can't be read.
    #[error("{}: can't be read: {source}", file.display())]
    RulesUnreadable {
        /// The component.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A component can't be used.
    #[error("{}: {source}", file.display())]
    Rules {
        /// The component.
        file: PathBuf,
        /// Why.
        source: PluginError,
    },
    /// The rules of a document type have none for it.
    #[error("{}: has no rules for `{document_type}`", file.display())]
    RulesLackDocumentType {
        /// The component.
        file: PathBuf,
        /// The document type.
        document_type: DocumentTypeId,
    },
    /// The rules refuse a whole document of the type before they see it.
    #[error("{}: refuses `{document_type}` with {pages} pages: {code}", file.display())]
    RulesRefuse {
        /// The component.
        file: PathBuf,
        /// The document type.
        document_type: DocumentTypeId,
        /// Pages of the document type.
        pages: usize,
        /// The rules' code.
        code: String,
    },
    /// The rules ask for a field that the base has no way to be asked for.
    #[error("{}: asks for the field `{field}`, which the base can't read", file.display())]
    UnsupportedField {
        /// The component.
        file: PathBuf,
        /// The field.
        field: FieldName,
    },
    /// The data directory can't be used, or what it says can't be served.
    #[error(transparent)]
    Store(Box<ReloadError>),
    /// A package of the catalogue can't be made ready.
    #[error("the package {package}: {source}")]
    Package {
        /// The package.
        package: PackageDigest,
        /// Why.
        source: Box<ReloadError>,
    },
    /// A folder can't be watched.
    #[error("{}: can't be watched: {source}", folder.display())]
    Watch {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: Box<notify::Error>,
    },
    /// The loading thread panicked.
    #[error("loading the model panicked")]
    Panicked,
    /// The operating system starts no thread.
    #[error("the inference thread does not start: {0}")]
    Thread(std::io::Error),
}

impl From<ReloadError> for StartError {
    fn from(error: ReloadError) -> Self {
        Self::Store(Box::new(error))
    }
}

/// Loads everything below the data root; what is cheap to refuse is refused first.
pub(super) async fn load(config: &ReaderConfig) -> Result<(Catalog, ModelBackend), StartError> {
    let adapters = config.adapters();
    let manifests = Manifest::find_all(&adapters)?;
    let base_folder = adapters.join("base").join(only_base(&adapters, &manifests)?);

    let engine = rules_engine(&config.rules)?;
    let mut rules = BTreeMap::new();
    let mut read = Vec::with_capacity(manifests.len());
    for manifest in &manifests {
        let file = rules_file(config, &manifest.rules);
        if !rules.contains_key(&manifest.rules) {
            let opened = open_rules(&engine, &manifest.rules, &file).await?;
            rules.insert(manifest.rules.clone(), opened);
        }
        let plugin = &rules[&manifest.rules];
        let plugin = match manifest.settings() {
            Some(settings) => plugin
                .configured(&manifest.document_type, settings)
                .await
                .map_err(|source| StartError::Rules { file: file.clone(), source })?,
            None => plugin.clone(),
        };
        let asked = fields_of(manifest, &plugin, &file, &config.today()).await?;
        read.push((asked, plugin));
    }

    let folders = manifests.iter().map(|manifest| manifest.folder.clone()).collect::<Vec<_>>();
    let (model, pool) = (config.model, config.adapter_pool());
    let loading =
        tokio::task::spawn_blocking(move || load_model(&base_folder, &folders, model, pool));
    let LoadedModel { base, adapters, backend } =
        loading.await.map_err(|_| StartError::Panicked)??;

    let mut document_types = BTreeMap::new();
    for ((manifest, (fields, plugin)), adapter) in manifests.into_iter().zip(read).zip(adapters) {
        if let Some(field) = fields.iter().find(|field| !base.supports_field(field)) {
            let file = rules_file(config, &manifest.rules);
            return Err(StartError::UnsupportedField { file, field: field.clone() });
        }
        let calibration = Calibration::find(&manifest.folder)?.map(Arc::new);
        let id = manifest.document_type;
        let document_type = DocumentType {
            id: id.clone(),
            title: manifest.title,
            pages: manifest.pages,
            fields,
            adapter,
            calibration,
            rules: plugin,
            packages: None,
            rollout: Rollout::default(),
        };
        document_types.insert(id, Arc::new(document_type));
    }
    Ok((Catalog { generation: 1, base: base.digest(), document_types }, backend))
}

/// The base that every document type names.
pub(crate) fn only_base<'a>(
    adapters: &Path,
    manifests: &'a [Manifest],
) -> Result<&'a str, StartError> {
    let first = manifests
        .first()
        .ok_or_else(|| CatalogError::NoDocumentTypes { adapters: adapters.to_owned() })?;
    match manifests.iter().find(|manifest| manifest.base != first.base) {
        None => Ok(&first.base),
        Some(second) => Err(StartError::SecondBase {
            file: second.folder.join(MANIFEST_FILE),
            base: second.base.clone(),
            other: first.base.clone(),
        }),
    }
}

/// The fields that the rules read of a whole document. Asking once at start also proves that the
/// rules work before any client depends on them.
async fn fields_of(
    manifest: &Manifest,
    rules: &Plugin,
    file: &Path,
    today: &str,
) -> Result<Vec<FieldName>, StartError> {
    let document_type = manifest.document_type.clone();
    if !rules.describe().document_types.contains(&document_type) {
        return Err(StartError::RulesLackDocumentType { file: file.to_owned(), document_type });
    }
    let pages = manifest.pages;
    let outcome = rules
        .before(&document_type, pages, None, today)
        .await
        .map_err(|source| StartError::Rules { file: file.to_owned(), source })?;
    match outcome {
        BeforeOutcome::Read { fields } => Ok(fields.into_iter().map(|field| field.name).collect()),
        BeforeOutcome::Refused { code, .. } => {
            Err(StartError::RulesRefuse { file: file.to_owned(), document_type, pages, code })
        }
    }
}

/// The file of the rules of this name.
#[must_use]
pub(crate) fn rules_file(config: &ReaderConfig, name: &str) -> PathBuf {
    config.prebuilt_rules().join(format!("{name}.wasm"))
}

/// An engine under the limits of the configuration.
///
/// # Errors
/// When the machine can't give what the engine needs.
fn rules_engine(limits: &RulesLimits) -> Result<PluginEngine, StartError> {
    PluginEngine::new(rules_settings(limits)).map_err(StartError::Engine)
}

/// The same for a host with a data directory, where compiled code outlives the process.
///
/// # Errors
/// When the machine can't give what the engine needs, or the compiled code can't be kept there.
pub(crate) fn keeping_engine(
    limits: &RulesLimits,
    data_dir: &Path,
) -> Result<PluginEngine, StartError> {
    let cache = CodeCache::open(data_dir)?;
    PluginEngine::with_code_cache(rules_settings(limits), cache).map_err(StartError::Engine)
}

/// The same for the author's own commands: whoever builds rules with a Python interpreter in them
/// waits for their compilation, on a busy machine too.
///
/// # Errors
/// When the machine can't give what the engine needs.
pub(crate) fn author_engine(limits: &RulesLimits) -> Result<PluginEngine, StartError> {
    const COMPILE_TIMEOUT: Duration = Duration::from_secs(900);
    let settings = PluginSettings {
        compile_timeout: COMPILE_TIMEOUT,
        explains: true,
        ..rules_settings(limits)
    };
    PluginEngine::new(settings).map_err(StartError::Engine)
}

fn rules_settings(limits: &RulesLimits) -> PluginSettings {
    PluginSettings {
        run_budget: limits.run_budget,
        call_timeout: limits.call_timeout,
        memory_bytes: limits.memory_bytes,
        ..PluginSettings::default()
    }
}

/// Reads and compiles one component.
///
/// # Errors
/// When it can't be read, or is no component of rules.
pub(crate) async fn open_rules(
    engine: &PluginEngine,
    name: &str,
    file: &Path,
) -> Result<Plugin, StartError> {
    let component = std::fs::read(file)
        .map_err(|source| StartError::RulesUnreadable { file: file.to_owned(), source })?;
    engine
        .compile(name, component)
        .await
        .map_err(|source| StartError::Rules { file: file.to_owned(), source })
}

#[cfg(test)]
mod tests;
