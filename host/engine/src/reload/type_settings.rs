//! An operator sets the settings of a document type's rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use dossier_document::DocumentTypeId;
use dossier_store::{Action, Event, Generation, TypeSettings};

use super::task::{Applied, Message, Task};
use super::{Reload, Shared, blocking};
use crate::error::EngineError;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct SetSettings {
    document_type: DocumentTypeId,
    /// None leaves them to the package.
    settings: Option<TypeSettings>,
    /// The generation that the operator saw.
    seen: u64,
    actor: String,
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
    /// When the document type isn't active, the rules refuse the settings, or the document type was
    /// changed after the generation seen; nothing is changed then.
    pub async fn set_settings(
        &self,
        document_type: DocumentTypeId,
        settings: Option<TypeSettings>,
        seen: u64,
        actor: &str,
    ) -> Result<Applied, EngineError> {
        let request = SetSettings { document_type, settings, seen, actor: actor.to_owned() };
        self.ask(|answer| Message::SetSettings { request, answer }).await?
    }
}

impl Task {
    pub(super) async fn set_settings(
        &mut self,
        request: SetSettings,
    ) -> Result<Applied, EngineError> {
        let SetSettings { document_type, settings, seen, actor } = request;
        let name = document_type.as_str();
        self.refuse_unseen(name, seen).await?;
        let mut next = self.generation.next();
        if !next.set(name, settings.as_ref().map(TypeSettings::digest)) {
            return Err(EngineError::NotActive { name: name.to_owned() });
        }
        let active = next.active.get(name).copied();
        let event = self.event(Action::Settings, name, active, &actor);
        let detail = match &settings {
            Some(settings) => settings.digest().to_string(),
            None => "those of the package".to_owned(),
        };
        let ready = self.made_ready(&next, settings.as_ref()).await?;
        self.serve(next, &ready, settings, Event { detail: Some(detail), ..event }).await?;
        Ok(Applied { generation: self.generation.number, active })
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
        new: Option<&TypeSettings>,
    ) -> Result<BTreeMap<String, TypeSettings>, EngineError> {
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
