//! Hosts that share a catalogue, each with a folder of its own.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::{S3Server, SharedHostsArgs};
use crate::job_stores::Postgres;
use crate::process::{EVERYTHING, HostProcess};
use crate::{AdminClient, Client, TOKEN, TestRoot, rules_package, shipped_root, variant};

pub(super) const PASSPORT: &str = "utopia/passport/2024";
pub(super) const RULES: &str = "utopia";
pub(super) const DATABASE: &str = "hosts";
pub(super) const PREFIX: &str = "hosts";
/// In the order in which the rules describe them.
const UTOPIA_TYPES: [&str; 3] = [PASSPORT, "utopia/id-card/2023", "utopia/driving-licence/2022"];
const HOSTS: usize = 4;
/// How long anything may take, on a machine that does other things beside.
pub(super) const PATIENCE: Duration = Duration::from_secs(180);
/// After this time without the catalogue a host is not ready any more.
pub(super) const STALE_MS: &str = "6000";

/// Hosts at work; none in the place of one that is killed.
pub(super) struct Fleet {
    pub(super) hosts: Vec<Option<HostProcess>>,
    places: Places,
    component: Vec<u8>,
    fixtures: Vec<Value>,
    variants: u32,
}

struct Places {
    binary: PathBuf,
    root: TestRoot,
    folder: PathBuf,
    arguments: Vec<String>,
}

impl Fleet {
    /// Starts all of them at once on an empty catalogue.
    pub(super) async fn start(
        postgres: &Postgres,
        bucket: Option<&S3Server>,
        args: &SharedHostsArgs,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        postgres.create(DATABASE)?;
        let url = folder.join("hosts-url");
        // Over the network, encrypted, as hosts reach it that are not on its machine.
        std::fs::write(&url, postgres.url_by_network(DATABASE, ""))?;
        let path = |path: &Path| path.to_str().map(str::to_owned).context("a path of text");
        let mut arguments = vec!["--catalogue-postgres-file".to_owned(), path(&url)?];
        arguments
            .extend(["--catalogue-postgres-ca".to_owned(), path(&folder.join("database.pem"))?]);
        arguments.push("--catalogue-artifacts".to_owned());
        match bucket {
            Some(bucket) => {
                arguments.push(bucket.place(PREFIX));
                arguments.extend(["--catalogue-s3-endpoint".to_owned(), bucket.endpoint()]);
                arguments.push("--catalogue-s3-credentials-file".to_owned());
                arguments.push(path(bucket.credentials())?);
            }
            None => {
                let own = folder.join("hosts-packages");
                std::fs::create_dir(&own)?;
                arguments.push(format!("file://{}", path(&own)?));
            }
        }
        arguments.extend(["--catalogue-stale-ms".to_owned(), STALE_MS.to_owned()]);
        arguments.extend(["--publisher-changes-a-minute".to_owned(), "100000".to_owned()]);
        arguments.push("--metrics-on-listen".to_owned());
        let root = TestRoot::with_base()?;
        root.add_shipped(PASSPORT)?;
        let fixtures = shipped_root().join("plugins/utopia/package/fixtures");
        let fixtures = std::fs::read_dir(fixtures)?.map(|entry| {
            Ok::<_, anyhow::Error>(serde_json::from_slice(&std::fs::read(entry?.path())?)?)
        });
        let fixtures = fixtures.collect::<anyhow::Result<Vec<_>>>()?;
        let component = std::fs::read(shipped_root().join("plugins/prebuilt/utopia.wasm"))?;
        let (binary, folder) = (args.host.clone(), folder.to_owned());
        let places = Places { binary, root, folder, arguments };
        for host in 0..=HOSTS {
            std::fs::create_dir(places.own(host))?;
        }
        let hosts =
            tokio::try_join!(places.start(0), places.start(1), places.start(2), places.start(3))?;
        let hosts = [hosts.0, hosts.1, hosts.2, hosts.3].map(Some).into();
        Ok(Self { hosts, places, component, fixtures, variants: 0 })
    }

    pub(super) fn kill(&mut self, host: usize) {
        self.hosts[host] = None;
    }

    pub(super) async fn start_again(&mut self, host: usize) -> anyhow::Result<()> {
        self.hosts[host] = Some(self.places.start(host).await?);
        Ok(())
    }

    /// One more host, with nothing on its disk.
    pub(super) async fn join(&self) -> anyhow::Result<HostProcess> {
        let host = self.places.own(HOSTS);
        std::fs::remove_dir_all(&host)?;
        std::fs::create_dir(&host)?;
        self.places.start(HOSTS).await
    }

    pub(super) fn count(&self) -> usize {
        self.hosts.len()
    }

    pub(super) fn client(&self, host: usize) -> anyhow::Result<Client> {
        Ok(self.hosts[host].as_ref().context("it runs")?.client())
    }

    pub(super) fn admin(&self, host: usize) -> anyhow::Result<AdminClient> {
        Ok(self.hosts[host].as_ref().context("it runs")?.admin_client(TOKEN))
    }

    /// Publishes another variant of the rules through a host; its digest.
    pub(super) async fn publish(&mut self, host: usize) -> anyhow::Result<String> {
        self.variants += 1;
        let component = variant(&self.component, self.variants);
        let package = rules_package(RULES, "1.0.0", &UTOPIA_TYPES, component, &self.fixtures)?;
        Ok(self.admin(host)?.publish(&package).await?.package)
    }

    /// Waits until every host that runs serves a generation or a later one.
    pub(super) async fn converge(&self, generation: u64) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        for host in 0..self.count() {
            if self.hosts[host].is_none() {
                continue;
            }
            let admin = self.admin(host)?;
            loop {
                let status = admin.status(RULES).await?;
                if status["generation"].as_u64().context("a generation")? >= generation {
                    break;
                }
                ensure!(begun.elapsed() < PATIENCE, "host {host} does not follow: {status}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Ok(begun.elapsed())
    }
}

impl Places {
    fn own(&self, host: usize) -> PathBuf {
        self.folder.join(format!("host-{host}"))
    }

    async fn start(&self, host: usize) -> anyhow::Result<HostProcess> {
        let arguments = self.arguments.iter().map(String::as_str).collect::<Vec<_>>();
        let (binary, root) = (self.binary.as_path(), self.root.path());
        HostProcess::start(binary, root, &self.own(host), &[EVERYTHING], &arguments).await
    }
}
