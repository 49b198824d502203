//! Programs as processes of their own: the host with its defaults, and whatever it speaks to.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{AdminClient, Client, TODAY, TOKEN};

/// How long a program may take to be ready, on a machine that does other things beside.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program at work. Dropping it kills it: no handler runs, nothing is flushed.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program that writes whatever it says to `log`.
    pub(crate) fn start(command: &mut Command, log: PathBuf) -> anyhow::Result<Self> {
        let output = std::fs::File::create(&log)?;
        let command = command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().context("the program does not start")?;
        Ok(Self { child, log })
    }

    /// Waits until it is ready, as its log or something else tells.
    pub(crate) async fn until<T>(
        &mut self,
        ready: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        let start = Instant::now();
        loop {
            let log = std::fs::read_to_string(&self.log)?;
            if let Some(ready) = ready(&log) {
                return Ok(ready);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the program ended at start: {status}: {log}");
            }
            ensure!(start.elapsed() < PATIENCE, "the program is not ready: {log}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A publisher of a host, by its token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenOf<'a> {
    pub(crate) publisher: &'a str,
    pub(crate) token: &'a str,
    /// The pattern of the document types, and that of the rules, that it reaches.
    pub(crate) reaches: [&'a str; 2],
}

/// The publisher that reaches everything.
pub(crate) const EVERYTHING: TokenOf<'_> =
    TokenOf { publisher: "tests", token: TOKEN, reaches: ["*", "*"] };

/// The host as a process, on free ports and at a fixed date.
#[derive(Debug)]
pub(crate) struct HostProcess {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl HostProcess {
    /// Starts a host that serves `root` and keeps its packages, its log and its configuration in `folder`.
    pub(crate) async fn start(
        binary: &Path,
        root: &Path,
        folder: &Path,
        tokens: &[TokenOf<'_>],
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let configuration = folder.join("dossier.toml");
        std::fs::write(&configuration, tokens.iter().map(TokenOf::entry).collect::<String>())?;
        let mut command = Command::new(binary);
        command
            .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(["--log-format", "json", "--today", TODAY])
            .args(arguments)
            .arg("--data-root")
            .arg(root)
            .arg("--data-dir")
            .arg(folder.join("store"))
            .arg("--config")
            .arg(&configuration);
        let mut process = Process::start(&mut command, folder.join("host.log"))?;
        let (address, admin) = process
            .until(|log| {
                let admin = address_of(log, "the admin API listens")?;
                Some((address_of(log, "listening")?, admin))
            })
            .await?;
        Ok(Self { process, address, admin })
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A client that has no connection yet.
    pub(crate) fn admin_client(&self, token: &str) -> AdminClient {
        AdminClient::new(self.admin, token)
    }
}

impl TokenOf<'_> {
    fn entry(&self) -> String {
        let digest = Sha256::digest(self.token);
        let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let [document_types, rules] = self.reaches;
        format!(
            "[[tokens]]\npublisher = \"{}\"\nsha256 = \"{digest}\"\n\
             document_types = [\"{document_types}\"]\nplugins = [\"{rules}\"]\n",
            self.publisher
        )
    }
}

fn address_of(log: &str, message: &str) -> Option<SocketAddr> {
    log.lines().find_map(|line| {
        let event = serde_json::from_str::<Value>(line).ok()?;
        (event["message"] == message).then(|| event["address"].as_str()?.parse().ok())?
    })
}
