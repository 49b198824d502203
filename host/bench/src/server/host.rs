//! The host that is measured, as a process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::ServerBenchError;
use crate::memory::resident_mb_of;

/// How long it may take to be ready.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often its log is looked at.
const PAUSE: Duration = Duration::from_millis(2);

/// A host at work. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Host {
    child: Child,
    /// Where it takes documents.
    pub(super) address: SocketAddr,
    /// Where it takes packages, if it does.
    pub(super) admin: Option<SocketAddr>,
    /// From its start to its being ready.
    pub(super) start: Duration,
}

/// The program: the one that is named, or `dossier` beside this one.
pub(super) fn program(named: Option<PathBuf>) -> Result<PathBuf, ServerBenchError> {
    let beside = || std::env::current_exe().map(|own| own.with_file_name("dossier"));
    let program = match named {
        Some(program) => program,
        None => {
            beside().map_err(|source| ServerBenchError::File { path: "dossier".into(), source })?
        }
    };
    match program.is_file() {
        true => Ok(program),
        false => Err(ServerBenchError::NoProgram(program)),
    }
}

/// What every host is started with.
pub(super) fn arguments(data_root: &Path, data_dir: &Path) -> Vec<String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    ["serve", "--dev", "--listen", "127.0.0.1:0", "--log-format", "json"]
        .map(str::to_owned)
        .into_iter()
        .chain(["--data-root".to_owned(), text(data_root), "--data-dir".to_owned(), text(data_dir)])
        .collect()
}

impl Host {
    /// Starts a host that writes its log to `folder`, and waits until it listens.
    pub(super) async fn start(
        program: &Path,
        arguments: &[String],
        folder: &Path,
    ) -> Result<Self, ServerBenchError> {
        let path = folder.join("host.log");
        let at = |source| ServerBenchError::File { path: path.clone(), source };
        let log = std::fs::File::create(&path).map_err(at)?;
        let errors = log.try_clone().map_err(at)?;
        let begun = Instant::now();
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(log).stderr(errors);
        let child = command
            .spawn()
            .map_err(|source| ServerBenchError::File { path: program.to_owned(), source })?;
        let nobody = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut host = Self { child, address: nobody, admin: None, start: Duration::ZERO };
        loop {
            let log = std::fs::read_to_string(&path).map_err(at)?;
            if let Some(address) = address_of(&log, "listening") {
                // Whoever can connect is answered: everything is loaded before the port is bound.
                host.start = begun.elapsed();
                host.address = address;
                host.admin = address_of(&log, "the admin API listens");
                return Ok(host);
            }
            let has_ended = !matches!(host.child.try_wait(), Ok(None));
            if has_ended || begun.elapsed() > PATIENCE {
                let last = log.lines().last().unwrap_or("it says nothing");
                return Err(ServerBenchError::NotReady(last.to_owned()));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Its memory that is in RAM, in MiB.
    pub(super) fn resident_mb(&self) -> Result<f64, ServerBenchError> {
        Ok(resident_mb_of(self.child.id())?)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address_of(log: &str, message: &str) -> Option<SocketAddr> {
    log.lines().find_map(|line| {
        let event = serde_json::from_str::<Value>(line).ok()?;
        (event["message"] == message).then(|| event["address"].as_str()?.parse().ok())?
    })
}
