//! A component is first compiled in a process of its own, under limits that no thread has.
//!
//! A compiler is no sandbox: a small component may make it take gigabytes or run for ever, and a
//! thread can't be stopped. A child process can. What it compiles is thrown away: native code is
//! taken from nobody, and the host compiles again what was shown to be harmless.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use dossier_model::{ModelError, check_adapter_config};
use dossier_plugin::{PluginError, compile_apart};
use dossier_store::ADAPTER_CONFIG;
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

/// Where and under which limits components are compiled first.
#[derive(Clone, Debug)]
pub struct CompileProbe {
    /// A program that has a command which calls [`compile_under_limits`].
    pub program: PathBuf,
    /// The words of that command. `--memory-bytes N --cpu-seconds N -- FILE` follows them.
    pub command: &'static [&'static str],
    /// Address space of the child in bytes.
    pub memory_bytes: u64,
    /// How long it may take.
    pub timeout: Duration,
}

/// A component can't be compiled under the limits.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The child does not start.
    #[error("the process that compiles does not start: {0}")]
    Start(std::io::Error),
    /// The compilation took too long.
    #[error("the component isn't compiled after {0:?}")]
    Timeout(Duration),
    /// The compiler refused the component.
    #[error("{0}")]
    Refused(String),
    /// The configuration of an adapter is refused, such as for its patterns.
    #[error("{0}")]
    Adapter(String),
    /// The compiler needs more memory than it may have, or crashed.
    #[error("the compiler needs more than {memory_bytes} bytes of memory, or crashed")]
    Killed {
        /// The limit in bytes.
        memory_bytes: u64,
    },
}

impl ProbeError {
    /// The class as a stable code; where the runtime has one for the same, it is that.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Start(_) => "internal",
            Self::Timeout(_) => "plugin.compile_timeout",
            Self::Refused(_) => "plugin.compile_failed",
            Self::Adapter(_) => "adapter.refused",
            Self::Killed { .. } => "plugin.compile_memory_limit",
        }
    }
}

impl CompileProbe {
    /// The child's exit code for a component that does not compile.
    pub const REFUSED: u8 = 3;
    /// Bytes of the child's message that are kept.
    const MESSAGE_BYTES: u64 = 2048;

    /// Compiles the patterns of an adapter's configuration, and throws the result away.
    pub(crate) async fn compile_patterns(&self, file: &Path) -> Result<(), ProbeError> {
        // The child tells the place of the file, which whoever published it knows nothing of.
        let folder = format!("{}/", file.parent().unwrap_or(file).display());
        self.compile(file).await.map_err(|error| match error {
            ProbeError::Refused(told) => ProbeError::Adapter(told.replace(&folder, "")),
            error => error,
        })
    }

    /// Compiles the component in `file` and throws the result away.
    pub(crate) async fn compile(&self, file: &Path) -> Result<(), ProbeError> {
        let mut child = Command::new(&self.program)
            .args(self.command)
            .arg("--memory-bytes")
            .arg(self.memory_bytes.to_string())
            .arg("--cpu-seconds")
            .arg(self.timeout.as_secs().max(1).to_string())
            .arg("--")
            .arg(file)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(ProbeError::Start)?;
        let stderr = child.stderr.take();
        let ended = async {
            let mut message = Vec::new();
            if let Some(stderr) = stderr {
                // Without its message the exit code still tells what happened.
                let _ = stderr.take(Self::MESSAGE_BYTES).read_to_end(&mut message).await;
            }
            (child.wait().await, String::from_utf8_lossy(&message).trim().to_owned())
        };
        let (status, message) = tokio::time::timeout(self.timeout, ended)
            .await
            .map_err(|_| ProbeError::Timeout(self.timeout))?;
        match status.map_err(ProbeError::Start)?.code() {
            Some(0) => Ok(()),
            Some(code) if code == i32::from(Self::REFUSED) => Err(ProbeError::Refused(message)),
            _ => Err(ProbeError::Killed { memory_bytes: self.memory_bytes }),
        }
    }
}

/// What a child refuses.
#[derive(Debug, thiserror::Error)]
pub enum CompileRefusal {
    /// A component.
    #[error(transparent)]
    Component(#[from] PluginError),
    /// The configuration of an adapter.
    #[error(transparent)]
    Adapter(Box<ModelError>),
}

/// The other side: puts this process under limits, compiles the component in `file`, or the patterns of
/// an `adapter_config.json`, and throws the result away. The process ends with [`CompileProbe::REFUSED`]
/// where this is a [`CompileRefusal`].
///
/// # Errors
/// When the file can't be read or the limits can't be set.
pub fn compile_under_limits(
    file: &Path,
    memory_bytes: u64,
    cpu_seconds: u64,
) -> Result<Result<(), CompileRefusal>, std::io::Error> {
    let component = std::fs::read(file)?;
    // Set here, not by whoever starts this process: it may be killed, and these must hold then too.
    // Address space alone would leave what the allocator has reserved for its threads already: tens of
    // megabytes for each, which become memory without a new mapping.
    let limits = [
        (Resource::As, memory_bytes),
        (Resource::Data, memory_bytes),
        (Resource::Cpu, cpu_seconds),
    ];
    for (resource, most) in limits {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    if file.file_name().is_some_and(|name| name == ADAPTER_CONFIG) {
        let checked = check_adapter_config(file);
        return Ok(checked.map_err(|error| CompileRefusal::Adapter(Box::new(error))));
    }
    let name = file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    Ok(compile_apart(&name, &component).map_err(CompileRefusal::from))
}
