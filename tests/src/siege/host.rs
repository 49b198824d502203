//! The host that is attacked.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::TestRoot;
use crate::process::{EVERYTHING, HostProcess, TokenOf};

/// The document type that good clients send.
pub(super) const PASSPORT: &str = "utopia/passport/2024";

/// A host of its own, with what it keeps. It is killed when it is dropped.
pub(super) struct Host {
    pub(super) host: HostProcess,
    _folder: TempDir,
}

impl std::ops::Deref for Host {
    type Target = HostProcess;

    fn deref(&self) -> &HostProcess {
        &self.host
    }
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
        Self::for_publishers(binary, root, &[EVERYTHING], arguments).await
    }

    pub(super) async fn for_publishers(
        binary: &Path,
        root: &TestRoot,
        tokens: &[TokenOf<'_>],
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let host =
            HostProcess::start(binary, root.path(), folder.path(), tokens, arguments).await?;
        Ok(Self { host, _folder: folder })
    }

    /// The most memory that the process ever had, in bytes.
    pub(super) fn peak_bytes(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.host.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kilobytes.context("the kernel tells")?.trim().parse::<f64>()? * 1024.0)
    }

    /// Asks the process to end, and tells how long it takes to: until `patience` is over, at most.
    pub(super) async fn end(mut self, patience: Duration) -> anyhow::Result<Duration> {
        let id = self.host.process.id().to_string();
        let start = Instant::now();
        anyhow::ensure!(Command::new("kill").args(["-TERM", &id]).status()?.success(), "no signal");
        while !self.host.process.has_ended()? && start.elapsed() < patience {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(start.elapsed())
    }
}
