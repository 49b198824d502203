//! Hosts without the database, and packages that somebody changed.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use dossier_shared::conformance;
use serde_json::json;

use super::S3Server;
use super::fleet::{Fleet, PASSPORT, PATIENCE, PREFIX, RULES};
use super::work::{same_everywhere, served_by};
use crate::job_stores::Postgres;
use crate::{Client, samples_of};

/// The database hangs, and then is gone: hosts serve on, say so, and are not ready after a while.
pub(super) async fn all(
    fleet: &mut Fleet,
    postgres: &mut Postgres,
    done: &mut Vec<String>,
) -> anyhow::Result<()> {
    let pages = samples_of(PASSPORT)?.swap_remove(0).pages;
    let package = fleet.publish(0).await?;
    let before = same_everywhere(fleet).await?;
    for host in 0..fleet.count() {
        let client = fleet.client(host)?;
        ensure!(client.get("/readyz").await?.status == 200, "host {host} is not ready");
    }
    postgres.freeze(true)?;
    for host in 0..fleet.count() {
        let client = fleet.client(host)?;
        let told = until_unready(&client).await?;
        ensure!(told.contains("shared catalogue"), "no reason is told: {told}");
        ensure!(stale_seconds(&client).await? > 0.0, "nothing is said to be stale");
        let (generation, _) = served_by(&client, &pages).await?;
        ensure!(generation == before, "host {host} serves another generation");
    }
    postgres.freeze(false)?;
    until_ready(fleet).await?;
    ensure!(same_everywhere(fleet).await? == before, "something changed by itself");
    done.push("while PostgreSQL hangs, hosts serve on, say so, and are not ready".to_owned());

    postgres.kill();
    for host in 0..fleet.count() {
        until_unready(&fleet.client(host)?).await?;
    }
    let refused = fleet.admin(1)?.change(RULES, "activate", json!({"package": package})).await;
    let refused = refused.err().context("a change without the catalogue is refused")?.to_string();
    ensure!(refused.contains("503"), "{refused}");
    // Nothing but its own disk tells it what to serve.
    fleet.kill(2);
    fleet.start_again(2).await?;
    let (generation, _) = served_by(&fleet.client(2)?, &pages).await?;
    ensure!(generation == before, "a host that starts cut off serves another generation");
    postgres.start_again().await?;
    until_ready(fleet).await?;
    let admin = fleet.admin(1)?;
    let generation = admin.change(RULES, "activate", json!({"package": package})).await?;
    fleet.converge(generation).await?;
    done.push(
        "without PostgreSQL nothing is changed, a host starts again with what it served, and all come back"
            .to_owned(),
    );

    let joined = fleet.join().await?;
    let (found, _) = served_by(&joined.client(), &pages).await?;
    ensure!(found == same_everywhere(fleet).await?, "who joins serves something else: {found}");
    done.push("a host that joins with an empty disk serves what all serve".to_owned());
    Ok(())
}

/// What somebody changed in the bucket is served by nobody.
pub(super) async fn tampered(
    fleet: &mut Fleet,
    bucket: &S3Server,
    done: &mut Vec<String>,
) -> anyhow::Result<()> {
    let status = fleet.admin(0)?.status(RULES).await?;
    let active = status["active"].as_str().context("an active package")?;
    let (packages, package) = (bucket.packages(PREFIX)?, active.parse()?);
    let changed = conformance::overwrite(&packages, package, b"no package".to_vec()).await;
    changed.map_err(|violation| anyhow::anyhow!("{violation}"))?;
    let refused = fleet.join().await.err().context("a changed package is refused")?.to_string();
    ensure!(refused.contains(active), "the package is not named: {refused}");
    done.push("a package that was changed in the bucket is refused by name".to_owned());
    Ok(())
}

/// Waits until a host is not ready, and what it says then.
async fn until_unready(client: &Client) -> anyhow::Result<String> {
    let begun = Instant::now();
    loop {
        let answer = client.get("/readyz").await?;
        if answer.status == 503 {
            return Ok(answer.text);
        }
        ensure!(begun.elapsed() < PATIENCE, "it stays ready");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn until_ready(fleet: &Fleet) -> anyhow::Result<()> {
    let begun = Instant::now();
    for host in 0..fleet.count() {
        let client = fleet.client(host)?;
        while client.get("/readyz").await?.status != 200 {
            ensure!(begun.elapsed() < PATIENCE, "host {host} does not come back");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

/// How long a host says that it has not followed.
async fn stale_seconds(client: &Client) -> anyhow::Result<f64> {
    let answer = client.get("/metrics").await?;
    let mut lines = answer.text.lines();
    let line = lines.find(|line| line.starts_with("dossier_catalogue_stale_seconds "));
    let line = line.context("a metric of it")?;
    Ok(line.rsplit(' ').next().context("a number")?.parse()?)
}
