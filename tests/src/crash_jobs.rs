//! The host is killed at random moments while jobs are sent, read, cancelled and erased: what it acknowledged
//! must be there when it starts again, each document must come to one result, and what was erased stays erased.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::crash::Random;
use crate::process::{EVERYTHING, HostProcess};
use crate::{Client, TestRoot, samples_of};

const PASSPORT: &str = "utopia/passport/2024";
/// The longest time until the host is killed.
const LONGEST_MS: u64 = 1_500;
/// Documents that may be open when the host is killed: what a small machine reads in a moment.
const MOST_OPEN: usize = 6;
/// How long all that is open may take in the end.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a run came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobsReport {
    /// How often the host was killed and started again.
    pub kills: usize,
    /// Jobs that were acknowledged.
    pub acknowledged: usize,
    /// Jobs that were sent again because their acknowledgement was lost.
    pub sent_again: usize,
    /// Jobs that were erased or cancelled.
    pub ended: usize,
    /// Documents of the jobs that were left.
    pub documents: usize,
    /// Results of these.
    pub results: usize,
    /// Results that were seen before a kill and were the same after it.
    pub seen_again: usize,
}

/// What is known of a job.
#[derive(Default)]
struct Known {
    documents: usize,
    /// Results that were seen: they never change.
    results: BTreeMap<usize, String>,
    is_done: bool,
}

/// Kills the host `kills` times. `seed` decides the moments and what is sent.
///
/// # Errors
/// When something acknowledged is lost, or a result changes, or what was erased comes back.
pub async fn crash_jobs(binary: &Path, kills: usize, seed: u64) -> anyhow::Result<JobsReport> {
    let root = TestRoot::with_base()?;
    root.add_shipped(PASSPORT)?;
    let folder = tempfile::tempdir()?;
    let key = folder.path().join("jobs.key");
    std::fs::write(&key, "5a".repeat(32))?;
    let (key, jobs) = (text(&key)?, folder.path().join("jobs"));
    let jobs = text(&jobs)?;
    let arguments = [
        "--jobs-dir",
        &jobs,
        "--jobs-key-file",
        &key,
        "--job-lease-ms",
        "3000",
        "--job-workers",
        "2",
        "--job-attempts",
        "100",
        "--request-timeout-ms",
        "600000",
    ];
    let start =
        || HostProcess::start(binary, root.path(), folder.path(), &[EVERYTHING], &arguments);
    let page = samples_of(PASSPORT)?.swap_remove(0).pages.swap_remove(0);
    let mut bench = Bench {
        random: Random(seed | 1),
        page: STANDARD.encode(page),
        jobs: BTreeMap::new(),
        under_way: None,
        erased: Vec::new(),
        report: JobsReport::default(),
    };
    for _ in 0..kills {
        let host = start().await?;
        let client = host.client();
        bench.check(&client).await.context("after a kill")?;
        let delay = Duration::from_millis(bench.random.below(LONGEST_MS));
        // What is under way is dropped here, its answer unread, and the process killed.
        if let Ok(ended) = tokio::time::timeout(delay, bench.act(&client)).await {
            ended?;
        }
        drop(host);
        bench.report.kills += 1;
    }
    let host = start().await?;
    let client = host.client();
    let begun = Instant::now();
    while !bench.check(&client).await? {
        ensure!(begun.elapsed() < PATIENCE, "documents are not read to their end");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let open = bench.jobs.values();
    bench.report.documents = open.clone().map(|known| known.documents).sum();
    bench.report.results = open.map(|known| known.results.len()).sum();
    Ok(bench.report)
}

struct Bench {
    random: Random,
    page: String,
    jobs: BTreeMap<String, Known>,
    /// The key and the body of a job whose acknowledgement nobody has seen.
    under_way: Option<(String, Value)>,
    erased: Vec<String>,
    report: JobsReport,
}

impl Bench {
    /// Does what chance says, for ever.
    async fn act(&mut self, client: &Client) -> anyhow::Result<()> {
        loop {
            let open = self.jobs.values().filter(|known| !known.is_done);
            let open = open.map(|known| known.documents).sum::<usize>();
            match self.random.below(8) {
                0..=4 if open < MOST_OPEN => {
                    let count = 1 + usize::try_from(self.random.below(2))?;
                    let document = json!({
                        "document_type": PASSPORT, "pages": [self.page], "fields": ["surname"],
                    });
                    let body = json!({"documents": vec![document; count]});
                    let key = format!("{}-{}", self.report.kills, self.random.below(1 << 40));
                    self.under_way = Some((key, body));
                    self.send(client).await?;
                }
                5 => self.erase(client).await?,
                _ => {
                    self.check(client).await?;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Sends the job that is under way, and knows it from the acknowledgement on.
    async fn send(&mut self, client: &Client) -> anyhow::Result<()> {
        let Some((key, body)) = &self.under_way else { return Ok(()) };
        let answer = client.post_json("/v1/jobs", body, &[("idempotency-key", key)]).await?;
        ensure!(matches!(answer.status, 200 | 202), "{}", answer.text);
        let id = answer.body["id"].as_str().context("an id")?.to_owned();
        let documents = answer.body["documents"].as_array().context("documents")?.len();
        self.report.acknowledged += 1;
        self.jobs.entry(id).or_insert(Known { documents, ..Known::default() });
        self.under_way = None;
        Ok(())
    }

    async fn erase(&mut self, client: &Client) -> anyhow::Result<()> {
        let chosen = usize::try_from(self.random.below(self.jobs.len() as u64 * 2))?;
        let Some(id) = self.jobs.keys().nth(chosen).cloned() else { return Ok(()) };
        // From here on nobody may rely on it, whether the answer is seen or not.
        self.jobs.remove(&id);
        let answer = client.delete(&format!("/v1/jobs/{id}")).await?;
        ensure!(answer.status == 204, "{}", answer.text);
        self.erased.push(id);
        self.report.ended += 1;
        Ok(())
    }

    /// Whether the host has what it acknowledged; tells whether all of it is done with.
    async fn check(&mut self, client: &Client) -> anyhow::Result<bool> {
        if self.under_way.is_some() {
            self.report.sent_again += 1;
            self.send(client).await?;
        }
        for id in &self.erased {
            let answer = client.get(&format!("/v1/jobs/{id}")).await?;
            ensure!(answer.code() == "job.unknown", "{id} was erased: {}", answer.text);
        }
        let mut is_all_done = true;
        for (id, known) in &mut self.jobs {
            let answer = client.get(&format!("/v1/jobs/{id}/result")).await?;
            ensure!(answer.status == 200, "{id} is lost: {}", answer.text);
            let documents = answer.body["documents"].as_array().context("documents")?;
            ensure!(documents.len() == known.documents, "{id}: {}", answer.text);
            for (index, document) in documents.iter().enumerate() {
                match document["state"].as_str() {
                    Some("succeeded") => {
                        let result = document["answer"].to_string();
                        ensure!(document["answer"]["fields"][0]["value"].is_string(), "{result}");
                        match known.results.insert(index, result.clone()) {
                            Some(before) if before != result => {
                                bail!("{id} {index} was read twice: {before} and {result}")
                            }
                            Some(_) => self.report.seen_again += 1,
                            None => {}
                        }
                    }
                    Some("queued" | "running") => {
                        ensure!(
                            !known.results.contains_key(&index),
                            "{id} {index} lost its result"
                        );
                    }
                    _ => bail!("{id} {index}: {document}"),
                }
            }
            known.is_done = known.results.len() == known.documents;
            is_all_done &= known.is_done;
        }
        Ok(is_all_done)
    }
}

fn text(path: &Path) -> anyhow::Result<String> {
    Ok(path.to_str().context("a path of text")?.to_owned())
}
