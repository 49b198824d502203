//! From a stored package to one that can serve: compiled and described, or loaded.

use std::path::Path;
use std::sync::Arc;

use dossier_document::PageImage;
use dossier_inference::{InferenceError, ReadRequest};
use dossier_plugin::BeforeOutcome;
use dossier_store::{
    CALIBRATION, COMPONENT, DOCUMENT_TYPE_MANIFEST, PROTOTYPES, Package, PackageDigest,
    PackageKind, RULES_MANIFEST, RulesManifest, TRAINING_RECORD,
};

use super::{Shared, blocking};
use crate::error::EngineError;
use crate::folders::{Calibration, Manifest, Measured, Prototypes};
use crate::ready::{Ready, ReadyAdapter, ReadyRules};

/// Side of the blank page that a new adapter reads first, in pixels.
const BLANK_SIDE: u32 = 64;

impl Shared {
    /// Makes a stored package ready. Nobody is kept waiting: compiling and loading run on blocking
    /// threads, one at a time.
    pub(crate) async fn prepare(
        self: &Arc<Self>,
        digest: PackageDigest,
    ) -> Result<Ready, EngineError> {
        self.refuse_revoked(&digest)?;
        self.obtain(digest).await?;
        let prepared = self.prepare_stored(digest).await;
        prepared.map_err(|error| match error {
            error @ (EngineError::Adapter(_) | EngineError::AdapterManifest(_)) => {
                let folder = self.store.folder(&digest);
                EngineError::InPackage { folder, source: Box::new(error) }
            }
            error => error,
        })
    }

    async fn prepare_stored(self: &Arc<Self>, digest: PackageDigest) -> Result<Ready, EngineError> {
        let store = self.store.clone();
        let package = blocking(move || store.read(&digest)).await??;
        match package.kind() {
            PackageKind::Rules => {
                let manifest = self.rules_manifest(&package)?;
                let component = package.file(COMPONENT).unwrap_or_default();
                let compiled = self.engine.compile(&manifest.name, component).await;
                let plugin = compiled.map_err(EngineError::Component)?;
                Ok(Ready::Rules(Arc::new(ReadyRules::new(digest, manifest, plugin)?)))
            }
            PackageKind::Adapter => {
                let folder = self.store.folder(&digest);
                let manifest = adapter_manifest(&package, &folder)?;
                if manifest.base != self.base_name {
                    let served = self.base_name.clone();
                    return Err(EngineError::WrongBase { base: manifest.base, served });
                }
                let calibration = calibration(&package, &folder)?;
                let prototypes = self.prototypes(&package, &folder)?;
                let adapters = self.adapters.clone();
                let loaded = blocking(move || adapters.load(&folder)).await?;
                let adapter = loaded.map_err(|error| EngineError::Adapter(Box::new(error)))?;
                let measured = package.file(TRAINING_RECORD).and_then(Measured::of);
                Ok(Ready::Adapter(Arc::new(ReadyAdapter {
                    package: digest,
                    adapter,
                    calibration,
                    prototypes,
                    measured,
                    manifest,
                })))
            }
        }
    }

    /// What first pages look like of the document type of an adapter's package, if that says so.
    fn prototypes(
        &self,
        package: &Package,
        folder: &Path,
    ) -> Result<Option<Prototypes>, EngineError> {
        let Some(text) = package.file(PROTOTYPES) else { return Ok(None) };
        let likeness = self.adapters.loader().type_likeness();
        let prototypes = Prototypes::parse(text, folder, likeness.as_ref());
        prototypes.map(Some).map_err(EngineError::AdapterManifest)
    }

    /// The manifest of rules.
    pub(super) fn rules_manifest(&self, package: &Package) -> Result<RulesManifest, EngineError> {
        let manifest = package.file(RULES_MANIFEST).unwrap_or_default();
        Ok(RulesManifest::parse(manifest, self.packages.canary)?)
    }

    /// Lets the model read a blank page with a new adapter, if the rules to ask it for fields are
    /// there already: what would fail at the first document fails here.
    pub(super) async fn read_blank_page(&self, ready: &ReadyAdapter) -> Result<(), EngineError> {
        let ReadyAdapter { adapter, manifest, .. } = ready;
        let snapshot = self.snapshot.pin();
        let mut plugins = snapshot.document_types.values().map(|served| served.plugin());
        let id = &manifest.document_type;
        let rules = plugins.find(|plugin| plugin.describe().document_types.contains(id));
        let Some(rules) = rules else { return Ok(()) };
        let before = rules.before(id, manifest.pages, None, &self.today()).await;
        let BeforeOutcome::Read { fields } = before.map_err(EngineError::Component)? else {
            return Ok(());
        };
        let page = PageImage::white(BLANK_SIDE, BLANK_SIDE);
        let pages = vec![page; manifest.pages];
        let request = ReadRequest { pages, fields, adapter: Some(adapter.digest()), embed: false };
        match self.inference.read(request).await {
            Ok(_) => Ok(()),
            Err(InferenceError::Overloaded) => Err(EngineError::Busy),
            Err(error) => Err(EngineError::BlankPage(error)),
        }
    }
}

/// The manifest of the document type in an adapter's package.
pub(crate) fn adapter_manifest(package: &Package, folder: &Path) -> Result<Manifest, EngineError> {
    let manifest = package.file(DOCUMENT_TYPE_MANIFEST).unwrap_or_default();
    Manifest::parse(manifest, folder).map_err(EngineError::AdapterManifest)
}

/// The calibration in an adapter's package, if it has one.
fn calibration(package: &Package, folder: &Path) -> Result<Option<Calibration>, EngineError> {
    let Some(text) = package.file(CALIBRATION) else { return Ok(None) };
    Calibration::parse(text, folder).map(Some).map_err(EngineError::AdapterManifest)
}
