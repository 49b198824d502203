//! From a stored package to one that can serve: compiled and described, or loaded.

use std::sync::Arc;

use dossier_document::{DocumentTypeId, FieldName, PageImage};
use dossier_inference::ReadRequest;
use dossier_plugin::{BeforeOutcome, CodeOrigin, Plugin};
use dossier_store::{
    CALIBRATION, COMPONENT, DOCUMENT_TYPE_MANIFEST, Package, PackageDigest, PackageKind,
    RULES_MANIFEST, RulesManifest,
};

use super::{AdapterLoader, ReloadError, Shared};
use crate::catalog::{Calibration, Manifest, Ready, ReadyArtifact};

/// Side of the blank page that a new adapter reads first, in pixels.
const BLANK_SIDE: u32 = 64;

impl Shared {
    /// Makes a stored package ready. Nobody is kept waiting: compiling and loading run on blocking
    /// threads, one at a time.
    pub(super) async fn prepare(
        self: &Arc<Self>,
        digest: PackageDigest,
    ) -> Result<Arc<Ready>, ReloadError> {
        let store = self.store.clone();
        let package = blocking(move || store.read(&digest)).await??;
        let artifact = match package.kind() {
            PackageKind::Rules => {
                let manifest = self.rules_manifest(&package)?;
                let plugin = self.compile(&package, &manifest).await?;
                ReadyArtifact::Rules { plugin, manifest }
            }
            PackageKind::Adapter => {
                let folder = self.store.folder(&digest);
                let manifest = adapter_manifest(&package, &folder)?;
                if manifest.base != self.adapters.base_name() {
                    let served = self.adapters.base_name().to_owned();
                    return Err(ReloadError::WrongBase { base: manifest.base, served });
                }
                let calibration = calibration(&package, &folder)?;
                let shared = Arc::clone(self);
                let adapter = blocking(move || shared.adapters.load(&folder)).await??;
                ReadyArtifact::Adapter { adapter, calibration, manifest }
            }
        };
        Ok(Arc::new(Ready { package: digest, artifact }))
    }

    /// The manifest of rules.
    pub(super) fn rules_manifest(&self, package: &Package) -> Result<RulesManifest, ReloadError> {
        let manifest = package.file(RULES_MANIFEST).unwrap_or_default();
        Ok(RulesManifest::parse(manifest, self.canary)?)
    }

    async fn compile(
        &self,
        package: &Package,
        manifest: &RulesManifest,
    ) -> Result<Plugin, ReloadError> {
        let component = package.file(COMPONENT).unwrap_or_default();
        let plugin = self.engine.compile(&manifest.name, component).await?;
        if plugin.code_origin() == CodeOrigin::Rejected {
            let (plugin, digest) = (plugin.name(), plugin.digest());
            tracing::warn!(plugin, %digest, "kept code is damaged or not this host's: compiled again");
        }
        let description = plugin.describe();
        let differs = if description.name != manifest.name {
            Some("name")
        } else if description.version != manifest.version {
            Some("version")
        } else if !same_members(&description.document_types, &manifest.document_types) {
            Some("document_types")
        } else {
            None
        };
        match differs {
            Some(key) => Err(ReloadError::ManifestMismatch { key }),
            None => Ok(plugin),
        }
    }

    /// Lets the model read a blank page with a new adapter, if the rules to ask it for fields are
    /// there already: what would fail at the first document fails here.
    pub(super) async fn read_blank_page(&self, ready: &Ready) -> Result<(), ReloadError> {
        let ReadyArtifact::Adapter { adapter, manifest, .. } = &ready.artifact else {
            return Ok(());
        };
        let catalog = self.snapshots.pin();
        let rules = catalog
            .document_types
            .values()
            .map(|document_type| &document_type.rules)
            .find(|rules| rules.describe().document_types.contains(&manifest.document_type));
        let (Some(rules), Some(inference)) = (rules, &self.inference) else { return Ok(()) };
        let before =
            rules.before(&manifest.document_type, manifest.pages, None, &self.today()).await?;
        let BeforeOutcome::Read { fields } = before else { return Ok(()) };
        let side = BLANK_SIDE as usize;
        let page = PageImage::new(BLANK_SIDE, BLANK_SIDE, vec![255; side * side * 3]);
        let Ok(page) = page else { return Ok(()) };
        let pages = vec![page; manifest.pages];
        let request = ReadRequest { pages, fields, adapter: Some(*adapter) };
        match inference.read(request).await {
            Ok(_) => Ok(()),
            Err(dossier_inference::InferenceError::Overloaded) => Err(ReloadError::Busy),
            Err(error) => Err(ReloadError::BlankPage(error)),
        }
    }
}

/// The manifest of the document type in an adapter's package.
pub(super) fn adapter_manifest(
    package: &Package,
    folder: &std::path::Path,
) -> Result<Manifest, ReloadError> {
    let manifest = package.file(DOCUMENT_TYPE_MANIFEST).unwrap_or_default();
    Manifest::parse(manifest, folder).map_err(ReloadError::AdapterManifest)
}

/// The calibration in an adapter's package, if it has one.
fn calibration(
    package: &Package,
    folder: &std::path::Path,
) -> Result<Option<Arc<Calibration>>, ReloadError> {
    let Some(text) = package.file(CALIBRATION) else { return Ok(None) };
    let calibration = Calibration::parse(text, folder).map_err(ReloadError::AdapterManifest)?;
    Ok(Some(Arc::new(calibration)))
}

/// The fields that the rules read of a whole document. Asking also proves that the rules work
/// before any client depends on them.
pub(super) async fn fields_of(
    adapters: &dyn AdapterLoader,
    rules: &Plugin,
    document_type: &DocumentTypeId,
    pages: usize,
    today: &str,
) -> Result<Vec<FieldName>, ReloadError> {
    let name = || rules.name().to_owned();
    let document_type = document_type.clone();
    if !rules.describe().document_types.contains(&document_type) {
        return Err(ReloadError::RulesLackDocumentType { rules: name(), document_type });
    }
    let fields = match rules.before(&document_type, pages, None, today).await? {
        BeforeOutcome::Read { fields } => fields,
        BeforeOutcome::Refused { code, .. } => {
            return Err(ReloadError::RulesRefuse { rules: name(), document_type, pages, code });
        }
    };
    let fields = fields.into_iter().map(|field| field.name).collect::<Vec<_>>();
    match fields.iter().find(|field| !adapters.supports_field(field)) {
        Some(field) => Err(ReloadError::UnsupportedField { rules: name(), field: field.clone() }),
        None => Ok(fields),
    }
}

/// Neither list names a document type twice.
fn same_members(described: &[DocumentTypeId], listed: &[DocumentTypeId]) -> bool {
    described.len() == listed.len() && described.iter().all(|id| listed.contains(id))
}

/// Runs what blocks on a thread where it may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ReloadError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ReloadError::Panicked)
}
