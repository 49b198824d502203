//! The store of jobs on a real PostgreSQL, and waking over a real NATS, as processes of their own: whether they do
//! what any store does, several hosts at once, and whatever is killed.

use std::path::Path;

mod servers;
use servers::Nats;
pub(crate) use servers::{Postgres, free_port};

mod work;
pub use work::{WorkArgs, work};

mod rules;

mod kills;
pub use kills::KillsReport;

mod hints;

mod hosts;

/// What was seen to work.
#[derive(Clone, Debug)]
pub struct JobStoresReport {
    /// What the servers tell of themselves.
    pub servers: [String; 2],
    /// What was done with them, in order.
    pub done: Vec<String>,
    /// What came of killing them, and workers.
    pub kills: KillsReport,
}

/// Does everything, with `kills` at random moments, and as many `seeds` of the bench. `worker` is a program that
/// calls [`work`] with what stands behind `--work`, `host` the program of a host. `seed` decides the moments.
///
/// # Errors
/// When PostgreSQL or NATS is not installed, or anything is not as it should be.
pub async fn job_stores(
    (worker, host): (&Path, &Path),
    kills: usize,
    seeds: u64,
    seed: u64,
) -> anyhow::Result<JobStoresReport> {
    let folder = tempfile::tempdir()?;
    let mut postgres = Postgres::start(folder.path()).await?;
    let mut nats = Nats::start(folder.path()).await?;
    let servers = [postgres.version()?, nats.version()?];
    let mut done = rules::all(&postgres, seeds).await?;
    done.extend(work::share(&postgres, &nats, worker, folder.path()).await?);
    done.extend(hints::all(&postgres, &mut nats).await?);
    done.extend(hosts::share(&mut postgres, &mut nats, host, folder.path()).await?);
    let kills = kills::kill(&mut postgres, &mut nats, worker, folder.path(), kills, seed).await?;
    Ok(JobStoresReport { servers, done, kills })
}
