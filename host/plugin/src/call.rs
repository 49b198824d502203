//! One call of a component, from its place in the queue to the class of its failure.

use std::time::{Duration, Instant};

use dossier_document::DocumentTypeId;
use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::component::{ComponentNamedList, Instance, Lift, Lower};
use wasmtime::{Store, Trap, UpdateDeadline};

use crate::bindings::evidence::Observation;
use crate::bindings::hooks;
use crate::engine::EngineState;
use crate::meter::Meter;
use crate::said::Said;
use crate::sandbox::Sandbox;
use crate::world::{ConfigureParameters, ConfigureResult, ObserveParameters, Rules};
use crate::{Hook, InvalidResult, PluginError, PluginSettings, WorldMismatch, validate};

/// What one call took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// From its place in the pool to its result, the fresh instance included.
    pub time: Duration,
    /// Bytes that its memories and tables held together at the end, which is the most they held.
    pub memory_bytes: usize,
}

/// Settings that an instance takes ahead of its call.
#[derive(Clone, Copy)]
pub(crate) struct Configuration<'a> {
    pub(crate) document_type: &'a DocumentTypeId,
    pub(crate) settings: &'a str,
}

/// What an instance takes ahead of its call.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ahead<'a> {
    pub(crate) configuration: Option<Configuration<'a>>,
    /// What was seen of a document of this type.
    pub(crate) observed: Option<(&'a DocumentTypeId, &'a Observation)>,
}

/// Waits for a place, makes a fresh instance, tells it what it takes ahead, calls one of its hooks and drops it. One
/// that explains keeps what the component writes to its standard error.
pub(crate) async fn call<Parameters, Results>(
    plugin: &str,
    hook: Hook,
    engine: &EngineState,
    rules: &Rules,
    ahead: Ahead<'_>,
    explains: bool,
    parameters: Parameters,
) -> Result<(Results, Usage), PluginError>
where
    Parameters: ComponentNamedList + Lower,
    Results: ComponentNamedList + Lift + 'static,
{
    let _place = place(plugin, engine, &engine.calls).await?;
    let start = Instant::now();
    let said = (explains || engine.settings.explains).then(Said::default);
    let meter = Meter::new(&engine.turns);
    let mut store = fresh_store(engine, said, &meter);
    let run = meter.run(run(hook, rules, &mut store, ahead, parameters));
    let ended = tokio::time::timeout(engine.settings.call_timeout, run).await;
    let usage = Usage { time: start.elapsed(), memory_bytes: store.data().memory.used_bytes() };
    match ended {
        Ok(Ok(results)) => Ok((results, usage)),
        Ok(Err(failure)) => {
            Err(failure.into_error(plugin, engine, ahead.configuration, store.data()))
        }
        Err(_elapsed) => Err(PluginError::Timeout {
            plugin: plugin.to_owned(),
            hook,
            limit: engine.settings.call_timeout,
        }),
    }
}

/// Makes a fresh instance and drops it: what every call pays before it begins.
pub(crate) async fn instantiate(
    plugin: &str,
    engine: &EngineState,
    rules: &Rules,
) -> Result<Usage, PluginError> {
    let _place = place(plugin, engine, &engine.calls).await?;
    let start = Instant::now();
    let meter = Meter::new(&engine.turns);
    let mut store = fresh_store(engine, None, &meter);
    let instance = meter.run(rules.instance.instantiate_async(&mut store)).await;
    let memory_bytes = store.data().memory.used_bytes();
    match instance {
        Ok(_instance) => {
            drop(store);
            Ok(Usage { time: start.elapsed(), memory_bytes })
        }
        Err(error) => {
            let failure = Failure::Run(Hook::Describe, error);
            Err(failure.into_error(plugin, engine, None, store.data()))
        }
    }
}

/// Waits for one of some places, as long as any call waits.
pub(crate) async fn place<'a>(
    plugin: &str,
    engine: &EngineState,
    places: &'a Semaphore,
) -> Result<SemaphorePermit<'a>, PluginError> {
    let waited = engine.settings.queue_timeout;
    let full = || PluginError::PoolFull { plugin: plugin.to_owned(), waited };
    let place = tokio::time::timeout(waited, places.acquire()).await;
    place.map_err(|_| full())?.map_err(|_| full())
}

/// Why a run ended without a result, and in which hook.
enum Failure {
    World(WorldMismatch),
    Settings(hooks::Error),
    Run(Hook, wasmtime::Error),
}

impl Failure {
    fn into_error(
        self,
        plugin: &str,
        engine: &EngineState,
        configuration: Option<Configuration<'_>>,
        sandbox: &Sandbox,
    ) -> PluginError {
        match (self, configuration) {
            (Self::World(mismatch), _) => {
                PluginError::WrongWorld { plugin: plugin.to_owned(), mismatch: Box::new(mismatch) }
            }
            (Self::Run(hook, error), _) => {
                classify(plugin, hook, &engine.settings, &error, sandbox)
            }
            (Self::Settings(refusal), Some(configuration)) => {
                settings_refused(plugin, configuration.document_type, refusal)
            }
            (Self::Settings(_), None) => PluginError::InvalidResult {
                plugin: plugin.to_owned(),
                hook: Hook::Configure,
                what: InvalidResult::Malformed,
            },
        }
    }
}

/// The error of settings that a component refuses.
pub(crate) fn settings_refused(
    plugin: &str,
    document_type: &DocumentTypeId,
    refusal: hooks::Error,
) -> PluginError {
    let (plugin, document_type) = (plugin.to_owned(), document_type.clone());
    match validate::refusal(refusal) {
        Ok((code, message)) => PluginError::SettingsRefused {
            plugin,
            document_type,
            code: code.into(),
            message: message.into(),
        },
        Err(what) => PluginError::InvalidResult { plugin, hook: Hook::Configure, what },
    }
}

async fn run<Parameters, Results>(
    hook: Hook,
    rules: &Rules,
    store: &mut Store<Sandbox>,
    Ahead { configuration, observed }: Ahead<'_>,
    parameters: Parameters,
) -> Result<Results, Failure>
where
    Parameters: ComponentNamedList + Lower,
    Results: ComponentNamedList + Lift + 'static,
{
    let failed = |error| Failure::Run(hook, error);
    let instance = rules.instance.instantiate_async(&mut *store).await.map_err(failed)?;
    if hook == Hook::Describe {
        // The first call of a component: whatever doesn't fit must show before it serves.
        rules.check_types(store, &instance).map_err(Failure::World)?;
    }
    if let Some(configuration) = configuration {
        configure(rules, store, &instance, configuration).await?;
    }
    if let Some((document_type, observation)) = observed {
        let failed = |error| Failure::Run(Hook::Observe, error);
        let observe = rules.function::<ObserveParameters<'_>, ()>(Hook::Observe, store, &instance);
        let observe = observe.map_err(Failure::World)?;
        let parameters = (document_type.as_str(), observation);
        observe.call_async(&mut *store, parameters).await.map_err(failed)?;
    }
    let function = rules.function(hook, store, &instance).map_err(Failure::World)?;
    function.call_async(store, parameters).await.map_err(failed)
}

async fn configure(
    rules: &Rules,
    store: &mut Store<Sandbox>,
    instance: &Instance,
    Configuration { document_type, settings }: Configuration<'_>,
) -> Result<(), Failure> {
    let hook = Hook::Configure;
    let function = rules
        .function::<ConfigureParameters<'_>, ConfigureResult>(hook, store, instance)
        .map_err(Failure::World)?;
    let (result,) = function
        .call_async(store, (document_type.as_str(), settings))
        .await
        .map_err(|error| Failure::Run(hook, error))?;
    result.map_err(Failure::Settings)
}

fn fresh_store(engine: &EngineState, said: Option<Said>, meter: &Meter) -> Store<Sandbox> {
    let mut store = Store::new(&engine.engine, Sandbox::new(engine.settings.memory_bytes, said));
    store.limiter(|sandbox| &mut sandbox.memory);
    store.set_hostcall_fuel(engine.settings.result_bytes);
    store.set_epoch_deadline(1);
    let (meter, budget) = (meter.clone(), engine.settings.run_budget);
    store.epoch_deadline_callback(move |_store| {
        if meter.interrupted(PluginSettings::TICK) > budget {
            return Ok(UpdateDeadline::Interrupt);
        }
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(meter.clone().next_turn())))
    });
    store
}

/// Finds the class of a failure. The error's own text stays here: it may quote the document.
fn classify(
    plugin: &str,
    hook: Hook,
    settings: &PluginSettings,
    error: &wasmtime::Error,
    sandbox: &Sandbox,
) -> PluginError {
    let plugin = plugin.to_owned();
    if error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>().is_some() {
        return PluginError::PoolFull { plugin, waited: Duration::ZERO };
    }
    let trap = error.downcast_ref::<Trap>().copied();
    if trap == Some(Trap::Interrupt) {
        return PluginError::Timeout { plugin, hook, limit: settings.run_budget };
    }
    if sandbox.memory.refused() {
        return PluginError::MemoryLimit { plugin, hook, limit_bytes: settings.memory_bytes };
    }
    let said = || sandbox.said.as_ref().and_then(Said::text);
    if let Some(trap) = trap {
        return PluginError::Trap { plugin, hook, trap: trap_name(trap), said: said() };
    }
    if error.downcast_ref::<wasmtime_wasi::I32Exit>().is_some() {
        return PluginError::Trap { plugin, hook, trap: "exit", said: said() };
    }
    let what = if is_out_of_hostcall_fuel(error) {
        InvalidResult::TooLarge { limit_bytes: settings.result_bytes }
    } else {
        InvalidResult::Malformed
    };
    PluginError::InvalidResult { plugin, hook, what }
}

/// wasmtime 48 keeps the error's type to itself, so its fixed text has to do; a test holds it.
fn is_out_of_hostcall_fuel(error: &wasmtime::Error) -> bool {
    error.root_cause().to_string().contains("fuel allocated for hostcalls has been exhausted")
}

fn trap_name(trap: Trap) -> &'static str {
    match trap {
        Trap::StackOverflow => "stack_overflow",
        Trap::MemoryOutOfBounds => "memory_out_of_bounds",
        Trap::HeapMisaligned => "heap_misaligned",
        Trap::TableOutOfBounds => "table_out_of_bounds",
        Trap::IndirectCallToNull => "indirect_call_to_null",
        Trap::BadSignature => "bad_signature",
        Trap::IntegerOverflow => "integer_overflow",
        Trap::IntegerDivisionByZero => "integer_division_by_zero",
        Trap::BadConversionToInteger => "bad_conversion_to_integer",
        Trap::UnreachableCodeReached => "unreachable",
        Trap::NullReference => "null_reference",
        Trap::AllocationTooLarge => "allocation_too_large",
        Trap::CannotEnterComponent => "cannot_enter_component",
        Trap::CannotLeaveComponent => "cannot_leave_component",
        _ => "other",
    }
}
