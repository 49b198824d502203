//! A compiled component and its hooks.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use dossier_document::{Digest, DocumentTypeId, FieldName, FieldReading, FieldText, Symbology};

use tokio::sync::Semaphore;
use wasmtime::component::{ComponentNamedList, Lift, Lower};

use crate::bindings::evidence::Observation;
use crate::bindings::hooks;
use crate::call::{self, Ahead, Configuration, call};
use crate::code_cache::CodeOrigin;
use crate::engine::EngineState;
use crate::world::{
    AfterParameters, AfterResult, BeforeParameters, BeforeResult, ConfigureParameters,
    ConfigureResult, Rules, SearchesResult,
};
use crate::{
    BeforeOutcome, Description, Evidence, InvalidResult, PluginError, Report, Usage, validate,
};

/// A function that the host calls in a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hook {
    /// `describe`, once when the component is compiled.
    Describe,
    /// `searches`, once when a component is compiled that looks at what the host saw.
    Searches,
    /// `configure`, ahead of every other call of a component that takes settings.
    Configure,
    /// `before`, ahead of the model.
    Before,
    /// `observe`, ahead of `after`, of a component that looks at what the host saw.
    Observe,
    /// `after`, behind the model.
    After,
}

impl Hook {
    /// The name as the WIT file has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Searches => "searches",
            Self::Configure => "configure",
            Self::Before => "before",
            Self::Observe => "observe",
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
pub struct Plugin {
    state: Arc<PluginState>,
    settings: Option<Arc<Settings>>,
    explains: bool,
}

/// The settings of the one document type that a plugin is configured for.
struct Settings {
    document_type: DocumentTypeId,
    json: String,
}

/// Longest settings of a document type in bytes.
const MAX_SETTINGS_BYTES: usize = 64 << 10;
/// The settings of a document type that has none.
const NO_SETTINGS: &str = "{}";

struct PluginState {
    name: String,
    digest: Digest,
    description: Description,
    searches: BTreeMap<DocumentTypeId, Vec<Symbology>>,
    rules: Rules,
    code_origin: CodeOrigin,
    engine: Arc<EngineState>,
    /// Calls of each document type that may be under way: rules of one that sleep must not take the
    /// places of all others'.
    shares: BTreeMap<DocumentTypeId, Semaphore>,
}

/// Of the places of an engine, one in so many is for calls of one document type.
const SHARE: u32 = 4;

impl Plugin {
    /// Asks the component to describe itself and keeps the answer.
    pub(crate) async fn new(
        name: String,
        digest: Digest,
        rules: Rules,
        code_origin: CodeOrigin,
        engine: Arc<EngineState>,
    ) -> Result<Self, PluginError> {
        let alone = Ahead::default();
        let ((raw,), _usage): ((hooks::Description,), _) =
            call(&name, Hook::Describe, &engine, &rules, alone, false, ()).await?;
        let description = validate::description(raw).map_err(|what| {
            PluginError::InvalidResult { plugin: name.clone(), hook: Hook::Describe, what }
        })?;
        let searches = if rules.observes() {
            let ((raw,), _usage): (SearchesResult, _) =
                call(&name, Hook::Searches, &engine, &rules, alone, false, ()).await?;
            validate::searches(raw, &description.document_types).map_err(|what| {
                PluginError::InvalidResult { plugin: name.clone(), hook: Hook::Searches, what }
            })?
        } else {
            BTreeMap::new()
        };
        let share = (engine.settings.concurrent_calls / SHARE).max(1) as usize;
        let document_types = description.document_types.iter();
        let shares = document_types.map(|id| (id.clone(), Semaphore::new(share))).collect();
        let state =
            PluginState { name, digest, description, searches, rules, code_origin, engine, shares };
        let state = Arc::new(state);
        Ok(Self { state, settings: None, explains: false })
    }

    /// The plugin, whose errors tell what the component writes to its standard error: what was thrown,
    /// and where. For invented values, which it may quote.
    #[must_use]
    pub fn explaining(&self) -> Self {
        Self { explains: true, ..self.clone() }
    }

    /// The plugin with the settings of a document type, one JSON object as text: they hold for every
    /// call for that type. The component checks them once here.
    ///
    /// # Errors
    /// When the component has no rules for the type, takes no settings, or refuses these.
    pub async fn configured(
        &self,
        document_type: &DocumentTypeId,
        json: &str,
    ) -> Result<Self, PluginError> {
        self.check_document_type(document_type)?;
        let state = &self.state;
        let invalid = |reason| PluginError::InvalidSettings {
            plugin: state.name.clone(),
            document_type: document_type.clone(),
            reason,
        };
        if json.len() > MAX_SETTINGS_BYTES {
            return Err(invalid("they are longer than 64 KiB"));
        }
        if !state.rules.takes_settings() {
            let is_empty = json.chars().filter(|c| !c.is_whitespace()).eq(NO_SETTINGS.chars());
            return if is_empty { Ok(self.clone()) } else { Err(invalid("these rules take none")) };
        }
        let parameters: ConfigureParameters<'_> = (document_type.as_str(), json);
        let ((result,), _usage): (ConfigureResult, _) = call(
            &state.name,
            Hook::Configure,
            &state.engine,
            &state.rules,
            Ahead::default(),
            self.explains,
            parameters,
        )
        .await?;
        result.map_err(|refusal| call::settings_refused(&state.name, document_type, refusal))?;
        let settings = Settings { document_type: document_type.clone(), json: json.to_owned() };
        Ok(Self { settings: Some(Arc::new(settings)), ..self.clone() })
    }

    /// Whether the component takes settings: it exports the interface `settings`.
    #[must_use]
    pub fn takes_settings(&self) -> bool {
        self.state.rules.takes_settings()
    }

    /// The kinds of barcodes that documents of a type are searched for.
    #[must_use]
    pub fn searches(&self, document_type: &DocumentTypeId) -> &[Symbology] {
        self.state.searches.get(document_type).map_or(&[], Vec::as_slice)
    }

    /// Makes a fresh instance and drops it, and tells the time: every call pays that.
    ///
    /// # Errors
    /// When there is no place for it, or it needs more memory than it may have.
    pub async fn instantiate(&self) -> Result<Duration, PluginError> {
        let state = &self.state;
        call::instantiate(&state.name, &state.engine, &state.rules).await.map(|usage| usage.time)
    }

    /// The name it was compiled under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// The SHA-256 of the component's bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.state.digest
    }

    /// Where its code came from.
    #[must_use]
    pub fn code_origin(&self) -> CodeOrigin {
        self.state.code_origin
    }

    /// What the component said of itself when it was compiled.
    #[must_use]
    pub fn describe(&self) -> &Description {
        &self.state.description
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
        self.before_with_usage(document_type, page_count, requested, today)
            .await
            .map(|(outcome, _usage)| outcome)
    }

    /// [`before`](Self::before), and what it took.
    ///
    /// # Errors
    /// As [`before`](Self::before).
    pub async fn before_with_usage(
        &self,
        document_type: &DocumentTypeId,
        page_count: usize,
        requested: Option<&[FieldName]>,
        today: &str,
    ) -> Result<(BeforeOutcome, Usage), PluginError> {
        self.check_document_type(document_type)?;
        let names = requested
            .map(|names| names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>());
        let pages = u32::try_from(page_count).unwrap_or(u32::MAX);
        let parameters: BeforeParameters<'_> =
            (document_type.as_str(), pages, names.as_deref(), today);
        let ((raw,), usage): (BeforeResult, _) =
            self.call(Hook::Before, document_type, None, parameters).await?;
        match raw {
            Ok(fields) => validate::field_requests(fields, page_count, requested)
                .map(|fields| (BeforeOutcome::Read { fields }, usage)),
            Err(error) => validate::refusal(error)
                .map(|(code, message)| (BeforeOutcome::Refused { code, message }, usage)),
        }
        .map_err(|what| self.invalid(Hook::Before, what))
    }

    /// Lets the rules normalise and check what was read, where nothing else was seen.
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
        let nothing = Evidence::default();
        let after = self.after_with_usage(document_type, readings, &nothing, today);
        after.await.map(|(report, _usage)| report)
    }

    /// [`after`](Self::after) with what else was seen of the document, and what it took.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub async fn after_with_usage(
        &self,
        document_type: &DocumentTypeId,
        readings: &[FieldReading],
        evidence: &Evidence,
        today: &str,
    ) -> Result<(Report, Usage), PluginError> {
        self.check_document_type(document_type)?;
        let observation =
            self.state.rules.observes().then(|| evidence.lowered(self.searches(document_type)));
        let lowered = readings.iter().map(lower_reading).collect::<Vec<_>>();
        let parameters: AfterParameters<'_> = (document_type.as_str(), &lowered, today);
        let ((raw,), usage): (AfterResult, _) =
            self.call(Hook::After, document_type, observation.as_ref(), parameters).await?;
        let barcodes = evidence.barcodes_of(self.searches(document_type));
        match raw {
            Ok(report) => validate::report(report, readings, barcodes)
                .map(|report| (report, usage))
                .map_err(|what| self.invalid(Hook::After, what)),
            Err(error) => {
                let (code, message) =
                    validate::refusal(error).map_err(|what| self.invalid(Hook::After, what))?;
                let message = FieldText::new(message);
                Err(PluginError::Refused { plugin: self.state.name.clone(), code, message })
            }
        }
    }

    async fn call<Parameters, Results>(
        &self,
        hook: Hook,
        document_type: &DocumentTypeId,
        observation: Option<&Observation>,
        parameters: Parameters,
    ) -> Result<(Results, Usage), PluginError>
    where
        Parameters: ComponentNamedList + Lower,
        Results: ComponentNamedList + Lift + 'static,
    {
        let state = &self.state;
        let _share = match state.shares.get(document_type) {
            Some(share) => Some(call::place(&state.name, &state.engine, share).await?),
            None => None,
        };
        let configuration = self.takes_settings().then(|| {
            let settings = self.settings.as_deref();
            let settings = settings.filter(|settings| settings.document_type == *document_type);
            let settings = settings.map_or(NO_SETTINGS, |settings| settings.json.as_str());
            Configuration { document_type, settings }
        });
        let observed = observation.map(|observation| (document_type, observation));
        let ahead = Ahead { configuration, observed };
        let (engine, rules) = (&state.engine, &state.rules);
        call(&state.name, hook, engine, rules, ahead, self.explains, parameters).await
    }

    fn check_document_type(&self, document_type: &DocumentTypeId) -> Result<(), PluginError> {
        if self.state.description.document_types.contains(document_type) {
            return Ok(());
        }
        Err(PluginError::UnsupportedDocumentType {
            plugin: self.state.name.clone(),
            document_type: document_type.clone(),
        })
    }

    fn invalid(&self, hook: Hook, what: InvalidResult) -> PluginError {
        PluginError::InvalidResult { plugin: self.state.name.clone(), hook, what }
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.state.name)
            .field("digest", &self.state.digest)
            .field("description", &self.state.description)
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
