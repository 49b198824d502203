//! The clock that interrupts components.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::Engine;

/// Advances an engine's epoch once a tick, on a thread of its own, until it is dropped.
///
/// A thread and no async task: it must tick while every async thread is busy with a component
/// that loops.
#[derive(Debug)]
pub(crate) struct EpochTicker {
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl EpochTicker {
    /// Starts to tick. The engine is held weakly, so the ticker alone keeps nothing alive.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn start(engine: &Engine, tick: Duration) -> std::io::Result<Self> {
        let engine = engine.weak();
        let stopped = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name("plugin-epoch".to_owned()).spawn({
            let stopped = Arc::clone(&stopped);
            move || {
                while !stopped.load(Ordering::Acquire) {
                    std::thread::park_timeout(tick);
                    match engine.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => break,
                    }
                }
            }
        })?;
        Ok(Self { stopped, thread: Some(thread) })
    }
}

impl Drop for EpochTicker {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // Its loop can't panic, and a drop has nobody to tell.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests;
