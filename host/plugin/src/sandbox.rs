//! What one call can reach: its own memory, and WASI with nothing granted.

use std::time::Duration;

use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::random::Deterministic;
use wasmtime_wasi::{
    HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView,
};

use crate::memory::MemoryBudget;
use crate::said::Said;

/// The version of WASI 0.2 that is linked; a test compares it with the crate's own files.
pub(crate) const WASI_VERSION: &str = "0.2.12";
/// Handles that one call may hold at a time.
const MAX_RESOURCES: usize = 256;
/// Random bytes that one call of a WASI function may fetch.
const MAX_RANDOM_BYTES: u64 = 64 << 10;

/// The state of one call's store.
pub(crate) struct Sandbox {
    pub(crate) memory: MemoryBudget,
    /// Where its standard error goes, if its author is to be told.
    pub(crate) said: Option<Said>,
    /// Made when the component first calls a WASI function, which good rules never do.
    wasi: Option<WasiCtx>,
    resources: ResourceTable,
}

impl Sandbox {
    pub(crate) fn new(memory_bytes: usize, said: Option<Said>) -> Self {
        let mut resources = ResourceTable::new();
        resources.set_max_capacity(MAX_RESOURCES);
        Self { memory: MemoryBudget::new(memory_bytes), said, wasi: None, resources }
    }
}

/// Links all of WASI 0.2: what is granted is decided by the context, and that is nothing.
pub(crate) fn link_wasi(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)
}

impl WasiView for Sandbox {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: self.wasi.get_or_insert_with(|| nothing_granted(self.said.clone())),
            table: &mut self.resources,
        }
    }
}

/// No files, sockets, environment or arguments; input is empty and output thrown away, which is
/// the builder's default. Clocks stand still and random numbers repeat, so that the same document
/// always gets the same report: the date is an argument. Standard error is kept where there is an
/// author to tell.
fn nothing_granted(said: Option<Said>) -> WasiCtx {
    let mut builder = WasiCtxBuilder::new();
    if let Some(said) = said {
        builder.stderr(said);
    }
    builder
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .wall_clock(StandingClock)
        .monotonic_clock(StandingClock)
        .secure_random(Deterministic::new(vec![0x5a, 0xc3, 0x17, 0x88]))
        .insecure_random(Deterministic::new(vec![0x5a, 0xc3, 0x17, 0x88]))
        .insecure_random_seed(0)
        .max_random_size(MAX_RANDOM_BYTES)
        .build()
}

/// A clock that shows the start of 1970 for ever.
struct StandingClock;

impl HostWallClock for StandingClock {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

impl HostMonotonicClock for StandingClock {
    fn resolution(&self) -> u64 {
        1_000_000_000
    }

    fn now(&self) -> u64 {
        0
    }
}
