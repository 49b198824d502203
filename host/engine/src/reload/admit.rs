//! A package is admitted: proved and staged, or refused; both are in the history.

use std::sync::Arc;

use dossier_store::{Origin, Package, PackageDigest, Refusal, Scope, Version};

use super::prove::{Claim, Proved};
use super::self_test::Purpose;
use super::task::{Message, Refused};
use super::trust::Signer;
use super::{Reload, blocking, now};
use crate::error::EngineError;
use crate::ready::Ready;

impl Reload {
    /// Proves a package and stages it. The caller has taken its turn.
    pub(super) async fn admit(
        &self,
        package: Package,
        actor: &str,
        scope: Option<&Scope>,
        origin: Origin,
    ) -> Result<Version, EngineError> {
        let shared = &self.shared;
        let claim = shared.claim_within(&package, scope)?;
        let digest = package.digest();
        let _in_work = shared.turns.publishers.begin(digest)?;
        match shared.prove(package, &claim, origin, Purpose::Publish).await {
            Ok(Proved { package, ready, signed_by, .. }) => {
                let version = claim.version_of(digest, &ready, signed_by, actor, origin);
                let staged = Box::new(version.clone());
                // Before anybody is told that it is there.
                shared.share(package).await?;
                self.ask(|answer| Message::Stage { version: staged, ready, answer }).await??;
                shared.share_again(digest).await?;
                Ok(version)
            }
            Err(error) => {
                let (refusal, actor) =
                    (Refusal::new(error.code(), &error.for_publisher()), actor.to_owned());
                let refused = Refused { name: claim.name, package: digest, actor, refusal };
                let refused = Box::new(refused);
                // That it is in the history too is a wish: the publisher is told why in any case.
                let _ = self.ask(|answer| Message::Refuse { refused, answer }).await;
                let shared = Arc::clone(shared);
                if let Err(error) = blocking(move || shared.forget_unpublished(&digest)).await? {
                    tracing::error!(package = %digest, %error, "a refused package is still on disk");
                }
                Err(error)
            }
        }
    }
}

impl Claim {
    /// The version that a package is, which passed everything.
    pub(super) fn version_of(
        &self,
        package: PackageDigest,
        ready: &Ready,
        signed_by: Option<Signer>,
        publisher: &str,
        origin: Origin,
    ) -> Version {
        let (signed_by, signed_with) = match signed_by {
            Some((publisher, key)) => (Some(publisher), Some(key.to_string())),
            None => (None, None),
        };
        Version {
            package,
            sequence: 0,
            kind: self.kind.as_str().to_owned(),
            name: self.name.clone(),
            version: self.version.clone(),
            document_types: self.document_types.iter().map(ToString::to_string).collect(),
            artifact: ready.artifact_digest().to_string(),
            publisher: publisher.to_owned(),
            signed_by,
            signed_with,
            origin,
            published_at: now(),
        }
    }
}
