//! What a reload costs while documents are read, whether a request ever fails or meets two versions,
//! and whether a thousand reloads cost memory for good.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dossier::config::ConfigError;
use dossier::outgoing::plain_client;
use dossier::{ServeError, serve};
use dossier_engine::folders::FolderError;
use dossier_engine::rules::rules_file;
use dossier_engine::settings::ReaderSettings;
use dossier_store::{COMPONENT, Package, RULES_MANIFEST};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::memory::{UnknownMemory, resident_mb};

mod marked;
use marked::{Marked, document_type, is_of_one_version, rules_name};

mod root;
use root::{NOBODY_ELSE, at, configuration, read, write_root};

/// A white page of 64 x 48 pixels.
const BLANK: &[u8] = include_bytes!("blank.png");
const TOKEN: &str = "this token ends with the process that measures";

/// The version of everything when the measurement begins: more than are kept ready.
const WARM_UP: u32 = 6;
/// How often memory is looked at on the way.
const SAMPLES: u32 = 10;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Rules that serve, each for a document type of its own: at most 100.
    pub(crate) plugins: u32,
    /// Reloads, one after the other.
    pub(crate) reloads: u32,
    /// Clients that read all the while.
    pub(crate) clients: u32,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub(crate) struct ReloadFigures {
    settings: Settings,
    /// From the call that activates a compiled version to its answer, from when on every request
    /// is served by it.
    reload_ms_p50: f64,
    /// The same, and the first document on top, with its place in the model's queue.
    reload_to_first_answer_ms_p50: f64,
    /// From the bytes of a package to a compiled version: verified, compiled, tested, stored.
    publish_ms_p50: f64,
    requests: u64,
    failed: u64,
    mixed: u64,
    /// With one version of everything.
    rss_mb_of_one_version: f64,
    /// With all the versions that a host keeps ready, and the clients reading.
    rss_mb_at_start: f64,
    /// How many reloads were done, and the memory then: a leak rises to the end, and what is not
    /// freed at once levels out.
    rss_mb_after: Vec<(u32, f64)>,
}

/// Reloads can't be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReloadBenchError {
    /// A number makes no sense.
    #[error("1 to 100 plugins, 1 to {} reloads, at least 1 client", most_reloads(1))]
    Settings,
    /// A default is refused, such as in a folder that is gone.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The host does not start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The host has no document type or rules to begin with.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The component of `marked` is another.
    #[error("{}: not the component that numbers are written into", .0.display())]
    NotMarked(PathBuf),
    /// The host does not answer.
    #[error("the host does not answer: {0}")]
    Unanswered(#[from] reqwest::Error),
    /// The host refuses what it should take, or answers by another version than it acknowledged.
    #[error("{what}: {answer}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// What was answered.
        answer: String,
    },
    /// The operating system does not tell how much memory is in use.
    #[error(transparent)]
    NoMemory(#[from] UnknownMemory),
    /// A client panicked.
    #[error("a client panicked")]
    Panicked,
}

/// Versions are numbered with four digits.
const fn most_reloads(plugins: u32) -> u32 {
    9000 * plugins
}

impl ReloadFigures {
    /// The figures, by name.
    #[must_use]
    pub(crate) fn to_json(&self) -> serde_json::Map<String, Value> {
        let after = self.rss_mb_after.iter();
        let after =
            after.map(|(reloads, mb)| (format!("rss_mb_after_{reloads}_reloads"), json!(mb)));
        [
            ("reload_plugins".to_owned(), json!(self.settings.plugins)),
            ("reload_clients".to_owned(), json!(self.settings.clients)),
            ("reload_ms_p50".to_owned(), json!(self.reload_ms_p50)),
            ("reload_to_first_answer_ms_p50".to_owned(), json!(self.reload_to_first_answer_ms_p50)),
            ("publish_ms_p50".to_owned(), json!(self.publish_ms_p50)),
            ("requests_during_reload".to_owned(), json!(self.requests)),
            ("failed_requests_during_reload".to_owned(), json!(self.failed)),
            ("mixed_version_requests".to_owned(), json!(self.mixed)),
            ("rss_mb_of_one_version".to_owned(), json!(self.rss_mb_of_one_version)),
            ("rss_mb_at_start".to_owned(), json!(self.rss_mb_at_start)),
        ]
        .into_iter()
        .chain(after)
        .collect()
    }
}

/// Reloads rules of a host in this process while clients read. `program` compiles components first,
/// as a host does; without it, they are compiled here alone.
///
/// # Errors
/// When the host does not start, or refuses what it should take.
pub(crate) async fn run(
    reader: &ReaderSettings,
    program: Option<PathBuf>,
    settings: Settings,
) -> Result<ReloadFigures, ReloadBenchError> {
    let Settings { plugins, reloads, clients } = settings;
    if !(1..=100).contains(&plugins)
        || clients == 0
        || !(1..=most_reloads(plugins)).contains(&reloads)
    {
        return Err(ReloadBenchError::Settings);
    }
    let file = rules_file(reader, "marked");
    let marked = Marked::new(read(&file)?).ok_or(ReloadBenchError::NotMarked(file))?;
    let folder = tempfile::tempdir().map_err(at(Path::new("a temporary folder")))?;
    write_root(reader, &marked, folder.path(), plugins)?;
    let server = serve(configuration(reader, folder.path(), program)?).await?;
    let admin = server.admin_address().unwrap_or(NOBODY_ELSE);
    let host = Host { http: plain_client().build()?, documents: server.address(), admin };

    for plugin in 0..plugins {
        host.read(plugin).await?;
    }
    let rss_mb_of_one_version = resident_mb()?;
    let done = Arc::new(AtomicBool::new(false));
    let mut reading = JoinSet::new();
    for client in 0..clients {
        reading.spawn(host.clone().read_until(Arc::clone(&done), client, plugins));
    }
    let mut times = Times::default();
    let memory = host.reload_all(&marked, settings, &mut times).await;
    done.store(true, Ordering::Relaxed);
    let mut tally = Tally::default();
    while let Some(counted) = reading.join_next().await {
        let counted = counted.map_err(|_| ReloadBenchError::Panicked)??;
        tally.requests += counted.requests;
        tally.failed += counted.failed;
        tally.mixed += counted.mixed;
    }
    let (rss_mb_at_start, rss_mb_after) = memory?;
    server.shutdown().await;
    Ok(ReloadFigures {
        settings,
        reload_ms_p50: median(&mut times.activate),
        reload_to_first_answer_ms_p50: median(&mut times.first_answer),
        publish_ms_p50: median(&mut times.publish),
        requests: tally.requests,
        failed: tally.failed,
        mixed: tally.mixed,
        rss_mb_of_one_version,
        rss_mb_at_start,
        rss_mb_after,
    })
}

/// The host, as its clients see it.
#[derive(Clone)]
struct Host {
    http: reqwest::Client,
    documents: SocketAddr,
    admin: SocketAddr,
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

impl Host {
    /// Everything again and again; the memory before the reloads that count, and on the way.
    async fn reload_all(
        &self,
        marked: &Marked,
        settings: Settings,
        times: &mut Times,
    ) -> Result<(f64, Vec<(u32, f64)>), ReloadBenchError> {
        let Settings { plugins, reloads, .. } = settings;
        // Versions that a host keeps ready are no leak: they are all there before it is looked for.
        for version in 2..=WARM_UP {
            for plugin in 0..plugins {
                self.reload(marked, plugin, version, &mut Times::default()).await?;
            }
        }
        let at_start = resident_mb()?;
        let mut after = Vec::new();
        for reload in 0..reloads {
            let (plugin, version) = (reload % plugins, WARM_UP + 1 + reload / plugins);
            self.reload(marked, plugin, version, times).await?;
            let done = reload + 1;
            if done == reloads || done.is_multiple_of(reloads.div_ceil(SAMPLES)) {
                after.push((done, resident_mb()?));
            }
        }
        Ok((at_start, after))
    }

    async fn reload(
        &self,
        marked: &Marked,
        plugin: u32,
        version: u32,
        times: &mut Times,
    ) -> Result<(), ReloadBenchError> {
        let package = package(marked, plugin, version)?;
        let start = Instant::now();
        let published = self.ask("publish", "/v1/packages", package.to_tar()).await?;
        times.publish.push(start.elapsed());
        let start = Instant::now();
        let path = format!("/v1/packages/{}/activate", rules_name(plugin));
        let body = json!({"package": published["package"]}).to_string().into_bytes();
        self.ask("activate", &path, body).await?;
        times.activate.push(start.elapsed());
        let (status, answer) = self.read(plugin).await?;
        times.first_answer.push(start.elapsed());
        if status == 200 && answer["served_by"]["rules"] == published["artifact"] {
            return Ok(());
        }
        Err(ReloadBenchError::Refused { what: "the first document", answer: answer.to_string() })
    }

    async fn read_until(
        self,
        done: Arc<AtomicBool>,
        client: u32,
        plugins: u32,
    ) -> Result<Tally, ReloadBenchError> {
        let mut tally = Tally::default();
        let mut plugin = client;
        while !done.load(Ordering::Relaxed) {
            plugin = (plugin + 1) % plugins;
            let (status, answer) = self.read(plugin).await?;
            tally.requests += 1;
            if status != 200 {
                tally.failed += 1;
            } else if !is_of_one_version(&answer) {
                tally.mixed += 1;
            }
        }
        Ok(tally)
    }

    async fn ask(
        &self,
        what: &'static str,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Value, ReloadBenchError> {
        let url = format!("http://{}{path}", self.admin);
        let request = self.http.post(url).bearer_auth(TOKEN).body(body);
        let response = request.send().await?;
        let is_done = response.status().is_success();
        let answer = serde_json::from_slice(&response.bytes().await?).unwrap_or(Value::Null);
        if is_done { Ok(answer) } else { Err(refused(what, &answer)) }
    }

    async fn read(&self, plugin: u32) -> Result<(u16, Value), ReloadBenchError> {
        let page = Part::bytes(BLANK).file_name("page.png");
        let form = Form::new().text("document_type", document_type(plugin)).part("page", page);
        let url = format!("http://{}/v1/extract", self.documents);
        let response = self.http.post(url).multipart(form).send().await?;
        let status = response.status().as_u16();
        let answer = serde_json::from_slice(&response.bytes().await?).unwrap_or(Value::Null);
        Ok((status, answer))
    }
}

fn package(marked: &Marked, plugin: u32, version: u32) -> Result<Package, ReloadBenchError> {
    let (id, name) = (document_type(plugin), rules_name(plugin));
    let manifest =
        json!({"name": name, "version": format!("1.0.{version}"), "document_types": [id]});
    let check = json!({"code": "version.told", "outcome": "passed"});
    let fixture = json!({
        "document_type": id,
        "today": "2026-11-24",
        "fields": {"surname": "ERIKSSON"},
        "expected": {"fields": {"surname": null}, "checks": [check]},
    });
    let files = BTreeMap::from([
        (RULES_MANIFEST.to_owned(), manifest.to_string().into_bytes()),
        (COMPONENT.to_owned(), marked.component(plugin, version)),
        ("fixtures/told.json".to_owned(), fixture.to_string().into_bytes()),
    ]);
    let refused = |error: dossier_store::PackageError| ReloadBenchError::Refused {
        what: "package",
        answer: error.to_string(),
    };
    Package::new(files).map_err(refused)
}

fn refused(what: &'static str, answer: &Value) -> ReloadBenchError {
    ReloadBenchError::Refused { what, answer: answer.to_string() }
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, |time| rounded(time.as_secs_f64() * 1000.0))
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
