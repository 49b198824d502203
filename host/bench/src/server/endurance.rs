//! A long time near the limit, while rules are reloaded and jobs come beside.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::outgoing::plain_client;
use dossier_store::{COMPONENT, Package, RULES_MANIFEST};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::client::Client;
use super::documents::Document;
use super::host::{self, Host};
use super::load::{Arrivals, Peak, arrivals, warm_up};
use super::{ServerBenchError, rounded};

/// Between two reloads, and between two jobs of a document each.
const PERIOD: Duration = Duration::from_secs(5);
/// What the host is given to do, as a share of what it can: jobs and documents together.
const SHARE: f64 = 0.9;
/// Looks at the memory.
const LOOKS: u32 = 60;
/// Of these, the first ones, in which it fills what it keeps, do not count; of the rest the first and the last
/// sixth are compared.
const FILLING: usize = 12;
/// What the last jobs may take when all else has ended.
const PATIENCE: Duration = Duration::from_secs(120);

const TOKEN: &str = "this token ends with the process that measures";

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Endurance {
    /// How long it took.
    pub(crate) seconds: f64,
    /// Documents that came by themselves.
    pub(crate) offered: usize,
    /// Documents read.
    pub(crate) read: u64,
    /// Documents refused for want of room (429): chance brings more at a time than there are places.
    pub(crate) refused: u64,
    /// Any other answer.
    pub(crate) failed: usize,
    /// From when a document was due.
    pub(crate) p50_ms: f64,
    /// The same.
    pub(crate) p99_ms: f64,
    /// Versions published and activated.
    pub(crate) reloads: usize,
    /// Those that were not.
    pub(crate) reloads_failed: usize,
    /// Jobs that were taken, and came to their result.
    pub(crate) jobs: usize,
    /// Jobs that were not taken, or came to anything else.
    pub(crate) jobs_failed: usize,
    /// Memory of the host in MiB, at equal times.
    pub(crate) rss_mb: Vec<f64>,
    /// By what share the last sixth is above the first that counts.
    pub(crate) rss_growth: f64,
}

/// Measures for so long.
pub(super) async fn measure(
    program: &Path,
    data_root: &Path,
    documents: &[Document],
    peak: &Peak,
    lasts: Duration,
) -> Result<Endurance, ServerBenchError> {
    let folder = tempfile::tempdir()
        .map_err(|source| ServerBenchError::File { path: std::env::temp_dir(), source })?;
    let arguments = arguments(data_root, folder.path())?;
    let host = Host::start(program, &arguments, folder.path()).await?;
    let client = Client::new(plain_client().build()?, host.address);
    let admin = host.admin.ok_or_else(|| {
        ServerBenchError::NotReady("its log does not tell where the admin API listens".to_owned())
    })?;
    let publisher = Client::new(plain_client().build()?, admin).with_token(TOKEN.to_owned());
    warm_up(&client, documents).await?;

    let rate = SHARE * peak.documents_per_s - 1.0 / PERIOD.as_secs_f64();
    let begun = Instant::now();
    let (arrived, reloaded, (jobs, jobs_failed), rss_mb) = tokio::join!(
        arrivals(&client, documents, rate.max(0.1), lasts, 29),
        reloads(&publisher, data_root, &documents[0], lasts),
        jobs(&client, documents, lasts),
        looks(&host, lasts),
    );
    let Arrivals { offered, read, refused, failed, .. } = arrived?;
    let (reloads, reloads_failed) = reloaded?;
    let rss_mb = rss_mb?;
    Ok(Endurance {
        seconds: rounded(begun.elapsed().as_secs_f64()),
        offered,
        read: read.len(),
        refused: refused.len(),
        failed,
        p50_ms: rounded(read.value_at_quantile(0.5) as f64 / 1e3),
        p99_ms: rounded(read.value_at_quantile(0.99) as f64 / 1e3),
        reloads,
        reloads_failed,
        jobs,
        jobs_failed,
        rss_growth: growth(&rss_mb),
        rss_mb,
    })
}

/// A host that takes packages and jobs.
fn arguments(data_root: &Path, folder: &Path) -> Result<Vec<String>, ServerBenchError> {
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        match std::fs::write(&path, text) {
            Ok(()) => Ok(path.to_string_lossy().into_owned()),
            Err(source) => Err(ServerBenchError::File { path, source }),
        }
    };
    let digest = Sha256::digest(TOKEN);
    let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let configuration = write(
        "dossier.toml",
        format!(
            "[[tokens]]\npublisher = \"bench\"\nsha256 = \"{digest}\"\ndocument_types = [\"*\"]\nplugins = [\"*\"]\n"
        ),
    )?;
    let key = write("jobs.key", "5a".repeat(32))?;
    let jobs = folder.join("jobs").to_string_lossy().into_owned();
    let mut arguments = host::arguments(data_root, &folder.join("store"));
    let also = [
        ("--admin-listen", "127.0.0.1:0".to_owned()),
        ("--config", configuration),
        ("--jobs-dir", jobs),
        ("--jobs-key-file", key),
    ];
    arguments.extend(also.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]));
    Ok(arguments)
}

/// Publishes and activates a further version of a document's rules every [`PERIOD`]: how many were, and how many
/// were not.
async fn reloads(
    publisher: &Client,
    data_root: &Path,
    document: &Document,
    lasts: Duration,
) -> Result<(usize, usize), ServerBenchError> {
    let Document { rules, .. } = document;
    let path = data_root.join("plugins/prebuilt").join(format!("{rules}.wasm"));
    let component =
        std::fs::read(&path).map_err(|source| ServerBenchError::File { path, source })?;
    let serves = publisher
        .ask("how rules stand", Method::GET, &format!("/v1/packages/{rules}"), Vec::new())
        .await?;
    // The component describes itself so, and its manifest must too: what differs is its digest.
    let serves = &serves["versions"][0];
    let (mut done, mut failed) = (0, 0);
    let begun = Instant::now();
    let mut due = tokio::time::interval(PERIOD);
    for number in 1_u32.. {
        due.tick().await;
        if begun.elapsed() >= lasts {
            break;
        }
        match reload(publisher, rules, serves, &component, number).await {
            Ok(()) => done += 1,
            Err(error) => {
                eprintln!("dossier-bench: reload {number}: {error}");
                failed += 1;
            }
        }
    }
    Ok((done, failed))
}

async fn reload(
    publisher: &Client,
    rules: &str,
    serves: &Value,
    component: &[u8],
    number: u32,
) -> Result<(), ServerBenchError> {
    let (version, document_types) = (&serves["version"], &serves["document_types"]);
    let manifest = json!({"name": rules, "version": version, "document_types": document_types});
    let files = BTreeMap::from([
        (RULES_MANIFEST.to_owned(), manifest.to_string().into_bytes()),
        (COMPONENT.to_owned(), numbered(component, number)),
    ]);
    let package =
        Package::new(files).map_err(|error| ServerBenchError::NotReady(error.to_string()))?;
    let published =
        publisher.ask("publish", Method::POST, "/v1/packages", package.to_tar()).await?;
    let body = json!({"package": published["package"]}).to_string().into_bytes();
    let path = format!("/v1/packages/{rules}/activate");
    publisher.ask("activate", Method::POST, &path, body).await.map(drop)
}

/// The same component with another digest: a custom section that nothing reads.
fn numbered(component: &[u8], number: u32) -> Vec<u8> {
    let section = [&[6][..], b"number", &number.to_le_bytes()].concat();
    // Sections this short state their length in a byte.
    let head = [0, section.len() as u8];
    [component, &head, &section].concat()
}

/// Sends a job every [`PERIOD`] and waits for all of them: how many came to a result, and how many did not.
async fn jobs(client: &Client, documents: &[Document], lasts: Duration) -> (usize, usize) {
    let mut open = Vec::new();
    let mut failed = 0;
    let begun = Instant::now();
    let mut due = tokio::time::interval(PERIOD);
    for document in documents.iter().cycle() {
        due.tick().await;
        if begun.elapsed() >= lasts {
            break;
        }
        let Document { document_type, pages, .. } = document;
        let pages = pages.iter().map(|page| STANDARD.encode(page)).collect::<Vec<_>>();
        let asked = json!({"document_type": document_type, "pages": pages});
        let body = json!({"documents": [asked]}).to_string().into_bytes();
        match client.ask("a job", Method::POST, "/v1/jobs", body).await {
            Ok(job) => open.push(job["id"].as_str().unwrap_or_default().to_owned()),
            Err(error) => {
                eprintln!("dossier-bench: a job: {error}");
                failed += 1;
            }
        }
    }
    let mut done = 0;
    for id in open {
        match result(client, &id).await {
            Ok(true) => done += 1,
            Ok(false) => {
                eprintln!("dossier-bench: job {id} came to no result");
                failed += 1;
            }
            Err(error) => {
                eprintln!("dossier-bench: job {id}: {error}");
                failed += 1;
            }
        }
    }
    (done, failed)
}

/// Waits for a job; whether its document was read.
async fn result(client: &Client, id: &str) -> Result<bool, ServerBenchError> {
    let begun = Instant::now();
    let path = format!("/v1/jobs/{id}/result");
    loop {
        let answer = client.ask("a job's result", Method::GET, &path, Vec::new()).await?;
        match answer["documents"][0]["state"].as_str() {
            Some("queued" | "running") if begun.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            state => return Ok(state == Some("succeeded")),
        }
    }
}

/// Looks at the memory at equal times.
async fn looks(host: &Host, lasts: Duration) -> Result<Vec<f64>, ServerBenchError> {
    let mut rss_mb = Vec::with_capacity(LOOKS as usize);
    for _ in 0..LOOKS {
        tokio::time::sleep(lasts / LOOKS).await;
        rss_mb.push(host.resident_mb()?);
    }
    Ok(rss_mb)
}

fn growth(rss_mb: &[f64]) -> f64 {
    let counted = rss_mb.get(FILLING..).unwrap_or_default();
    let sixth = (counted.len() / 6).max(1);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
    let first = mean(counted.get(..sixth).unwrap_or_default());
    let last = mean(counted.get(counted.len().saturating_sub(sixth)..).unwrap_or_default());
    rounded(last / first - 1.0)
}

#[cfg(test)]
mod tests;
