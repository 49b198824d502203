//! The host is killed at random moments while packages are published and activated: it must start
//! again with what it acknowledged, or with the one change that was under way, and with nothing else.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use dossier_store::{Canary, Generation, Package, PackageDigest};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::process::{EVERYTHING, HostProcess};
use crate::{AdminClient, Client, TOKEN, TestRoot, rules_package, shipped_root, variant};

const PASSPORT: &str = "utopia/passport/2024";
const RULES: &str = "utopia";
/// The longest time that changes are made before the host is killed.
const LONGEST_MS: u64 = 400;

/// What a run came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct CrashReport {
    /// How often the host was killed and started again.
    pub kills: usize,
    /// Changes that were acknowledged.
    pub acknowledged: usize,
    /// Kills that met a change under way.
    pub interrupted: usize,
    /// Changes under way that were found made afterwards.
    pub interrupted_and_made: usize,
}

/// Kills the host `kills` times. `seed` decides the moments and the changes.
///
/// # Errors
/// When the host does not start again, or serves what it should not.
pub async fn crash(binary: &Path, kills: usize, seed: u64) -> anyhow::Result<CrashReport> {
    let root = TestRoot::with_base()?;
    root.add_shipped(PASSPORT)?;
    let data_dir = tempfile::tempdir()?;
    let mut model = Model::new(seed)?;
    let mut report = CrashReport::default();
    for kill in 0..kills {
        let host = Host::start(binary, root.path(), data_dir.path()).await?;
        model.check(&host, &mut report).await?;
        if kill % 2 == 0 {
            // On a slow machine the time until the kill may be too short for a change.
            model.change(&host.admin, &mut report.acknowledged).await?;
        }
        let delay = Duration::from_millis(model.random.below(LONGEST_MS));
        let changes = async {
            loop {
                model.change(&host.admin, &mut report.acknowledged).await?;
            }
            #[expect(unreachable_code, reason = "names the type of the error")]
            Ok::<(), anyhow::Error>(())
        };
        // The change under way is dropped here, its answer unread, and the process killed.
        if let Ok(ended) = tokio::time::timeout(delay, changes).await {
            ended.context("a change was refused")?;
        }
        host.kill();
        report.kills += 1;
    }
    let host = Host::start(binary, root.path(), data_dir.path()).await?;
    model.check(&host, &mut report).await?;
    host.kill();
    Ok(report)
}

/// The host as a process.
struct Host {
    process: HostProcess,
    client: Client,
    admin: AdminClient,
}

impl Host {
    async fn start(binary: &Path, root: &Path, folder: &Path) -> anyhow::Result<Self> {
        let arguments = ["--publisher-changes-a-minute", "100000"];
        let process = HostProcess::start(binary, root, folder, &[EVERYTHING], &arguments).await?;
        let (client, admin) = (process.client(), process.admin_client(TOKEN));
        Ok(Self { process, client, admin })
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    fn kill(self) {
        drop(self.process);
    }
}

/// What the host must serve: the store's own generations, driven by what was acknowledged.
struct Model {
    random: Random,
    component: Vec<u8>,
    fixtures: Vec<Value>,
    /// Nothing before the first start.
    acknowledged: Option<Generation>,
    /// What would serve if the change under way were made.
    under_way: Option<Generation>,
    /// The component's digest by package, computed here.
    artifacts: BTreeMap<PackageDigest, String>,
    published: Vec<PackageDigest>,
    variants: u32,
}

impl Model {
    fn new(seed: u64) -> anyhow::Result<Self> {
        let component = std::fs::read(shipped_root().join("plugins/prebuilt/utopia.wasm"))?;
        Ok(Self {
            random: Random(seed | 1),
            component,
            fixtures: fixtures()?,
            acknowledged: None,
            under_way: None,
            artifacts: BTreeMap::new(),
            published: Vec::new(),
            variants: 0,
        })
    }

    /// Whether the host serves what it must.
    async fn check(&mut self, host: &Host, report: &mut CrashReport) -> anyhow::Result<()> {
        let status = host.admin.status(RULES).await?;
        let found = (
            status["generation"].as_u64().context("a generation")?,
            status["active"].as_str().context("an active package")?.parse::<PackageDigest>()?,
            status["canary"]["package"].as_str().map(str::parse::<PackageDigest>).transpose()?,
        );
        let of = |generation: &Generation| {
            let canary = generation.canary.get(RULES).map(|canary| canary.package);
            (generation.number, generation.active[RULES], canary)
        };
        match (&self.acknowledged, &self.under_way) {
            (None, _) => {
                ensure!(found.0 == 1, "the first start is generation 1, not {}", found.0);
                let mut first = Generation { number: 1, ..Generation::default() };
                first.activate(RULES, found.1);
                let digest = digest_of(&self.component);
                self.artifacts.insert(found.1, digest);
                self.published.push(found.1);
                self.acknowledged = Some(first);
            }
            (Some(acknowledged), _) if of(acknowledged) == found => {
                report.interrupted += usize::from(self.under_way.is_some());
            }
            (Some(_), Some(under_way)) if of(under_way) == found => {
                report.interrupted += 1;
                report.interrupted_and_made += 1;
                self.acknowledged = Some(under_way.clone());
            }
            (Some(acknowledged), under_way) => bail!(
                "found {found:?}, acknowledged {:?}, under way {:?}",
                of(acknowledged),
                under_way.as_ref().map(of)
            ),
        }
        self.under_way = None;
        // The catalogue is one thing, what answers is another.
        let served = host.client.get("/v1/document-types").await?.body;
        let artifact = served["document_types"][0]["rules"]["digest"].as_str();
        ensure!(served["generation"] == json!(found.0), "{served}");
        ensure!(artifact == self.artifacts.get(&found.1).map(String::as_str), "{served}");
        let history = host.admin.ask(reqwest::Method::GET, "/v1/history?limit=1", Vec::new());
        let last = &history.await?.1["events"][0];
        ensure!(last["generation"] == json!(found.0), "the history ends with {last}");
        Ok(())
    }

    /// Makes one change, chosen by chance.
    async fn change(&mut self, admin: &AdminClient, done: &mut usize) -> anyhow::Result<()> {
        let current = self.acknowledged.clone().context("was checked")?;
        let mut next = current.next();
        let choice = self.random.below(6);
        if choice < 2 {
            self.variants += 1;
            let package = self.package(self.variants)?;
            admin.publish(&package).await?;
            self.published.push(package.digest());
            *done += 1;
            return Ok(());
        }
        let count = self.published.len() as u64;
        let chosen = self.published[usize::try_from(self.random.below(count))?];
        let (action, body) = match choice {
            2 | 3 => {
                next.activate(RULES, chosen);
                ("activate", json!({"package": chosen}))
            }
            4 => {
                next.start_canary(RULES, Canary { package: chosen, percent: 10 });
                ("canary", json!({"package": chosen, "percent": 10}))
            }
            _ => match next.roll_back(RULES) {
                Some(_) => ("rollback", Value::Null),
                // Nowhere to go back to.
                None => return Ok(()),
            },
        };
        self.under_way = Some(next.clone());
        let generation = admin.change(RULES, action, body).await?;
        ensure!(generation == next.number, "generation {generation} after {}", current.number);
        self.acknowledged = Some(next);
        self.under_way = None;
        *done += 1;
        Ok(())
    }

    fn package(&mut self, number: u32) -> anyhow::Result<Package> {
        let component = variant(&self.component, number);
        let digest = digest_of(&component);
        let package = rules_package(RULES, "1.0.0", &UTOPIA_TYPES, component, &self.fixtures)?;
        self.artifacts.insert(package.digest(), digest);
        Ok(package)
    }
}

/// In the order in which the rules describe them.
const UTOPIA_TYPES: [&str; 3] =
    ["utopia/passport/2024", "utopia/id-card/2023", "utopia/driving-licence/2022"];

/// The fixtures of the package that is shipped.
fn fixtures() -> anyhow::Result<Vec<Value>> {
    let folder = shipped_root().join("plugins/utopia/package/fixtures");
    let mut fixtures = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        fixtures.push(serde_json::from_slice(&std::fs::read(entry?.path())?)?);
    }
    Ok(fixtures)
}

fn digest_of(component: &[u8]) -> String {
    let digest = Sha256::digest(component);
    format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// xorshift64: moments need no better chance than this, and a seed repeats a run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}
