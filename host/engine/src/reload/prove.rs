//! What a package must pass before it may serve.

use std::path::Path;
use std::sync::Arc;

use dossier_document::DocumentTypeId;
use dossier_store::{
    ADAPTER_CONFIG, ArtifactStore, COMPONENT, Origin, Package, PackageDigest, PackageKind, Scope,
};

use super::fixture_run::FixtureRuns;
use super::prepare::adapter_manifest;
use super::self_test::{Purpose, self_test};
use super::trust::Signer;
use super::{Shared, blocking};
use crate::error::EngineError;
use crate::probe::CompileProbe;
use crate::ready::{Ready, ReadyRules};

/// A package that passed everything.
pub(super) struct Proved {
    pub(super) package: Package,
    pub(super) ready: Ready,
    /// Whose trusted key it is signed with, and which, if it is.
    pub(super) signed_by: Option<Signer>,
    /// What its fixtures came to in a dry run.
    pub(super) fixtures: FixtureRuns,
}

/// What a package says it is, before anything of it is believed.
#[derive(Clone)]
pub(super) struct Claim {
    pub(super) kind: PackageKind,
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) document_types: Vec<DocumentTypeId>,
    /// The rules that an adapter binds its document type to.
    rules: Option<String>,
}

impl Claim {
    pub(super) fn is_within(&self, scope: &Scope) -> bool {
        let rules = self.rules.as_deref().unwrap_or(&self.name);
        scope.allows_rules(rules, &self.document_types)
    }
}

impl Shared {
    pub(super) fn claim(&self, package: &Package) -> Result<Claim, EngineError> {
        let kind = package.kind();
        Ok(match kind {
            PackageKind::Rules => {
                let manifest = self.rules_manifest(package)?;
                let (name, version) = (manifest.name, Some(manifest.version));
                let document_types = manifest.document_types;
                Claim { kind, name, version, document_types, rules: None }
            }
            PackageKind::Adapter => {
                let manifest = adapter_manifest(package, Path::new(""))?;
                let name = manifest.document_type.to_string();
                let document_types = vec![manifest.document_type];
                let (version, rules) = (manifest.version, Some(manifest.rules));
                Claim { kind, name, version, document_types, rules }
            }
        })
    }

    /// What a package says it is, where that is within a scope.
    pub(super) fn claim_within(
        &self,
        package: &Package,
        scope: Option<&Scope>,
    ) -> Result<Claim, EngineError> {
        let claim = self.claim(package)?;
        match scope.is_none_or(|scope| claim.is_within(scope)) {
            true => Ok(claim),
            false => Err(EngineError::Forbidden { name: claim.name }),
        }
    }

    /// Everything a package must pass, in the time that it may take.
    pub(super) async fn prove(
        self: &Arc<Self>,
        package: Package,
        claim: &Claim,
        origin: Origin,
        purpose: Purpose,
    ) -> Result<Proved, EngineError> {
        let limit = self.packages.publisher.publish_timeout;
        let proved = self.prove_whole(package, claim, origin, purpose);
        let proved = tokio::time::timeout(limit, proved).await;
        proved.unwrap_or(Err(EngineError::PublishTimeout { limit }))
    }

    /// What was made ready for a package that fails is dropped with it.
    async fn prove_whole(
        self: &Arc<Self>,
        package: Package,
        claim: &Claim,
        origin: Origin,
        purpose: Purpose,
    ) -> Result<Proved, EngineError> {
        let signed_by = match origin {
            Origin::Publish => self.trusted_signer(&package, claim)?,
            // The operator's own folders.
            Origin::Import | Origin::Watch => None,
        };
        let (shared, claimed) = (Arc::clone(self), claim.clone());
        let (package, stored) = blocking(move || {
            let stored = (|| {
                shared.refuse_revoked(&package.digest())?;
                if origin == Origin::Publish {
                    shared.refuse_older(&claimed, &package)?;
                }
                Ok::<_, EngineError>(shared.store.put(&package)?)
            })();
            (package, stored)
        })
        .await?;
        let digest = stored?;
        if let Some(probe) = &self.packages.probe {
            let turn = self.turns.probe.acquire().await;
            let _turn = turn.expect("nobody closes the semaphore");
            probe_stored(probe, &self.store, package.kind(), digest).await?;
        }
        let ready = self.prepare(digest).await?;
        let mut fixtures = FixtureRuns::default();
        match &ready {
            Ready::Rules(rules) if origin == Origin::Publish => {
                let ReadyRules { manifest, plugin, .. } = &**rules;
                fixtures = self_test(&package, manifest, plugin, purpose).await?;
            }
            Ready::Rules(_) => {}
            Ready::Adapter(adapter) => self.read_blank_page(adapter).await?,
        }
        Ok(Proved { package, ready, signed_by, fixtures })
    }
}

/// Compiles what is stored of a package in a process of its own first.
pub(super) async fn probe_stored(
    probe: &CompileProbe,
    store: &ArtifactStore,
    kind: PackageKind,
    digest: PackageDigest,
) -> Result<(), EngineError> {
    let folder = store.folder(&digest);
    match kind {
        PackageKind::Rules => probe.compile(&folder.join(COMPONENT)).await?,
        PackageKind::Adapter => probe.compile_patterns(&folder.join(ADAPTER_CONFIG)).await?,
    }
    Ok(())
}
