//! A compiled component and its hooks.

use std::fmt;
use std::sync::Arc;

use dossier_document::{Digest, DocumentTypeId, FieldName, FieldReading, FieldText};

use wasmtime::component::{ComponentNamedList, Lift, Lower};

use crate::bindings::hooks;
use crate::call::call;
use crate::engine::EngineState;
use crate::world::{AfterParameters, AfterResult, BeforeParameters, BeforeResult, Rules};
use crate::{BeforeOutcome, Description, InvalidResult, PluginError, Report, validate};

/// A function that the host calls in a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hook {
    /// `describe`, once when the component is compiled.
    Describe,
    /// `before`, ahead of the model.
    Before,
    /// `after`, behind the model.
    After,
}

impl Hook {
    /// The name as the WIT file has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A compiled, linked and described component. Clones share it.
///
/// Calls are independent: each has an instance of its own, and they run at the same time. They
/// must be awaited within a tokio runtime that has its timer on; dropping the future ends the call.
#[derive(Clone)]
pub struct Plugin(Arc<PluginState>);

struct PluginState {
    name: String,
    digest: Digest,
    description: Description,
    rules: Rules,
    engine: Arc<EngineState>,
}

impl Plugin {
    /// Asks the component to describe itself and keeps the answer.
    pub(crate) async fn new(
        name: String,
        digest: Digest,
        rules: Rules,
        engine: Arc<EngineState>,
    ) -> Result<Self, PluginError> {
        let (raw,): (hooks::Description,) =
            call(&name, Hook::Describe, &engine, &rules, ()).await?;
        let description = validate::description(raw).map_err(|what| {
            PluginError::InvalidResult { plugin: name.clone(), hook: Hook::Describe, what }
        })?;
        Ok(Self(Arc::new(PluginState { name, digest, description, rules, engine })))
    }

    /// The name it was compiled under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The SHA-256 of the component's bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// What the component said of itself when it was compiled.
    #[must_use]
    pub fn describe(&self) -> &Description {
        &self.0.description
    }

    /// Lets the rules choose the fields to read.
    ///
    /// `requested` is what the client asks for; without it, the rules choose every field of the
    /// document type. `today` is an ISO 8601 date such as `2026-11-24`.
    ///
    /// # Errors
    /// When the component has no rules for the type, fails, or its choice doesn't validate.
    pub async fn before(
        &self,
        document_type: &DocumentTypeId,
        page_count: usize,
        requested: Option<&[FieldName]>,
        today: &str,
    ) -> Result<BeforeOutcome, PluginError> {
        self.check_document_type(document_type)?;
        let names = requested
            .map(|names| names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>());
        let pages = u32::try_from(page_count).unwrap_or(u32::MAX);
        let parameters: BeforeParameters<'_> =
            (document_type.as_str(), pages, names.as_deref(), today);
        let (raw,): BeforeResult = self.call(Hook::Before, parameters).await?;
        match raw {
            Ok(fields) => validate::field_requests(fields, page_count, requested)
                .map(|fields| BeforeOutcome::Read { fields }),
            Err(error) => validate::refusal(error)
                .map(|(code, message)| BeforeOutcome::Refused { code, message }),
        }
        .map_err(|what| self.invalid(Hook::Before, what))
    }

    /// Lets the rules normalise and check what was read.
    ///
    /// `today` is an ISO 8601 date such as `2026-11-24`.
    ///
    /// # Errors
    /// When the component has no rules for the type, fails, refuses, or its report doesn't
    /// validate.
    pub async fn after(
        &self,
        document_type: &DocumentTypeId,
        readings: &[FieldReading],
        today: &str,
    ) -> Result<Report, PluginError> {
        self.check_document_type(document_type)?;
        let lowered = readings.iter().map(lower_reading).collect::<Vec<_>>();
        let parameters: AfterParameters<'_> = (document_type.as_str(), &lowered, today);
        let (raw,): AfterResult = self.call(Hook::After, parameters).await?;
        match raw {
            Ok(report) => {
                validate::report(report, readings).map_err(|what| self.invalid(Hook::After, what))
            }
            Err(error) => {
                let (code, message) =
                    validate::refusal(error).map_err(|what| self.invalid(Hook::After, what))?;
                let message = FieldText::new(message);
                Err(PluginError::Refused { plugin: self.0.name.clone(), code, message })
            }
        }
    }

    async fn call<Parameters, Results>(
        &self,
        hook: Hook,
        parameters: Parameters,
    ) -> Result<Results, PluginError>
    where
        Parameters: ComponentNamedList + Lower,
        Results: ComponentNamedList + Lift + 'static,
    {
        call(&self.0.name, hook, &self.0.engine, &self.0.rules, parameters).await
    }

    fn check_document_type(&self, document_type: &DocumentTypeId) -> Result<(), PluginError> {
        if self.0.description.document_types.contains(document_type) {
            return Ok(());
        }
        Err(PluginError::UnsupportedDocumentType {
            plugin: self.0.name.clone(),
            document_type: document_type.clone(),
        })
    }

    fn invalid(&self, hook: Hook, what: InvalidResult) -> PluginError {
        PluginError::InvalidResult { plugin: self.0.name.clone(), hook, what }
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.0.name)
            .field("digest", &self.0.digest)
            .field("description", &self.0.description)
            .finish_non_exhaustive()
    }
}

fn lower_reading(reading: &FieldReading) -> hooks::Reading {
    hooks::Reading {
        name: reading.name.as_str().to_owned(),
        page: u32::try_from(reading.page).unwrap_or(u32::MAX),
        raw: reading.raw.expose().to_owned(),
        confidence: reading.confidence,
    }
}

/// Servers move calls between threads.
const _: () = {
    const fn assert_send<T: Send>(_: &T) {}
    #[expect(dead_code, reason = "its type is what is checked")]
    fn futures_are_send(plugin: &Plugin, document_type: &DocumentTypeId) {
        assert_send(&plugin.before(document_type, 0, None, ""));
        assert_send(&plugin.after(document_type, &[], ""));
    }
};
