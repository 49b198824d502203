//! Changes through any host, one after the other and at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::fleet::{Fleet, PASSPORT, PATIENCE, RULES};
use crate::job_stores::Postgres;
use crate::{AdminClient, Client, samples_of};

/// Changes that each host is asked for at once.
const AT_ONCE: usize = 8;

/// How long hosts took to serve what another one was asked for, after it had answered.
#[derive(Clone, Debug, Default)]
pub struct Convergence {
    /// Packages that were activated as soon as they were published: hosts may still be making them ready.
    pub just_published: Times,
    /// Rollbacks, to packages that every host has ready.
    pub ready: Times,
}

/// How long the last host took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// Changes that were looked at.
    pub changes: usize,
    /// The longest.
    pub longest: Duration,
    /// Half took no longer.
    pub median: Duration,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self {
            changes: times.len(),
            longest: times.last().copied().unwrap_or_default(),
            median: times.get(times.len() / 2).copied().unwrap_or_default(),
        }
    }
}

/// Publishes through one host and activates through another, and looks at what all of them answer meanwhile.
pub(super) async fn all(
    fleet: &mut Fleet,
    changes: u32,
    done: &mut Vec<String>,
) -> anyhow::Result<Convergence> {
    fleet.converge(1).await?;
    let mut imported = BTreeSet::new();
    for host in 0..fleet.count() {
        let status = fleet.admin(host)?.status(RULES).await?;
        ensure!(status["generation"] == 1, "host {host} began by itself: {status}");
        imported.insert(status["active"].to_string());
    }
    ensure!(imported.len() == 1, "hosts began with different packages");
    let (history, _) = history(&fleet.admin(0)?).await?;
    let imports = count(&history, "import");
    ensure!(imports == 1, "{imports} hosts brought their folders");
    done.push(format!("{} hosts start at once, and one of them begins", fleet.count()));
    let watching = Watching::start(fleet)?;
    let (mut just_published, mut ready) = (Vec::new(), Vec::new());
    for change in 0..changes {
        let (by, through) =
            (change as usize % fleet.count(), (change as usize + 1) % fleet.count());
        let package = fleet.publish(by).await?;
        let body = json!({"package": package});
        let generation = fleet.admin(through)?.change(RULES, "activate", body.clone()).await?;
        just_published.push(fleet.converge(generation).await?);
        // Back and forth between two that all have ready.
        let generation = fleet.admin(by)?.change(RULES, "rollback", Value::Null).await?;
        ready.push(fleet.converge(generation).await?);
        let generation = fleet.admin(through)?.change(RULES, "activate", body).await?;
        ready.push(fleet.converge(generation).await?);
    }
    let convergence =
        Convergence { just_published: Times::of(just_published), ready: Times::of(ready) };
    let answers = watching.end().await?;
    done.push(format!(
        "{changes} packages were published through one host and activated through another; {answers} documents \
         meanwhile, each read by one whole generation"
    ));
    Ok(convergence)
}

/// Asks every host for changes of one name at the same time, and kills hosts and the database in the middle.
pub(super) async fn at_once(
    fleet: &mut Fleet,
    postgres: &mut Postgres,
    kills: usize,
    done: &mut Vec<String>,
) -> anyhow::Result<()> {
    let packages = [fleet.publish(0).await?, fleet.publish(1).await?];
    let (_, before) = history(&fleet.admin(0)?).await?;
    let mut acknowledged = ask_all(fleet, &packages, AT_ONCE).await?;
    let asked = fleet.count() * AT_ONCE;
    ensure!(acknowledged.len() == asked, "{} of {asked} were made", acknowledged.len());
    let last = *acknowledged.last().context("a change")?;
    fleet.converge(last).await?;
    let (_, after) = history(&fleet.admin(0)?).await?;
    ensure!(after == before + asked, "the history has {} more for {asked}", after - before);
    done.push(format!(
        "{asked} changes of one name through {} hosts at once: each made a generation of its own",
        fleet.count()
    ));
    let mut made = 0;
    for kill in 0..kills {
        let victim = kill % (fleet.count() + 1);
        let hosts = (0..fleet.count()).map(|host| fleet.admin(host));
        let hosts = hosts.collect::<anyhow::Result<Vec<_>>>()?;
        let (asking, stopped) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        let mut asking = asking;
        for admin in hosts {
            let (packages, stopped) = (packages.clone(), Arc::clone(&stopped));
            asking.spawn(async move { until_stopped(&admin, &packages, &stopped).await });
        }
        tokio::time::sleep(Duration::from_millis(150 + 70 * kill as u64)).await;
        if victim == fleet.count() {
            postgres.kill();
            postgres.start_again().await?;
        } else {
            fleet.kill(victim);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        stopped.store(true, Ordering::Relaxed);
        while let Some(told) = asking.join_next().await {
            acknowledged.extend(told?);
        }
        if victim < fleet.count() {
            fleet.start_again(victim).await?;
        }
        let unique = acknowledged.iter().collect::<BTreeSet<_>>().len();
        ensure!(unique == acknowledged.len(), "a generation was acknowledged twice");
        let last = *acknowledged.iter().max().context("a change")?;
        fleet.converge(last).await?;
        made = same_everywhere(fleet).await?;
        let numbers = acknowledged.iter().filter(|number| **number > made).count();
        ensure!(numbers == 0, "{numbers} acknowledged changes are lost");
    }
    done.push(format!(
        "{kills} times a host or PostgreSQL was killed in the middle of changes: {} acknowledged, none lost, at \
         generation {made} all serve the same",
        acknowledged.len()
    ));
    Ok(())
}

/// Asks every host for so many activations, all at once; the generations that were acknowledged, in order.
async fn ask_all(fleet: &Fleet, packages: &[String; 2], times: usize) -> anyhow::Result<Vec<u64>> {
    let mut asking = JoinSet::new();
    for host in 0..fleet.count() {
        let (admin, packages) = (fleet.admin(host)?, packages.clone());
        asking.spawn(async move {
            let mut generations = Vec::new();
            for time in 0..times {
                let package = &packages[(host + time) % 2];
                let body = json!({"package": package});
                generations.push(admin.change(RULES, "activate", body).await?);
            }
            Ok::<_, anyhow::Error>(generations)
        });
    }
    let mut generations = Vec::new();
    while let Some(told) = asking.join_next().await {
        generations.extend(told??);
    }
    generations.sort_unstable();
    let unique = generations.iter().collect::<BTreeSet<_>>().len();
    ensure!(unique == generations.len(), "two changes made one generation");
    Ok(generations)
}

/// Asks one host until it is told to stop, or the host is gone.
async fn until_stopped(
    admin: &AdminClient,
    packages: &[String; 2],
    stopped: &AtomicBool,
) -> Vec<u64> {
    let mut generations = Vec::new();
    let mut turn = 0;
    while !stopped.load(Ordering::Relaxed) {
        turn += 1;
        let asked = admin.change(RULES, "activate", json!({"package": packages[turn % 2]}));
        // What was not acknowledged may be made or not.
        generations.extend(asked.await.ok());
    }
    generations
}

/// Whether all hosts serve the same generation, and the same by it.
pub(super) async fn same_everywhere(fleet: &Fleet) -> anyhow::Result<u64> {
    let begun = std::time::Instant::now();
    loop {
        let mut told = BTreeMap::<u64, BTreeSet<String>>::new();
        for host in 0..fleet.count() {
            let status = fleet.admin(host)?.status(RULES).await?;
            let generation = status["generation"].as_u64().context("a generation")?;
            told.entry(generation).or_default().insert(status["active"].to_string());
        }
        ensure!(told.values().all(|active| active.len() == 1), "hosts mix: {told:?}");
        if let (1, Some((generation, _))) = (told.len(), told.first_key_value()) {
            return Ok(*generation);
        }
        ensure!(begun.elapsed() < PATIENCE, "hosts do not come together: {told:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the history of a host has, and how many activations.
async fn history(admin: &AdminClient) -> anyhow::Result<(Value, usize)> {
    let path = "/v1/history?limit=1000";
    let (_, history) = admin.ask(reqwest::Method::GET, path, Vec::new()).await?;
    let activations = count(&history, "activate");
    Ok((history, activations))
}

fn count(history: &Value, action: &str) -> usize {
    let events = history["events"].as_array().map(Vec::as_slice).unwrap_or_default();
    events.iter().filter(|event| event["action"] == action).count()
}

/// Sends documents to all hosts, and holds what served one generation against what served it elsewhere.
struct Watching {
    stopped: Arc<AtomicBool>,
    asking: JoinSet<anyhow::Result<Vec<(u64, String)>>>,
}

impl Watching {
    fn start(fleet: &Fleet) -> anyhow::Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let pages = Arc::new(samples_of(PASSPORT)?.swap_remove(0).pages);
        let mut asking = JoinSet::new();
        for host in 0..fleet.count() {
            let (client, pages, stopped) =
                (fleet.client(host)?, Arc::clone(&pages), Arc::clone(&stopped));
            asking.spawn(async move {
                let mut served = Vec::new();
                while !stopped.load(Ordering::Relaxed) {
                    served.push(served_by(&client, &pages).await?);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Ok(served)
            });
        }
        Ok(Self { stopped, asking })
    }

    async fn end(mut self) -> anyhow::Result<usize> {
        self.stopped.store(true, Ordering::Relaxed);
        let (mut by_generation, mut answers) = (BTreeMap::new(), 0);
        while let Some(served) = self.asking.join_next().await {
            let mut last = 0;
            for (generation, what) in served?? {
                ensure!(generation >= last, "a host went back from {last} to {generation}");
                last = generation;
                answers += 1;
                let known = by_generation.entry(generation).or_insert_with(|| what.clone());
                ensure!(*known == what, "generation {generation} is {known} and {what}");
            }
        }
        Ok(answers)
    }
}

/// The generation that read a document, and what else did.
pub(super) async fn served_by(client: &Client, pages: &[Vec<u8>]) -> anyhow::Result<(u64, String)> {
    let answer = client.extract_fields(PASSPORT, pages, "surname").await?;
    ensure!(answer.status == 200, "{}", answer.text);
    let served = &answer.body["served_by"];
    let generation = served["generation"].as_u64().context("a generation")?;
    Ok((generation, format!("{} {}", served["rules"], served["adapter"])))
}
