//! A package that was verified, compiled or loaded: it can serve at once.

use std::sync::Arc;

use dossier_document::Digest;
use dossier_plugin::Plugin;
use dossier_store::{PackageDigest, RulesManifest};

use super::{Calibration, Manifest};

/// A package that can serve at once. Whoever reads with it holds it, so it is never taken away
/// from a request.
#[derive(Debug)]
pub struct Ready {
    /// The package.
    pub package: PackageDigest,
    /// What it holds.
    pub artifact: ReadyArtifact,
}

/// What a package holds, ready.
#[derive(Debug)]
pub enum ReadyArtifact {
    /// Compiled rules.
    Rules {
        /// The component.
        plugin: Plugin,
        /// Its manifest.
        manifest: RulesManifest,
    },
    /// A loaded adapter.
    Adapter {
        /// Its digest in the model's pool.
        adapter: Digest,
        /// Its calibration, if it brings one.
        calibration: Option<Arc<Calibration>>,
        /// The manifest of its document type.
        manifest: Manifest,
    },
}

impl Ready {
    /// The name it serves under: of rules, or the document type.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.artifact {
            ReadyArtifact::Rules { manifest, .. } => &manifest.name,
            ReadyArtifact::Adapter { manifest, .. } => manifest.document_type.as_str(),
        }
    }

    /// The digest that answers name it by.
    #[must_use]
    pub fn artifact_digest(&self) -> Digest {
        match &self.artifact {
            ReadyArtifact::Rules { plugin, .. } => plugin.digest(),
            ReadyArtifact::Adapter { adapter, .. } => *adapter,
        }
    }
}
