//! What a reload costs, and whether a thousand of them cost anything for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use image::ImageFormat;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::guest::{Guest, RawCheck, RawRequest};
use crate::{
    AdminClient, Client, Publication, TOKEN, TestRoot, bad_images, platform_config, rules_package,
};

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct ReloadSubject {
    /// Rules that serve, each for a document type of its own.
    pub plugins: u32,
    /// Reloads, of one after the other.
    pub reloads: u32,
    /// Clients that read all the while.
    pub clients: usize,
}

/// What a run came to.
#[derive(Clone, Copy, Debug)]
pub struct ReloadFigures {
    /// From the call that activates a compiled version to its answer, from when on every request
    /// is served by it.
    pub reload_ms_p50: f64,
    /// The same, and the first request on top, with its place in the model's queue.
    pub reload_to_first_answer_ms_p50: f64,
    /// From the bytes of a package to a compiled version: verified, compiled, tested, stored.
    pub publish_ms_p50: f64,
    /// Requests that were not answered with 200.
    pub failed_requests_during_reload: u64,
    /// Requests whose hooks were of two versions, or of another one than they say.
    pub mixed_requests_during_reload: u64,
    /// Requests that were answered.
    pub requests_during_reload: u64,
    /// Memory of the process after every plugin was reloaded once.
    pub rss_mb_at_start: f64,
    /// Memory of the process in the end.
    pub rss_mb_after_reloads: f64,
}

impl ReloadFigures {
    /// The figures as JSON, by name.
    #[must_use]
    pub fn to_json(&self, subject: &ReloadSubject) -> Value {
        let key = format!("rss_mb_after_{}_reloads", subject.reloads);
        let mut json = json!({
            "plugins": subject.plugins,
            "reloads": subject.reloads,
            "clients": subject.clients,
            "reload_ms_p50": self.reload_ms_p50,
            "reload_to_first_answer_ms_p50": self.reload_to_first_answer_ms_p50,
            "publish_ms_p50": self.publish_ms_p50,
            "failed_requests_during_reload": self.failed_requests_during_reload,
            "mixed_requests_during_reload": self.mixed_requests_during_reload,
            "requests_during_reload": self.requests_during_reload,
            "rss_mb_at_start": self.rss_mb_at_start,
        });
        json[key] = json!(self.rss_mb_after_reloads);
        json
    }
}

/// Reloads rules of a host in this process while clients read.
///
/// # Errors
/// When the host does not start, or refuses what it should take.
pub async fn measure_reloads(subject: ReloadSubject) -> anyhow::Result<ReloadFigures> {
    let root = TestRoot::with_base()?;
    for plugin in 0..subject.plugins {
        let component = rules(plugin, 1).component();
        root.add_document_type(&document_type(plugin), &name(plugin), &component)?;
    }
    let data_dir = tempfile::tempdir()?;
    let server = dossier::serve(platform_config(root.path(), data_dir.path())?).await?;
    let admin = AdminClient::new(server.admin_address().context("listens")?, TOKEN);
    let client = Client::new(server.address());

    let mut times = Times::default();
    for plugin in 0..subject.plugins {
        reload(&admin, &client, plugin, 2, &mut Times::default()).await?;
    }
    let rss_mb_at_start = resident_mb()?;

    let done = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for number in 0..subject.clients {
        let (client, done) = (Client::new(server.address()), Arc::clone(&done));
        clients.spawn(async move {
            let mut tally = Tally::default();
            let mut plugin = u32::try_from(number).unwrap_or_default();
            while !done.load(Ordering::Relaxed) {
                plugin = (plugin + 1) % subject.plugins;
                tally.add(&client, plugin).await?;
            }
            Ok::<_, anyhow::Error>(tally)
        });
    }
    for number in 0..subject.reloads {
        let (plugin, version) = (number % subject.plugins, 3 + number / subject.plugins);
        reload(&admin, &client, plugin, version, &mut times).await?;
    }
    done.store(true, Ordering::Relaxed);
    let mut tally = Tally::default();
    for counted in clients.join_all().await {
        let counted = counted?;
        tally.requests += counted.requests;
        tally.failed += counted.failed;
        tally.mixed += counted.mixed;
    }
    let rss_mb_after_reloads = resident_mb()?;
    server.shutdown().await;
    Ok(ReloadFigures {
        reload_ms_p50: median(&mut times.activate),
        reload_to_first_answer_ms_p50: median(&mut times.first_answer),
        publish_ms_p50: median(&mut times.publish),
        failed_requests_during_reload: tally.failed,
        mixed_requests_during_reload: tally.mixed,
        requests_during_reload: tally.requests,
        rss_mb_at_start,
        rss_mb_after_reloads,
    })
}

#[derive(Default)]
struct Times {
    publish: Vec<Duration>,
    activate: Vec<Duration>,
    first_answer: Vec<Duration>,
}

#[derive(Default)]
struct Tally {
    requests: u64,
    failed: u64,
    mixed: u64,
}

impl Tally {
    async fn add(&mut self, client: &Client, plugin: u32) -> anyhow::Result<()> {
        let answer = read(client, plugin).await?;
        self.requests += 1;
        if answer.status != 200 {
            self.failed += 1;
        } else if version_of(&answer.body).is_none() {
            self.mixed += 1;
        }
        Ok(())
    }
}

async fn reload(
    admin: &AdminClient,
    client: &Client,
    plugin: u32,
    version: u32,
    times: &mut Times,
) -> anyhow::Result<()> {
    let types = [document_type(plugin)];
    let types = types.each_ref().map(String::as_str);
    let component = rules(plugin, version).component();
    let number = format!("1.0.{version}");
    let fixture = fixture(plugin, version);
    let package = rules_package(&name(plugin), &number, &types, component, &[fixture])?;
    let start = Instant::now();
    let Publication { package, artifact } = admin.publish(&package).await?;
    times.publish.push(start.elapsed());
    let start = Instant::now();
    admin.change(&name(plugin), "activate", json!({"package": package})).await?;
    times.activate.push(start.elapsed());
    let answer = read(client, plugin).await?;
    times.first_answer.push(start.elapsed());
    anyhow::ensure!(answer.status == 200, "{}", answer.text);
    anyhow::ensure!(answer.body["served_by"]["rules"] == artifact.as_str(), "{}", answer.text);
    Ok(())
}

async fn read(client: &Client, plugin: u32) -> anyhow::Result<crate::Answer> {
    let page = bad_images::blank(64, 48, ImageFormat::Png);
    client.extract_fields(&document_type(plugin), &[page], "surname").await
}

/// The version of an answer, if both hooks are of one: `before` asks for as many characters as
/// `after` says in its check.
fn version_of(body: &Value) -> Option<u32> {
    let before = body["fields"][0]["raw"].as_str()?.len();
    let after =
        body["checks"][0]["code"].as_str()?.strip_prefix("version.")?.parse::<u32>().ok()?;
    (before == length(after) as usize).then_some(after)
}

fn length(version: u32) -> u32 {
    1 + version % 8
}

fn name(plugin: u32) -> String {
    format!("bench-{plugin}")
}

fn document_type(plugin: u32) -> String {
    format!("bench/paper/{plugin}")
}

fn rules(plugin: u32, version: u32) -> Guest {
    let mut guest = Guest::good();
    guest.describes(&name(plugin), &format!("1.0.{version}"), &[&document_type(plugin)]);
    let length = length(version);
    let shape = Some((1, length));
    guest.requests(&[RawRequest { max_length: length, shape, ..RawRequest::default() }]);
    let code = format!("version.{version}");
    let check = RawCheck { code: &code, ..RawCheck::default() };
    guest.reports(&[("surname", None, "visual")], &[check]);
    guest
}

fn fixture(plugin: u32, version: u32) -> Value {
    let check = json!({"code": format!("version.{version}"), "outcome": "passed"});
    json!({
        "document_type": document_type(plugin),
        "today": crate::TODAY,
        "fields": {"surname": "ERIKSSON"},
        "expected": {"fields": {"surname": null}, "checks": [check]},
    })
}

/// Memory of this process that is in RAM, as Linux tells it.
fn resident_mb() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("Linux tells it")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).context("VmRSS")?;
    Ok(kib.trim().parse::<f64>()? / 1024.0)
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}
