//! The host as a process, with its defaults but for a free port and a fixed date.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::{Client, TODAY, TOKEN, TestRoot};

/// The document type that good clients send.
pub(super) const PASSPORT: &str = "utopia/passport/2024";
/// How long a host may take to listen, on a machine that does other things beside.
const PATIENCE: Duration = Duration::from_secs(60);

/// A host that is killed when it is dropped.
pub(super) struct Host {
    child: Child,
    pub(super) address: SocketAddr,
    pub(super) admin: SocketAddr,
    _folder: TempDir,
}

impl Host {
    /// A host of the shipped passport alone.
    pub(super) async fn of_passports(
        binary: &Path,
        arguments: &[&str],
    ) -> anyhow::Result<(Self, TestRoot)> {
        let root = TestRoot::with_base()?;
        root.add_shipped(PASSPORT)?;
        Ok((Self::start(binary, &root, arguments).await?, root))
    }

    pub(super) async fn start(
        binary: &Path,
        root: &TestRoot,
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let log = folder.path().join("host.log");
        let configuration = folder.path().join("dossier.toml");
        let digest = Sha256::digest(TOKEN);
        let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        std::fs::write(
            &configuration,
            format!(
                "[[tokens]]\npublisher = \"tests\"\nsha256 = \"{digest}\"\n\
                 document_types = [\"*\"]\nplugins = [\"*\"]\n"
            ),
        )?;
        let child = Command::new(binary)
            .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(["--log-format", "json", "--today", TODAY])
            .args(arguments)
            .arg("--data-root")
            .arg(root.path())
            .arg("--data-dir")
            .arg(folder.path().join("store"))
            .arg("--config")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut host = Self { child, address: nowhere, admin: nowhere, _folder: folder };
        let start = Instant::now();
        loop {
            let text = std::fs::read_to_string(&log)?;
            let address = |message| address_of(&text, message);
            if let (Some(address), Some(admin)) =
                (address("listening"), address("the admin API listens"))
            {
                (host.address, host.admin) = (address, admin);
                break;
            }
            if let Some(status) = host.child.try_wait()? {
                bail!("the host ended at start: {status}: {text}");
            }
            anyhow::ensure!(start.elapsed() < PATIENCE, "the host does not listen: {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(host)
    }

    pub(super) fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// The most memory that the process ever had, in bytes.
    pub(super) fn peak_bytes(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kilobytes.context("the kernel tells")?.trim().parse::<f64>()? * 1024.0)
    }

    /// Asks the process to end, and tells how long it takes to: until `patience` is over, at most.
    pub(super) async fn end(mut self, patience: Duration) -> anyhow::Result<Duration> {
        let id = self.child.id().to_string();
        let start = Instant::now();
        anyhow::ensure!(Command::new("kill").args(["-TERM", &id]).status()?.success(), "no signal");
        while self.child.try_wait()?.is_none() && start.elapsed() < patience {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(start.elapsed())
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
