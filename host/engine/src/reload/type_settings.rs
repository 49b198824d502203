//! An operator sets the settings of a document type's rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use dossier_document::DocumentTypeId;
use dossier_store::{Action, Event, Generation, Scope, TypeSettings};

use super::assemble::{Assembled, Touched};
use super::publishers::Asked;
use super::task::{Applied, Message, Outcome, Prepared, Task};
use super::{Reload, Shared, blocking};
use crate::error::EngineError;
use crate::settings::Publisher;

/// The settings that a generation names, by document type.
pub(super) type NamedSettings = BTreeMap<String, TypeSettings>;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct SetSettings {
    document_type: DocumentTypeId,
    /// None leaves them to the package.
    settings: Option<TypeSettings>,
    /// The generation that the operator saw.
    seen: u64,
    actor: String,
    /// What the actor reaches.
    scope: Scope,
    prepared: Prepared,
}

impl Reload {
    /// Sets the settings of a document type in place of those that its package brings, or, with none,
    /// leaves them to the package again. They hold for the active version and for what is tried beside
    /// it, whatever is activated later, until they are set anew or rolled back. When this returns, the
    /// change is durable and every new request sees it.
    ///
    /// `seen` is the generation that the operator looked at.
    ///
    /// # Errors
    /// When the document type isn't active or can't be served, the rules refuse the settings, or the
    /// document type was changed after the generation seen; [`EngineError::Forbidden`] out of the
    /// publisher's scope, and [`EngineError::TooMuchOfOne`]. Nothing is changed then.
    pub async fn set_settings(
        &self,
        document_type: DocumentTypeId,
        settings: Option<TypeSettings>,
        seen: u64,
        publisher: &Publisher,
    ) -> Result<Applied, EngineError> {
        let limits = &self.shared.packages.publisher;
        let places = self.shared.turns.publishers.of(&publisher.name, limits);
        let _place = places.take(Asked::Change, &publisher.name, limits)?;
        self.until_applied(|prepared, answer| {
            let (document_type, settings) = (document_type.clone(), settings.clone());
            let (actor, scope) = (publisher.name.clone(), publisher.scope.clone());
            let request = SetSettings { document_type, settings, seen, actor, scope, prepared };
            Message::SetSettings { request, answer }
        })
        .await
    }
}

impl Task {
    pub(super) async fn set_settings(
        &mut self,
        request: SetSettings,
    ) -> Result<Outcome, EngineError> {
        let SetSettings { document_type, settings, seen, actor, scope, prepared } = request;
        let answers = self.keep(prepared);
        let name = document_type.as_str();
        let mut next = self.generation.next();
        self.check_scope(name, Some(scope)).await?;
        self.check_trust(name, &next).await?;
        self.refuse_unseen(name, seen).await?;
        if !next.set(name, settings.as_ref().map(TypeSettings::digest)) {
            return Err(EngineError::NotActive { name: name.to_owned() });
        }
        let named = self.shared.settings_of(&next, settings.as_slice()).await?;
        let touched = Touched::Settings(&document_type);
        let snapshot = match self.assembled(&next, &named, &self.fitness, touched, &answers)? {
            Assembled::Unready(packages) => return Ok(Outcome::Unready(packages)),
            Assembled::Unasked(pairs) => return Ok(Outcome::Unasked(pairs)),
            Assembled::Snapshot(snapshot) => *snapshot,
        };
        // No adapter of it is fit, so that nobody has judged the settings.
        snapshot.served(&document_type)?;
        let active = next.active.get(name).copied();
        let event = self.event(Action::Settings, name, active, &actor);
        let detail = match &settings {
            Some(settings) => settings.digest().to_string(),
            None => "those of the package".to_owned(),
        };
        self.serve(next, snapshot, settings, Event { detail: Some(detail), ..event }).await?;
        Ok(Outcome::Applied(self.applied(name)))
    }

    /// Whoever changes what he did not see undoes somebody else's work. Changes of other names are
    /// nothing to him.
    async fn refuse_unseen(&self, name: &str, seen: u64) -> Result<(), EngineError> {
        let now = &self.generation;
        if seen == now.number {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        let seen_then = blocking(move || shared.catalogue.generation(seen)).await??;
        let is_same = seen_then.is_some_and(|then| {
            then.active.get(name) == now.active.get(name)
                && then.settings.get(name) == now.settings.get(name)
        });
        if is_same {
            return Ok(());
        }
        Err(EngineError::Unseen { name: name.to_owned(), seen, generation: now.number })
    }
}

impl Shared {
    /// The settings that a generation names; `new` are not in the catalogue yet.
    pub(super) async fn settings_of(
        self: &Arc<Self>,
        generation: &Generation,
        new: &[TypeSettings],
    ) -> Result<NamedSettings, EngineError> {
        let served = self.snapshot.pin();
        let served = served.document_types.values().filter_map(|served| served.settings.as_ref());
        let known = served.map(|served| &served.settings).chain(new);
        let known = known.map(|known| (known.digest(), known)).collect::<BTreeMap<_, _>>();
        let mut found = BTreeMap::new();
        let mut missing = BTreeMap::new();
        for (name, digest) in &generation.settings {
            if let Some(&settings) = known.get(digest) {
                found.insert(name.clone(), settings.clone());
            } else {
                missing.insert(name.clone(), *digest);
            }
        }
        if !missing.is_empty() {
            let shared = Arc::clone(self);
            let read = blocking(move || {
                let read = missing.into_iter().map(|(name, digest)| {
                    Ok::<_, EngineError>((name, shared.catalogue.settings(digest)?))
                });
                read.collect::<Result<Vec<_>, _>>()
            });
            found.extend(read.await??);
        }
        Ok(found)
    }
}
