//! Hosts that share a store: one takes jobs and reads none, two read, and each is asked for what others were
//! told. Whatever of it is killed, each document comes to one result.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Nats, Postgres};
use crate::process::{EVERYTHING, HostProcess};
use crate::{Client, TestRoot, samples_of};

const PASSPORT: &str = "utopia/passport/2024";
const DATABASE: &str = "hosts";
/// Jobs, of two documents each, and how many of them are sent before something is killed.
const JOBS: usize = 12;
/// How long all of them may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// A folder of a host that is started again and again.
struct Place<'a> {
    binary: &'a Path,
    root: &'a Path,
    folder: std::path::PathBuf,
    arguments: Vec<String>,
}

impl Place<'_> {
    async fn start(&self) -> anyhow::Result<HostProcess> {
        let arguments = self.arguments.iter().map(String::as_str).collect::<Vec<_>>();
        HostProcess::start(self.binary, self.root, &self.folder, &[EVERYTHING], &arguments).await
    }
}

/// Reads jobs by hosts that share the store, and kills readers, the broker and the database meanwhile.
pub(super) async fn share(
    postgres: &mut Postgres,
    nats: &mut Nats,
    binary: &Path,
    folder: &Path,
) -> anyhow::Result<Vec<String>> {
    postgres.create(DATABASE)?;
    let file = |name: &str, text: &str| -> anyhow::Result<String> {
        let path = folder.join(name);
        std::fs::write(&path, text)?;
        Ok(path.to_str().context("a path of text")?.to_owned())
    };
    let url = file("hosts-url", &format!("{}\n", postgres.url(DATABASE)?))?;
    let nats_url = file("hosts-nats", &nats.url())?;
    let key = file("hosts-key", &"5a".repeat(32))?;
    let root = TestRoot::with_base()?;
    root.add_shipped(PASSPORT)?;
    let place = |name: &str, workers: &str| -> anyhow::Result<Place<'_>> {
        let own = folder.join(name);
        std::fs::create_dir(&own)?;
        let arguments = [
            ["--jobs-postgres-file", &url],
            ["--jobs-nats-file", &nats_url],
            ["--jobs-nats-stream", "HOSTS"],
            ["--jobs-key-file", &key],
            ["--job-lease-ms", "3000"],
            ["--job-workers", workers],
            ["--job-attempts", "100"],
            ["--request-timeout-ms", "600000"],
        ];
        let arguments = arguments.concat().into_iter().chain(["--metrics-on-listen"]);
        let arguments = arguments.map(str::to_owned).collect();
        Ok(Place { binary, root: root.path(), folder: own, arguments })
    };
    let (front, one, two) = (place("front", "0")?, place("one", "1")?, place("two", "1")?);
    let (front, mut reader) = (front.start().await?, Some(one.start().await?));
    let other = two.start().await?;
    let page = STANDARD.encode(samples_of(PASSPORT)?.swap_remove(0).pages.swap_remove(0));
    let mut sent = BTreeMap::<String, Vec<Option<String>>>::new();
    for number in 0..JOBS {
        let document = json!({"document_type": PASSPORT, "pages": [page], "fields": ["surname"]});
        let body = json!({"documents": [document, document]});
        sent.insert(send(&front.client(), &body, number).await?, vec![None; 2]);
        match number {
            3 => reader = None,
            5 => reader = Some(one.start().await?),
            6 => nats.kill(),
            8 => {
                postgres.kill();
                postgres.start_again().await?;
            }
            9 => nats.start_again().await?,
            _ => {}
        }
    }
    let reader = reader.context("it runs again")?;
    let begun = Instant::now();
    while !are_done(&other.client(), &mut sent).await? {
        ensure!(begun.elapsed() < PATIENCE, "documents are not read to their end");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // Each host tells the same of all of them.
    for host in [&front, &reader] {
        ensure!(are_done(&host.client(), &mut sent).await?, "another host tells something else");
    }
    let heard = [counted(&reader).await?, counted(&other).await?].into_iter().sum::<f64>();
    ensure!(heard > 0.0, "no reader was woken by the host that took the jobs");
    let documents = sent.values().map(Vec::len).sum::<usize>();
    Ok(vec![format!(
        "three hosts share {JOBS} jobs: {documents} documents, a result each, while a reader, NATS and PostgreSQL were killed"
    )])
}

/// Sends a job until it is acknowledged: the same one, however often.
async fn send(client: &Client, body: &Value, number: usize) -> anyhow::Result<String> {
    let key = format!("hosts-{number}");
    let begun = Instant::now();
    loop {
        let answer = client.post_json("/v1/jobs", body, &[("idempotency-key", &key)]).await?;
        match answer.status {
            200 | 202 => return Ok(answer.body["id"].as_str().context("an id")?.to_owned()),
            // The database was killed, and is back in a moment.
            503 => ensure!(begun.elapsed() < PATIENCE, "{}", answer.text),
            _ => bail!("{}", answer.text),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Whether all jobs are done with, by what a host tells; a result never changes.
async fn are_done(
    client: &Client,
    sent: &mut BTreeMap<String, Vec<Option<String>>>,
) -> anyhow::Result<bool> {
    let mut are_done = true;
    for (id, results) in sent {
        let answer = client.get(&format!("/v1/jobs/{id}/result")).await?;
        ensure!(answer.status == 200, "{id} is lost: {}", answer.text);
        let documents = answer.body["documents"].as_array().context("documents")?;
        ensure!(documents.len() == results.len(), "{id}: {}", answer.text);
        for (document, known) in documents.iter().zip(results) {
            match document["state"].as_str() {
                Some("succeeded") => {
                    let result = document["answer"].to_string();
                    ensure!(document["answer"]["fields"][0]["value"].is_string(), "{result}");
                    let before = known.replace(result.clone());
                    ensure!(before.is_none_or(|before| before == result), "{id} was read twice");
                }
                Some("queued" | "running") => {
                    ensure!(known.is_none(), "{id} lost its result");
                    are_done = false;
                }
                _ => bail!("{id}: {document}"),
            }
        }
    }
    Ok(are_done)
}

/// Hints that a host heard.
async fn counted(host: &HostProcess) -> anyhow::Result<f64> {
    let answer = host.client().get("/metrics").await?;
    let line = answer
        .text
        .lines()
        .find(|line| line.starts_with("dossier_job_hints_total{outcome=\"heard\"}"));
    let line = line.with_context(|| format!("hints among the metrics: {}", answer.text.len()))?;
    Ok(line.rsplit(' ').next().context("a number")?.parse()?)
}
