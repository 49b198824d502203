//! A package that was verified, compiled or loaded: it can serve at once.

use std::sync::{Arc, Weak};

use dossier_document::{Digest, DocumentTypeId};
use dossier_plugin::{CodeOrigin, Plugin};
use dossier_store::{PackageDigest, RulesManifest};

use crate::adapters::LoadedAdapter;
use crate::error::EngineError;
use crate::folders::{Calibration, Manifest, Measured, Prototypes};

/// A package that can serve at once. Whoever reads with it holds it, so it is never taken away from
/// a request.
#[derive(Clone, Debug)]
pub enum Ready {
    /// Compiled rules.
    Rules(Arc<ReadyRules>),
    /// A loaded adapter.
    Adapter(Arc<ReadyAdapter>),
}

/// Rules, compiled.
#[derive(Debug)]
pub struct ReadyRules {
    /// The package.
    pub package: PackageDigest,
    /// The component.
    pub plugin: Plugin,
    /// Its manifest.
    pub manifest: RulesManifest,
}

/// The adapter of a document type, loaded.
#[derive(Debug)]
pub struct ReadyAdapter {
    /// The package.
    pub package: PackageDigest,
    /// The adapter, which is loaded for as long as this is held.
    pub adapter: LoadedAdapter,
    /// Its calibration, if it brings one.
    pub calibration: Option<Calibration>,
    /// What first pages of its document type look like, if it brings that.
    pub prototypes: Option<Prototypes>,
    /// How well it read held-out documents, if the record of its training tells.
    pub measured: Option<Measured>,
    /// The manifest of its document type.
    pub manifest: Manifest,
}

/// A look at a package that does not hold it.
#[derive(Debug)]
pub(crate) enum WeakReady {
    Rules(Weak<ReadyRules>),
    Adapter(Weak<ReadyAdapter>),
}

impl ReadyRules {
    /// Compiled rules, if they are what their manifest says.
    ///
    /// # Errors
    /// [`EngineError::ManifestMismatch`].
    pub(crate) fn new(
        package: PackageDigest,
        manifest: RulesManifest,
        plugin: Plugin,
    ) -> Result<Self, EngineError> {
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
            Some(key) => Err(EngineError::ManifestMismatch { key }),
            None => Ok(Self { package, plugin, manifest }),
        }
    }
}

impl Ready {
    /// The package.
    #[must_use]
    pub fn package(&self) -> PackageDigest {
        match self {
            Self::Rules(rules) => rules.package,
            Self::Adapter(adapter) => adapter.package,
        }
    }

    /// The name it serves under: of rules, or the document type.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Rules(rules) => &rules.manifest.name,
            Self::Adapter(adapter) => adapter.manifest.document_type.as_str(),
        }
    }

    /// The digest that answers name it by.
    #[must_use]
    pub fn artifact_digest(&self) -> Digest {
        match self {
            Self::Rules(rules) => rules.plugin.digest(),
            Self::Adapter(adapter) => adapter.adapter.digest(),
        }
    }

    pub(crate) fn downgrade(&self) -> WeakReady {
        match self {
            Self::Rules(rules) => WeakReady::Rules(Arc::downgrade(rules)),
            Self::Adapter(adapter) => WeakReady::Adapter(Arc::downgrade(adapter)),
        }
    }
}

impl WeakReady {
    /// The package, if anybody still holds it.
    pub(crate) fn upgrade(&self) -> Option<Ready> {
        match self {
            Self::Rules(rules) => rules.upgrade().map(Ready::Rules),
            Self::Adapter(adapter) => adapter.upgrade().map(Ready::Adapter),
        }
    }
}

/// Neither list names a document type twice.
fn same_members(described: &[DocumentTypeId], listed: &[DocumentTypeId]) -> bool {
    described.len() == listed.len() && described.iter().all(|id| listed.contains(id))
}
