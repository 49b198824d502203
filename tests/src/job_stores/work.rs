//! Hosts that do nothing but read the documents of jobs, as processes of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use dossier_document::Tenant;
use dossier_jobs::{
    Client, Completed, Document, JobSettings, Jobs, MasterKey, NatsSettings, NatsWaker, Outcome,
    PostgresSettings, PostgresStore, Submission, Submitted, Task, TenantLimits,
};

use super::servers::{Nats, Postgres};
use crate::process::Process;

/// The stream that hosts of the tests wake each other by.
pub(super) const STREAM: &str = "DOSSIER_TESTS";
/// How long whoever reads a document holds it.
const LEASE: Duration = Duration::from_secs(3);
/// How long a store is left alone that does not answer.
const PAUSE: Duration = Duration::from_millis(50);
/// How long all documents may take to be read.
const PATIENCE: Duration = Duration::from_secs(300);
const READERS: usize = 3;
const HOSTS: usize = 4;
const JOBS: usize = 60;
const DOCUMENTS: usize = 5;

/// What a worker is told.
#[derive(Clone, Debug)]
pub struct WorkArgs {
    /// The URL of the store.
    pub postgres: String,
    /// The URL of the broker.
    pub nats: String,
    /// Where each result is written down that was kept.
    pub ledger: PathBuf,
}

/// Reads documents for ever.
///
/// # Errors
/// When something is wrong that is no server's being away.
pub async fn work(args: WorkArgs) -> anyhow::Result<()> {
    let settings = NatsSettings::new(&args.nats, None, STREAM)?;
    let waker = Arc::new(NatsWaker::start(settings).await?);
    let jobs = loop {
        match open_jobs(&args.postgres, Some(Arc::clone(&waker))).await {
            Ok(jobs) => break jobs,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    };
    let ledger = File::options().append(true).create(true).open(&args.ledger)?;
    let ledger = Arc::new(ledger);
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..READERS {
        readers.spawn(read_for_ever(Arc::clone(&jobs), Arc::clone(&ledger)));
    }
    let clock = Arc::clone(&jobs);
    readers.spawn(async move {
        loop {
            // Whether it answers is seen by whoever submits.
            let _ = clock.look_at_the_clock().await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    });
    while let Some(ended) = readers.join_next().await {
        ended??;
    }
    Ok(())
}

async fn read_for_ever(jobs: Arc<Jobs>, ledger: Arc<File>) -> anyhow::Result<()> {
    loop {
        match jobs.claim().await {
            Ok(Some(task)) => read(&jobs, &task, &ledger).await?,
            Ok(None) => jobs.woken(Duration::from_secs(1)).await,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn read(jobs: &Jobs, task: &Task, ledger: &File) -> anyhow::Result<()> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    let reader = format!("{}-{}", std::process::id(), task.claim.fence);
    let page = task.document.pages.first().context("a page")?;
    let name = page.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let result = format!("{} by {reader}", String::from_utf8_lossy(name));
    loop {
        match jobs.complete(task, Outcome::Succeeded, result.as_bytes()).await {
            Ok(Completed::Kept { .. }) => {
                let line = format!("{} {} {reader}\n", task.job.id, task.claim.index);
                return Ok((&*ledger).write_all(line.as_bytes())?);
            }
            Ok(Completed::Lost) => return Ok(()),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Jobs of the tests, in the store of a URL.
pub(super) async fn open_jobs(
    postgres: &str,
    waker: Option<Arc<NatsWaker>>,
) -> anyhow::Result<Arc<Jobs>> {
    let store = PostgresStore::open(PostgresSettings::new(postgres, None, 8)?).await?;
    let settings = JobSettings {
        limits: TenantLimits { waiting: 100_000, bytes: 1 << 32 },
        attempts: 10_000,
        lease: LEASE,
        ttl: Duration::from_secs(24 * 60 * 60),
    };
    let master = MasterKey::from_text(&"5a".repeat(32))?;
    let jobs = Jobs::open(Arc::new(store), master, settings).await?;
    Ok(Arc::new(match waker {
        Some(waker) => jobs.woken_by(waker),
        None => jobs,
    }))
}

pub(super) fn tenant() -> anyhow::Result<Tenant> {
    Ok("utopia".parse()?)
}

/// A job whose documents have one page each, which begins with a line of its own.
pub(super) fn submission(name: &str, documents: usize, length: usize) -> Submission {
    let page = |index: usize| {
        let mut page = format!("{name} {index}\n").into_bytes();
        page.resize(page.len() + length, b'.');
        page
    };
    let document = |index| Document {
        document_type: "utopia/passport/2024".parse().expect("a document type"),
        pages: vec![page(index).into()],
        fields: None,
        wanted: dossier_jobs::Wanted::default(),
    };
    Submission {
        tenant: "utopia".parse().expect("a tenant"),
        client: Client::default(),
        subject: None,
        ttl: None,
        idempotency_key: None,
        webhook: None,
        documents: (0..documents).map(document).collect(),
    }
}

/// Starts a worker.
pub(super) fn start(program: &Path, args: &WorkArgs, log: PathBuf) -> anyhow::Result<Process> {
    let mut command = Command::new(program);
    command.arg("--work").args([&args.postgres, &args.nats]).arg(&args.ledger);
    Process::start(&mut command, log)
}

/// Who has said what came of each document, by job and place.
pub(super) fn ledger(path: &Path) -> anyhow::Result<BTreeMap<(String, usize), BTreeSet<String>>> {
    let mut said = BTreeMap::<_, BTreeSet<_>>::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let mut parts = line.split(' ');
        let mut part = || parts.next().context("a line of three parts");
        let (job, index, reader) = (part()?, part()?, part()?);
        said.entry((job.to_owned(), index.parse()?)).or_default().insert(reader.to_owned());
    }
    Ok(said)
}

/// Several hosts read what one submits: each document is begun once.
pub(super) async fn share(
    postgres: &Postgres,
    nats: &Nats,
    worker: &Path,
    folder: &Path,
) -> anyhow::Result<Vec<String>> {
    postgres.create("shared")?;
    let args = WorkArgs {
        postgres: postgres.url("shared")?,
        nats: nats.url(),
        ledger: folder.join("shared.ledger"),
    };
    let log = |host: usize| folder.join(format!("shared-{host}.log"));
    let workers = (0..HOSTS).map(|host| start(worker, &args, log(host)));
    let workers = workers.collect::<anyhow::Result<Vec<_>>>()?;
    let waker = NatsWaker::start(NatsSettings::new(&nats.url(), None, STREAM)?).await?;
    let jobs = open_jobs(&args.postgres, Some(Arc::new(waker))).await?;
    let mut ids = Vec::new();
    for number in 0..JOBS {
        match jobs.submit(submission(&format!("job {number}"), DOCUMENTS, 20_000)).await? {
            Submitted::New(job) => ids.push(job.id),
            Submitted::Again(job) => anyhow::bail!("{job:?} was there"),
        }
    }
    let begun = Instant::now();
    for (number, id) in ids.iter().enumerate() {
        let results = loop {
            let results = jobs.results(&tenant()?, *id).await?.context("it is there")?;
            if results.job.state().is_final() {
                break results;
            }
            ensure!(begun.elapsed() < PATIENCE, "documents are not read to their end");
            tokio::time::sleep(PAUSE).await;
        };
        for (index, document) in results.job.documents.iter().enumerate() {
            ensure!((document.attempts, document.fence) == (1, 1), "{document:?} was begun again");
            let result = results.results[index].as_deref().context("a result")?;
            let should = format!("job {number} {index} by ");
            ensure!(result.starts_with(should.as_bytes()), "{id} {index} has another's result");
        }
    }
    drop(workers);
    let said = ledger(&args.ledger)?;
    let readers = said.values().flatten().filter_map(|reader| reader.split('-').next());
    let readers = readers.collect::<BTreeSet<_>>().len();
    let doubled = said.values().filter(|readers| readers.len() > 1).count();
    ensure!(doubled == 0, "{doubled} documents were read twice");
    ensure!(readers > 1, "one host read everything");
    let count = JOBS * DOCUMENTS;
    Ok(vec![format!(
        "{count} documents were begun once each, shared by {readers} of {HOSTS} hosts"
    )])
}
