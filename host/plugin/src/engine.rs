//! The engine that compiles components and lends them room to run.

use std::sync::Arc;
use std::{fmt, io};

use dossier_document::is_git_lfs_pointer;
use sha2::Digest as _;
use tokio::sync::Semaphore;
use wasmtime::component::{Component, Linker};
use wasmtime::{Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::code_cache::{CodeCache, CodeCounts, CodeOrigin};
use crate::epoch::EpochTicker;
use crate::meter::Turns;
use crate::outline::{OutOfBounds, Outline};
use crate::plugin::Plugin;
use crate::sandbox::{Sandbox, link_wasi};
use crate::world::{self, Rules};
use crate::{PluginError, PluginSettings};

/// The WebAssembly engine of the process. Clones share it, and so do the plugins it compiled.
#[derive(Clone)]
pub struct PluginEngine(Arc<EngineState>);

/// What every plugin of an engine shares. The ticker is dropped, and joined, before the engine.
pub(crate) struct EngineState {
    _ticker: EpochTicker,
    pub(crate) engine: Engine,
    linker: Linker<Sandbox>,
    pub(crate) settings: PluginSettings,
    /// Kept below the pool's size: wasmtime's pool refuses when it is full and doesn't queue.
    pub(crate) calls: Semaphore,
    pub(crate) turns: Turns,
    compilations: Arc<Semaphore>,
    code: Option<CodeCache>,
}

impl PluginEngine {
    /// Starts the engine: reserves address space for its pool and starts the thread of its clock.
    ///
    /// # Errors
    /// [`PluginError::EngineStart`] when the machine can't give that.
    pub fn new(settings: PluginSettings) -> Result<Self, PluginError> {
        Self::start(settings, None)
    }

    /// The same, and compiled code outlives the process.
    ///
    /// # Errors
    /// As [`PluginEngine::new`].
    pub fn with_code_cache(settings: PluginSettings, code: CodeCache) -> Result<Self, PluginError> {
        Self::start(settings, Some(code))
    }

    fn start(settings: PluginSettings, code: Option<CodeCache>) -> Result<Self, PluginError> {
        let start = |detail: String| PluginError::EngineStart { detail };
        let engine =
            Engine::new(&configuration(&settings)).map_err(|error| start(format!("{error:#}")))?;
        let mut linker = Linker::new(&engine);
        link_wasi(&mut linker).map_err(|error| start(format!("{error:#}")))?;
        let ticker = EpochTicker::start(&engine, PluginSettings::TICK)
            .map_err(|error| start(error.to_string()))?;
        Ok(Self(Arc::new(EngineState {
            _ticker: ticker,
            engine,
            linker,
            calls: Semaphore::new(settings.concurrent_calls as usize),
            turns: Turns::of_half(),
            compilations: Arc::new(Semaphore::new(settings.concurrent_compilations)),
            settings,
            code,
        })))
    }

    /// What became of components since the start, if compiled code outlives the process.
    #[must_use]
    pub fn code_counts(&self) -> Option<CodeCounts> {
        self.0.code.as_ref().map(CodeCache::counts)
    }

    /// Deletes compiled code of components that `keep` does not want, and of other engines.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn retain_code(&self, keep: impl Fn(&dossier_document::Digest) -> bool) -> io::Result<()> {
        match &self.0.code {
            Some(code) => code.retain(&self.0.engine, keep),
            None => Ok(()),
        }
    }

    /// Looks into a component, compiles and links it on a blocking thread, and asks it to describe itself.
    ///
    /// `name` is how errors name the component. Must be called within a tokio runtime that has
    /// its timer on.
    ///
    /// # Errors
    /// Every variant but [`PluginError::EngineStart`] and the refusals: nothing is left behind.
    pub async fn compile(
        &self,
        name: &str,
        component: impl Into<Vec<u8>>,
    ) -> Result<Plugin, PluginError> {
        let bytes = component.into();
        check_header(name, &bytes, self.0.settings.component_bytes)?;
        let failed = |detail: &str| PluginError::CompileFailed {
            plugin: name.to_owned(),
            detail: detail.to_owned(),
        };
        let (state, named) = (Arc::clone(&self.0), name.to_owned());
        let looked = tokio::task::spawn_blocking(move || state.look(&named, bytes))
            .await
            .map_err(|_| failed("what is kept of the component can't be read"))??;
        let Translated { digest, rules, origin } = match looked {
            // Whoever needs no compiler waits for none.
            Looked::Kept(translated) => translated,
            Looked::New(uncompiled) => self.translate(name, uncompiled).await?,
        };
        Plugin::new(name.to_owned(), digest, rules, origin, Arc::clone(&self.0)).await
    }

    async fn translate(
        &self,
        name: &str,
        uncompiled: Uncompiled,
    ) -> Result<Translated, PluginError> {
        let failed = |detail: &str| PluginError::CompileFailed {
            plugin: name.to_owned(),
            detail: detail.to_owned(),
        };
        let permit = Arc::clone(&self.0.compilations)
            .acquire_owned()
            .await
            .map_err(|_| failed("the engine has shut down"))?;
        let (state, named) = (Arc::clone(&self.0), name.to_owned());
        let translation = tokio::task::spawn_blocking(move || {
            // Held to the end even if nobody waits any more: it is the thread that is scarce.
            let _permit = permit;
            state.translate(&named, uncompiled)
        });
        let limit = self.0.settings.compile_timeout;
        tokio::time::timeout(limit, translation)
            .await
            .map_err(|_| PluginError::CompileTimeout { plugin: name.to_owned(), limit })?
            .map_err(|_| failed("the compiler panicked"))?
    }
}

/// A component as code.
struct Translated {
    digest: dossier_document::Digest,
    rules: Rules,
    origin: CodeOrigin,
}

/// A component whose code is not kept, or not to be trusted, as `origin` tells.
struct Uncompiled {
    digest: dossier_document::Digest,
    bytes: Vec<u8>,
    origin: CodeOrigin,
}

/// What there is of a component before it is compiled.
enum Looked {
    Kept(Translated),
    New(Uncompiled),
}

/// Everything that is done with the bytes of a component. It blocks, for as long as an interpreter takes
/// to compile.
impl EngineState {
    fn look(&self, name: &str, bytes: Vec<u8>) -> Result<Looked, PluginError> {
        check_outline(name, &bytes)?;
        world::check_names(&bytes).map_err(|mismatch| PluginError::WrongWorld {
            plugin: name.to_owned(),
            mismatch: Box::new(mismatch),
        })?;
        let digest = dossier_document::Digest::from_sha256(sha2::Sha256::digest(&bytes).into());
        let kept = match &self.code {
            Some(code) => code.kept(&self.engine, &digest),
            None => Err(CodeOrigin::Compiled),
        };
        match kept {
            Ok(component) => {
                self.link(name, &component, &bytes, digest, CodeOrigin::Cache).map(Looked::Kept)
            }
            Err(origin) => Ok(Looked::New(Uncompiled { digest, bytes, origin })),
        }
    }

    fn translate(&self, name: &str, uncompiled: Uncompiled) -> Result<Translated, PluginError> {
        let Uncompiled { digest, bytes, origin } = uncompiled;
        let compiled = match &self.code {
            Some(code) => code.compile(&self.engine, &digest, &bytes, origin),
            None => Component::new(&self.engine, &bytes),
        };
        let component = compiled.map_err(|error| PluginError::CompileFailed {
            plugin: name.to_owned(),
            detail: format!("{error:#}"),
        })?;
        self.link(name, &component, &bytes, digest, origin)
    }

    fn link(
        &self,
        name: &str,
        component: &Component,
        bytes: &[u8],
        digest: dossier_document::Digest,
        origin: CodeOrigin,
    ) -> Result<Translated, PluginError> {
        let rules = Rules::link(&self.engine, &self.linker, component, bytes);
        let rules = rules.map_err(|mismatch| PluginError::WrongWorld {
            plugin: name.to_owned(),
            mismatch: Box::new(mismatch),
        })?;
        Ok(Translated { digest, rules, origin })
    }
}

/// Compiles a component in an engine of its own and throws the result away.
///
/// The engine is configured as [`PluginEngine`] is, but reserves no pool: a process that lives
/// under a limit of its address space can call this. It blocks.
///
/// # Errors
/// [`PluginError::ComponentTooLarge`], [`PluginError::NotAComponent`] or
/// [`PluginError::CompileFailed`].
pub fn compile_apart(name: &str, component: &[u8]) -> Result<(), PluginError> {
    let settings = PluginSettings::default();
    check_header(name, component, settings.component_bytes)?;
    let failed = |error: wasmtime::Error| PluginError::CompileFailed {
        plugin: name.to_owned(),
        detail: format!("{error:#}"),
    };
    let mut config = configuration(&settings);
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    let engine = Engine::new(&config).map_err(failed)?;
    Component::new(&engine, component).map(drop).map_err(failed)
}

impl fmt::Debug for PluginEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginEngine").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

/// The one place that configures an engine: compiled code is good for equal configurations only.
fn configuration(settings: &PluginSettings) -> wasmtime::Config {
    /// A component is several core modules: its own, and one that shims its imports. With a Python
    /// interpreter and its libraries they are 38.
    const CORE_INSTANCES_PER_CALL: u32 = 64;
    const MEMORIES_PER_CALL: u32 = 2;
    const TABLES_PER_CALL: u32 = 8;
    const TABLE_ELEMENTS: usize = 64 << 10;
    const WASM_STACK_BYTES: usize = 512 << 10;
    /// The wasm stack, and room for the host functions it calls.
    const ASYNC_STACK_BYTES: usize = 1 << 20;
    /// Memory that a place keeps when a call ends, cleared, to spare the kernel: as much as rules
    /// in Rust ever touch. Measured with the rules of Utopia, fresh instance and near-empty call:
    /// 35 us with nothing kept, 30 us with 128 KiB, 20 us with this.
    const MEMORY_RESIDENT_BYTES: usize = 1 << 20;
    /// The same for tables and for stacks.
    const KEPT_RESIDENT_BYTES: usize = 128 << 10;

    let calls = settings.concurrent_calls;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_core_instances(calls.saturating_mul(CORE_INSTANCES_PER_CALL))
        .max_core_instances_per_component(CORE_INSTANCES_PER_CALL)
        .total_memories(calls.saturating_mul(MEMORIES_PER_CALL))
        .max_memories_per_component(MEMORIES_PER_CALL)
        .max_memory_size(settings.memory_bytes)
        .total_tables(calls.saturating_mul(TABLES_PER_CALL))
        .max_tables_per_component(TABLES_PER_CALL)
        .table_elements(TABLE_ELEMENTS)
        .total_stacks(calls)
        .linear_memory_keep_resident(MEMORY_RESIDENT_BYTES)
        .table_keep_resident(KEPT_RESIDENT_BYTES)
        .async_stack_keep_resident(KEPT_RESIDENT_BYTES)
        // With it, only pages that the kernel's page map shows are cleared. One that a call wrote and the
        // kernel swapped out meanwhile is not shown, keeps what stood there, and the next call of the
        // place reads it (wasmtime#14357).
        .pagemap_scan(Enabled::No);

    let mut config = wasmtime::Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(ASYNC_STACK_BYTES)
        .async_stack_zeroing(true)
        // Nothing of the world is async: spares each store the bookkeeping for it.
        .concurrency_support(false)
        // Backtraces are never shown: a guest's symbols say nothing to a client.
        .wasm_backtrace_max_frames(None)
        .wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Disable)
        .wasm_memory64(false)
        .wasm_multi_memory(false);
    config
}

/// Refuses what is too large or no component before the compiler sees it.
pub(crate) fn check_header(
    name: &str,
    bytes: &[u8],
    limit_bytes: usize,
) -> Result<(), PluginError> {
    let plugin = name.to_owned();
    if bytes.len() > limit_bytes {
        return Err(PluginError::ComponentTooLarge { plugin, bytes: bytes.len(), limit_bytes });
    }
    let found = match bytes {
        [b'\0', b'a', b's', b'm', _, _, 1, 0, ..] => return Ok(()),
        [b'\0', b'a', b's', b'm', 1, 0, 0, 0, ..] => "a core module",
        [b'\0', b'a', b's', b'm', ..] => "a WebAssembly file of an unknown layer",
        [0x7f, b'E', b'L', b'F', ..] => "compiled machine code",
        [] => "nothing",
        bytes if is_git_lfs_pointer(bytes) => {
            "a git-lfs pointer in its place; fetch it with `git lfs pull`"
        }
        _ => "no WebAssembly",
    };
    Err(PluginError::NotAComponent { plugin, found })
}

/// Refuses what a compiler can't be trusted with. None for bytes that aren't well-formed: the
/// compiler says what is wrong with them.
pub(crate) fn check_outline(name: &str, bytes: &[u8]) -> Result<Option<Outline>, PluginError> {
    let outline = Outline::of(bytes);
    match outline.and_then(|outline| outline.out_of_bounds()) {
        None => Ok(outline),
        Some(OutOfBounds { what, count, limit }) => {
            Err(PluginError::TooComplex { plugin: name.to_owned(), what, count, limit })
        }
    }
}
