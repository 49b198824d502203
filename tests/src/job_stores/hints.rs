//! Hints over a broker that answers, is away, is slow, and is told nonsense.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use dossier_jobs::{Jobs, NatsSettings, NatsWaker, Outcome, Submitted, Waker as _, WakerStanding};

use tokio::task::JoinSet;

use super::servers::{Nats, Postgres};
use super::work::{STREAM, open_jobs, submission, tenant};

/// Longer than anything here takes: who is not woken waits as long.
const FOR_EVER: Duration = Duration::from_secs(24 * 60 * 60);
/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(50);
/// How long a hint is waited for before it is taken for lost.
const LOST: Duration = Duration::from_secs(10);

/// A host that shares a store, and wakes and is woken.
struct Host {
    jobs: Arc<Jobs>,
    waker: Arc<NatsWaker>,
}

impl Host {
    async fn start(postgres: &Postgres, nats: &Nats) -> anyhow::Result<Self> {
        let settings = NatsSettings::new(&nats.url(), None, STREAM)?;
        let waker = Arc::new(NatsWaker::start(settings).await?);
        let jobs = open_jobs(&postgres.url("hints")?, Some(Arc::clone(&waker))).await?;
        Ok(Self { jobs, waker })
    }

    async fn submit(&self, name: &str) -> anyhow::Result<()> {
        let submitted = self.jobs.submit(submission(name, 1, 100)).await?;
        ensure!(matches!(submitted, Submitted::New(_)), "{submitted:?}");
        Ok(())
    }

    /// Reads all that waits, without being woken.
    async fn read(&self) -> anyhow::Result<usize> {
        let mut count = 0;
        while let Some(task) = self.jobs.claim().await? {
            self.jobs.complete(&task, Outcome::Succeeded, b"{}").await?;
            count += 1;
        }
        Ok(count)
    }

    async fn until(&self, what: &str, holds: impl Fn(WakerStanding) -> bool) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !holds(self.waker.standing()) {
            ensure!(begun.elapsed() < PATIENCE, "{what}: {:?}", self.waker.standing());
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}

pub(super) async fn all(postgres: &Postgres, nats: &mut Nats) -> anyhow::Result<Vec<String>> {
    postgres.create("hints")?;
    let sender = Host::start(postgres, nats).await?;
    let reader = Host::start(postgres, nats).await?;
    sender.until("it is reached", |standing| standing.is_connected).await?;
    reader.until("it is reached", |standing| standing.is_connected).await?;
    woken(&sender, &reader, "first").await?;
    let mut done = vec!["a host that has nothing to do is woken by another".to_owned()];

    let before = reader.waker.standing();
    nats.publish(&format!("{STREAM}.work"), "nonsense")?;
    let mut waiting = JoinSet::new();
    let jobs = Arc::clone(&reader.jobs);
    waiting.spawn(async move {
        loop {
            jobs.woken(FOR_EVER).await;
        }
    });
    reader.until("nonsense comes", |standing| standing.poison > before.poison).await?;
    drop(waiting);
    woken(&sender, &reader, "after nonsense").await?;
    let after = reader.waker.standing();
    ensure!(after.poison == before.poison + 1, "it came again: {after:?}");
    done.push("what is no hint is thrown away, and what comes behind it is heard".to_owned());

    nats.freeze(true)?;
    for number in 0..20 {
        sender.submit(&format!("slow {number}")).await?;
    }
    ensure!(reader.read().await? == 20, "all are read without a hint");
    sender.until("it tells of it", |standing| standing.untold > 0).await?;
    nats.freeze(false)?;
    woken(&sender, &reader, "after it was slow").await?;
    done.push("a broker that answers nothing holds no submission up".to_owned());

    nats.kill();
    sender.until("it is away", |standing| !standing.is_connected).await?;
    let untold = sender.waker.standing().untold;
    for number in 0..20 {
        sender.submit(&format!("away {number}")).await?;
    }
    ensure!(reader.read().await? == 20, "all are read without a hint");
    sender.until("it tells of it", |standing| standing.untold > untold).await?;
    nats.start_again().await?;
    sender.until("it is reached again", |standing| standing.is_connected).await?;
    reader.until("it is reached again", |standing| standing.is_connected).await?;
    woken(&sender, &reader, "after it was away").await?;
    done.push("a broker that was killed is reached again, and its stream made again".to_owned());
    let left = sender.jobs.list(&tenant()?, None, 1_000).await?.context("a list")?;
    let open = left.iter().filter(|job| !job.state().is_final()).count();
    ensure!(left.len() > 40 && open == 0, "{open} of {} are open", left.len());
    Ok(done)
}

/// A host that would wait for ever is woken by what another submits. A hint that was given to a broker that did
/// not have its stream yet is lost, so more is submitted until one comes.
async fn woken(sender: &Host, reader: &Host, name: &str) -> anyhow::Result<()> {
    let heard = reader.waker.standing().heard;
    let begun = Instant::now();
    let mut number = 0;
    while reader.waker.standing().heard == heard {
        let standing = (sender.waker.standing(), reader.waker.standing());
        ensure!(begun.elapsed() < PATIENCE, "{name}: nobody is woken: {standing:?}");
        reader.read().await?;
        // Whoever begins a document wakes another of its own host: that is over before the hint comes.
        reader.jobs.woken(LOOK).await;
        let jobs = Arc::clone(&reader.jobs);
        let mut waiting = JoinSet::new();
        waiting.spawn(async move { jobs.woken(FOR_EVER).await });
        sender.submit(&format!("{name} {number}")).await?;
        number += 1;
        let woken = tokio::time::timeout(LOST, waiting.join_next()).await;
        woken.ok().flatten().transpose()?;
    }
    reader.read().await?;
    Ok(())
}
