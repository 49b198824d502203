//! The limits that components run under.

use std::time::Duration;

/// The limits that components run under. [`Default`] holds the constants below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginSettings {
    /// Calls that run at the same time, of all components together.
    pub concurrent_calls: u32,
    /// How long a call waits for its turn before it is refused.
    pub queue_timeout: Duration,
    /// How long the code of a component may run in one call, by the processor it gets.
    pub run_budget: Duration,
    /// How long one call may take by the clock on the wall, whatever it does meanwhile.
    pub call_timeout: Duration,
    /// Bytes that the memories and tables of one call may hold together.
    pub memory_bytes: usize,
    /// Bytes that one call may hand to the host.
    pub result_bytes: usize,
    /// Largest component in bytes.
    pub component_bytes: usize,
    /// Components compiled at the same time.
    pub concurrent_compilations: usize,
    /// How long a compilation may take, the wait for its turn not counted.
    pub compile_timeout: Duration,
    /// Whether errors tell what components write to their standard error: for their authors alone, since
    /// it may quote the document.
    pub explains: bool,
}

impl PluginSettings {
    /// Far more than the cores of a host: a call that runs takes a core, but one that waits for
    /// its turn on a core must not keep the others out. Each costs address space only.
    pub const CONCURRENT_CALLS: u32 = 32;
    /// A good call takes well under a millisecond, so whoever waits this long waits behind bad
    /// ones.
    pub const QUEUE_TIMEOUT: Duration = Duration::from_secs(1);
    /// How often code that runs is interrupted, to let others run and to look at its
    /// [`run_budget`](Self::run_budget).
    pub const TICK: Duration = Duration::from_millis(10);
    /// A thousand times what rules in Rust need and room for an interpreted guest. What counts is the
    /// time of the processor: a busy host slows a good component down without killing it, and one
    /// instruction that moves all of a memory costs what it takes, though nothing interrupts it.
    pub const RUN_BUDGET: Duration = Duration::from_millis(250);
    /// Eight times the run budget, so that it ends only calls that wait (asleep on a clock, say)
    /// or whose host is starved.
    pub const CALL_TIMEOUT: Duration = Duration::from_secs(2);
    /// Rules in Rust need 1 MiB, a Python interpreter about 30 MiB.
    pub const MEMORY_BYTES: usize = 64 << 20;
    /// The largest valid answer, with every text at its limit, is smaller.
    pub const RESULT_BYTES: usize = 1 << 20;
    /// Rules in Rust take 100 to 300 KiB, a component with a Python interpreter 20 to 40 MiB.
    pub const COMPONENT_BYTES: usize = 64 << 20;
    /// A compilation takes a whole core: one at a time leaves the others to the documents.
    pub const CONCURRENT_COMPILATIONS: usize = 1;
    /// Rules in Rust compile in a fraction of a second, a Python interpreter in a few.
    pub const COMPILE_TIMEOUT: Duration = Duration::from_secs(60);
}

impl Default for PluginSettings {
    fn default() -> Self {
        Self {
            concurrent_calls: Self::CONCURRENT_CALLS,
            queue_timeout: Self::QUEUE_TIMEOUT,
            run_budget: Self::RUN_BUDGET,
            call_timeout: Self::CALL_TIMEOUT,
            memory_bytes: Self::MEMORY_BYTES,
            result_bytes: Self::RESULT_BYTES,
            component_bytes: Self::COMPONENT_BYTES,
            concurrent_compilations: Self::CONCURRENT_COMPILATIONS,
            compile_timeout: Self::COMPILE_TIMEOUT,
            explains: false,
        }
    }
}
