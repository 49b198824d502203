//! One call of a component, from its place in the queue to the class of its failure.

use wasmtime::component::{ComponentNamedList, Lift, Lower};
use wasmtime::{Store, Trap, UpdateDeadline};

use crate::engine::EngineState;
use crate::sandbox::Sandbox;
use crate::world::Rules;
use crate::{Hook, InvalidResult, PluginError, PluginSettings, WorldMismatch};

/// Waits for a place, makes a fresh instance, calls one of its hooks and drops it.
pub(crate) async fn call<Parameters, Results>(
    plugin: &str,
    hook: Hook,
    engine: &EngineState,
    rules: &Rules,
    parameters: Parameters,
) -> Result<Results, PluginError>
where
    Parameters: ComponentNamedList + Lower,
    Results: ComponentNamedList + Lift + 'static,
{
    let settings = &engine.settings;
    let full =
        || PluginError::PoolFull { plugin: plugin.to_owned(), waited: settings.queue_timeout };
    let _place = tokio::time::timeout(settings.queue_timeout, engine.calls.acquire())
        .await
        .map_err(|_| full())?
        .map_err(|_| full())?;

    let mut store = fresh_store(engine);
    let run = run(hook, rules, &mut store, parameters);
    match tokio::time::timeout(settings.call_timeout, run).await {
        Ok(Ok(results)) => Ok(results),
        Ok(Err(Failure::World(mismatch))) => {
            Err(PluginError::WrongWorld { plugin: plugin.to_owned(), mismatch })
        }
        Ok(Err(Failure::Run(error))) => Err(classify(plugin, hook, settings, &error, store.data())),
        Err(_elapsed) => Err(PluginError::Timeout {
            plugin: plugin.to_owned(),
            hook,
            limit: settings.call_timeout,
        }),
    }
}

/// Why a run ended without a result.
enum Failure {
    World(WorldMismatch),
    Run(wasmtime::Error),
}

async fn run<Parameters, Results>(
    hook: Hook,
    rules: &Rules,
    store: &mut Store<Sandbox>,
    parameters: Parameters,
) -> Result<Results, Failure>
where
    Parameters: ComponentNamedList + Lower,
    Results: ComponentNamedList + Lift + 'static,
{
    let instance = rules.instance.instantiate_async(&mut *store).await.map_err(Failure::Run)?;
    if hook == Hook::Describe {
        // The first call of a component: whatever doesn't fit must show before it serves.
        rules.check_types(store, &instance).map_err(Failure::World)?;
    }
    let function = rules.function(hook, store, &instance).map_err(Failure::World)?;
    function.call_async(store, parameters).await.map_err(Failure::Run)
}

fn fresh_store(engine: &EngineState) -> Store<Sandbox> {
    let mut store = Store::new(&engine.engine, Sandbox::new(engine.settings.memory_bytes));
    store.limiter(|sandbox| &mut sandbox.memory);
    store.set_hostcall_fuel(engine.settings.result_bytes);
    store.set_epoch_deadline(1);
    let mut ticks_left = engine.settings.run_ticks();
    // Called once per interruption, not once per tick: ticks that passed while the thread was kept
    // away count as one. The yield lets everybody else on this thread run in between.
    store.epoch_deadline_callback(move |_store| {
        ticks_left = match ticks_left.checked_sub(1) {
            Some(left) => left,
            None => return Ok(UpdateDeadline::Interrupt),
        };
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
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
        return PluginError::PoolFull { plugin, waited: std::time::Duration::ZERO };
    }
    let trap = error.downcast_ref::<Trap>().copied();
    if trap == Some(Trap::Interrupt) {
        return PluginError::Timeout { plugin, hook, limit: settings.run_budget };
    }
    if sandbox.memory.refused() {
        return PluginError::MemoryLimit { plugin, hook, limit_bytes: settings.memory_bytes };
    }
    if let Some(trap) = trap {
        return PluginError::Trap { plugin, hook, trap: trap_name(trap) };
    }
    if error.downcast_ref::<wasmtime_wasi::I32Exit>().is_some() {
        return PluginError::Trap { plugin, hook, trap: "exit" };
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
