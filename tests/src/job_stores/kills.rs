//! PostgreSQL, NATS and those who read are killed at random moments, while jobs are sent, read and erased: what was
//! acknowledged must be there, each document must come to one result, and what was erased stays erased.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use dossier_jobs::{DocumentState, JobId, Jobs, JobsError, NatsSettings, NatsWaker, Submitted};

use super::servers::{Nats, Postgres};
use super::work::{STREAM, WorkArgs, ledger, open_jobs, start, submission, tenant};
use crate::crash::Random;
use crate::process::Process;

const WORKERS: usize = 3;
/// The longest time between two things that are done to servers and workers.
const LONGEST_MS: u64 = 300;
/// Documents that may be open while something is killed.
const MOST_OPEN: usize = 60;
/// The longest document, in bytes.
const LONGEST_BYTES: u64 = 60_000;
/// How long a store is left alone that does not answer.
const PAUSE: Duration = Duration::from_millis(20);
/// How long all that is open may take in the end.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a run came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct KillsReport {
    /// How often PostgreSQL was killed.
    pub postgres: usize,
    /// How often NATS was.
    pub nats: usize,
    /// How often somebody who reads was.
    pub workers: usize,
    /// Jobs that were acknowledged.
    pub acknowledged: usize,
    /// Jobs that were sent again because their acknowledgement was lost.
    pub sent_again: usize,
    /// Of these, those that were kept the first time.
    pub kept_before: usize,
    /// Jobs that were erased.
    pub erased: usize,
    /// Documents of the jobs that were left.
    pub documents: usize,
    /// Documents that were begun more than once.
    pub begun_again: usize,
    /// Results of all documents.
    pub results: usize,
    /// Results that were seen before and were the same after.
    pub seen_again: usize,
}

/// What is known of a job.
struct Known {
    name: String,
    documents: usize,
    /// Results that were seen: they never change.
    results: BTreeMap<usize, Vec<u8>>,
}

/// A job whose acknowledgement nobody has seen.
#[derive(Clone)]
struct UnderWay {
    name: String,
    documents: usize,
    length: usize,
    is_sent_again: bool,
}

struct Bench {
    random: Random,
    jobs: Arc<Jobs>,
    open: BTreeMap<JobId, Known>,
    done: BTreeMap<JobId, Known>,
    under_way: Option<UnderWay>,
    /// Jobs that are to be erased, and those that are.
    condemned: BTreeSet<JobId>,
    erased: Vec<JobId>,
    sent: usize,
    report: KillsReport,
}

/// Kills something `kills` times. `seed` decides what, when, and what is sent.
pub(super) async fn kill(
    postgres: &mut Postgres,
    nats: &mut Nats,
    worker: &Path,
    folder: &Path,
    kills: usize,
    seed: u64,
) -> anyhow::Result<KillsReport> {
    postgres.create("killed")?;
    let url = postgres.url("killed")?;
    let args =
        WorkArgs { postgres: url.clone(), nats: nats.url(), ledger: folder.join("killed.ledger") };
    std::fs::write(&args.ledger, "")?;
    let begin = |number: usize| start(worker, &args, folder.join(format!("worker-{number}.log")));
    let mut workers = (0..WORKERS).map(begin).collect::<anyhow::Result<Vec<_>>>()?;
    let waker = NatsWaker::start(NatsSettings::new(&nats.url(), None, STREAM)?).await?;
    let mut bench = Bench {
        random: Random(seed | 1),
        jobs: open_jobs(&url, Some(Arc::new(waker))).await?,
        open: BTreeMap::new(),
        done: BTreeMap::new(),
        under_way: None,
        condemned: BTreeSet::new(),
        erased: Vec::new(),
        sent: 0,
        report: KillsReport::default(),
    };
    for _ in 0..kills {
        bench.act_for_a_while().await?;
        match bench.random.below(3) {
            0 => {
                postgres.kill();
                bench.report.postgres += 1;
                bench.act_for_a_while().await?;
                postgres.start_again().await?;
            }
            1 => {
                nats.kill();
                bench.report.nats += 1;
                bench.act_for_a_while().await?;
                nats.start_again().await?;
            }
            _ => {
                let number = usize::try_from(bench.random.below(WORKERS as u64))?;
                bench.report.workers += 1;
                // What was there is killed before another takes its place.
                let killed = workers.remove(number);
                drop::<Process>(killed);
                workers.insert(number, begin(number)?);
            }
        }
        bench.check().await.context("after a kill")?;
    }
    let begun = Instant::now();
    while !bench.is_done() {
        ensure!(begun.elapsed() < PATIENCE, "{} jobs are not read to their end", bench.open.len());
        match bench.settle().await {
            Err(error) if is_unavailable(&error) => {}
            settled => settled?,
        }
        bench.check().await.context("in the end")?;
        tokio::time::sleep(PAUSE).await;
    }
    drop(workers);
    bench.compare(&args.ledger).await?;
    let left =
        "SELECT (SELECT count(*) FROM dossier_jobs.inputs), (SELECT coalesce(sum(waiting), 0) FROM
        dossier_jobs.usage), (SELECT sum(bytes) FROM dossier_jobs.usage) =
        (SELECT sum(input_bytes + result_bytes) FROM dossier_jobs.documents)";
    let left = postgres.sql("killed", left)?;
    ensure!(left == "0|0|t", "pages are left, or the count of a tenant is wrong: {left}");
    Ok(bench.report)
}

fn is_unavailable(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<JobsError>();
    matches!(error, Some(JobsError::Store(error)) if error.is_unavailable())
}

impl Bench {
    /// Does what chance says, until its time is over: what is under way is dropped then, its answer unread.
    async fn act_for_a_while(&mut self) -> anyhow::Result<()> {
        let time = Duration::from_millis(self.random.below(LONGEST_MS));
        let acting = async {
            loop {
                match self.act().await {
                    Err(error) if is_unavailable(&error) => tokio::time::sleep(PAUSE).await,
                    acted => acted?,
                }
            }
        };
        match tokio::time::timeout(time, acting).await {
            Ok(ended) => ended,
            Err(_) => Ok(()),
        }
    }

    async fn act(&mut self) -> anyhow::Result<()> {
        self.settle().await?;
        let open = self.open.values().map(|known| known.documents).sum::<usize>();
        match self.random.below(8) {
            0..=5 if open < MOST_OPEN => {
                self.sent += 1;
                self.under_way = Some(UnderWay {
                    name: format!("job {}", self.sent),
                    documents: 1 + usize::try_from(self.random.below(3))?,
                    length: usize::try_from(self.random.below(LONGEST_BYTES))?,
                    is_sent_again: false,
                });
                self.settle().await
            }
            6 => {
                let chosen = usize::try_from(self.random.below(4 * self.open.len() as u64))?;
                if let Some(id) = self.open.keys().nth(chosen).copied() {
                    // From here on nobody may rely on it, whether the answer is seen or not.
                    self.open.remove(&id);
                    self.condemned.insert(id);
                }
                self.settle().await
            }
            _ => {
                tokio::time::sleep(PAUSE).await;
                Ok(())
            }
        }
    }

    /// Does again what is not known to be done.
    async fn settle(&mut self) -> anyhow::Result<()> {
        if let Some(under_way) = &mut self.under_way {
            let sent = under_way.clone();
            under_way.is_sent_again = true;
            let UnderWay { name, documents, length, is_sent_again } = sent;
            self.report.sent_again += usize::from(is_sent_again);
            let mut sent = submission(&name, documents, length);
            sent.idempotency_key = Some(name.clone());
            let id = match self.jobs.submit(sent).await? {
                Submitted::New(job) => job.id,
                Submitted::Again(job) => {
                    ensure!(is_sent_again, "{name} was never sent");
                    self.report.kept_before += 1;
                    job.id
                }
            };
            self.report.acknowledged += 1;
            self.open.insert(id, Known { name, documents, results: BTreeMap::new() });
            self.under_way = None;
        }
        while let Some(id) = self.condemned.first().copied() {
            self.jobs.erase(&tenant()?, id).await?;
            self.condemned.remove(&id);
            self.erased.push(id);
            self.report.erased += 1;
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.open.is_empty() && self.under_way.is_none() && self.condemned.is_empty()
    }

    /// Whether the store has what it acknowledged.
    async fn check(&mut self) -> anyhow::Result<()> {
        let ids = self.open.keys().copied().collect::<Vec<_>>();
        for id in ids {
            let Some(known) = self.open.get_mut(&id) else { continue };
            let looked = look(&self.jobs, id, known, &mut self.report).await;
            match looked {
                Ok(true) => {
                    if let Some(known) = self.open.remove(&id) {
                        self.done.insert(id, known);
                    }
                }
                Ok(false) => {}
                Err(error) if is_unavailable(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Looks at everything once more, and at who says to have read it.
    async fn compare(&mut self, path: &Path) -> anyhow::Result<()> {
        let said = ledger(path)?;
        for (id, known) in &mut self.done {
            ensure!(look(&self.jobs, *id, known, &mut self.report).await?, "{id} is open again");
            let job = self.jobs.job(&tenant()?, *id).await?.context("it is there")?;
            let again = job.documents.iter().filter(|document| document.fence > 1).count();
            self.report.begun_again += again;
            self.report.documents += known.documents;
            self.report.results += known.results.len();
            for (index, result) in &known.results {
                let Some(readers) = said.get(&(id.to_string(), *index)) else { continue };
                let reader = readers.first().context("a reader")?;
                ensure!(readers.len() == 1, "{id} {index} was kept twice: {readers:?}");
                let ends = format!(" by {reader}");
                ensure!(
                    result.ends_with(ends.as_bytes()),
                    "{id} {index} has not {reader}'s result"
                );
            }
        }
        for id in &self.erased {
            ensure!(self.jobs.job(&tenant()?, *id).await?.is_none(), "{id} was erased");
        }
        Ok(())
    }
}

/// Whether a job is as it was seen last, or further; tells whether it is done with.
async fn look(
    jobs: &Jobs,
    id: JobId,
    known: &mut Known,
    report: &mut KillsReport,
) -> anyhow::Result<bool> {
    let name = &known.name;
    let results = jobs.results(&tenant()?, id).await?;
    let results = results.with_context(|| format!("{name} is lost"))?;
    let documents = results.job.documents;
    ensure!(documents.len() == known.documents, "{name} has {} documents", documents.len());
    for (index, document) in documents.iter().enumerate() {
        match (document.state, &results.results[index]) {
            (DocumentState::Succeeded, Some(result)) => {
                let should = format!("{name} {index} by ");
                ensure!(
                    result.starts_with(should.as_bytes()),
                    "{name} {index} has another's result"
                );
                match known.results.insert(index, result.clone()) {
                    Some(before) if before != *result => bail!("{name} {index} has two results"),
                    Some(_) => report.seen_again += 1,
                    None => {}
                }
            }
            (DocumentState::Queued | DocumentState::Running, None) => {
                ensure!(!known.results.contains_key(&index), "{name} {index} lost its result");
            }
            (state, result) => bail!("{name} {index} is {state:?}, with {result:?}"),
        }
    }
    Ok(known.results.len() == known.documents)
}
