//! What is logged while a test runs.

use std::io;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tracing::Dispatch;
use tracing_subscriber::Registry;

/// Log lines, kept.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// None yet.
    pub(super) fn kept() -> Self {
        /// With one subscriber alone, `tracing` asks that of whichever thread comes to a line first whether
        /// the line is wanted, and keeps the answer; threads of other tests have none. With two it asks all.
        static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Registry::default()));
        LazyLock::force(&ANOTHER);
        Self::default()
    }

    pub(super) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
