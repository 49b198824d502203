//! Many hosts behind one catalogue: a real PostgreSQL, a real server that speaks S3's protocol, and hosts, all as
//! processes of their own. What is published through one serves on all; whatever is killed or cut off, no host
//! serves anything but a whole generation, and none is lost.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use dossier_postgres::PostgresSettings;
use dossier_shared::conformance::{self, Violation};
use dossier_shared::{ArtifactsPlace, ObjectArtifacts, PostgresCatalogue};
use dossier_store::SharedCatalogue;

use crate::job_stores::Postgres;

mod bucket;
use bucket::S3Server;

mod fleet;

mod cut_off;

mod work;
pub use work::{Convergence, Times};

/// What was seen to work.
#[derive(Clone, Debug)]
pub struct SharedHostsReport {
    /// What was done, in order.
    pub done: Vec<String>,
    /// How long hosts took to serve what another one was asked for.
    pub convergence: Convergence,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct SharedHostsArgs {
    /// The program of a host.
    pub host: PathBuf,
    /// The server that speaks S3's protocol; without it, hosts share a folder.
    pub s3: Option<PathBuf>,
    /// Changes whose convergence is measured.
    pub changes: u32,
    /// How often something is killed.
    pub kills: usize,
}

/// Does everything.
///
/// # Errors
/// When a server is not installed, or anything is not as it should be.
pub async fn shared_hosts(args: &SharedHostsArgs) -> anyhow::Result<SharedHostsReport> {
    let folder = tempfile::tempdir()?;
    let mut postgres = Postgres::start(folder.path()).await?;
    let mut done = vec![postgres.version()?];
    let bucket = match &args.s3 {
        Some(program) => Some(S3Server::start(program, folder.path()).await?),
        None => None,
    };
    done.extend(places(bucket.as_ref(), folder.path()).await?);
    done.extend(catalogues(&postgres, folder.path()).await?);
    let mut fleet = fleet::Fleet::start(&postgres, bucket.as_ref(), args, folder.path()).await?;
    let convergence = work::all(&mut fleet, args.changes, &mut done).await?;
    work::at_once(&mut fleet, &mut postgres, args.kills, &mut done).await?;
    cut_off::all(&mut fleet, &mut postgres, &mut done).await?;
    if let Some(bucket) = &bucket {
        cut_off::tampered(&mut fleet, bucket, &mut done).await?;
    }
    Ok(SharedHostsReport { done, convergence })
}

/// Places of packages do what any must.
async fn places(bucket: Option<&S3Server>, folder: &Path) -> anyhow::Result<Vec<String>> {
    let own = folder.join("a-folder");
    std::fs::create_dir(&own)?;
    let place = ArtifactsPlace::Folder(own);
    conformance::artifacts(&ObjectArtifacts::open(&place)?).await.map_err(violated)?;
    let mut done =
        vec!["a folder keeps packages, and what was changed there is refused".to_owned()];
    if let Some(bucket) = bucket {
        conformance::artifacts(&bucket.packages("rules")?).await.map_err(violated)?;
        done.push("so does a bucket".to_owned());
    }
    Ok(done)
}

/// The catalogue on PostgreSQL does what any must, over the socket and, encrypted, over the network.
async fn catalogues(postgres: &Postgres, folder: &Path) -> anyhow::Result<Vec<String>> {
    let certificate = postgres.certificate()?;
    std::fs::write(folder.join("database.pem"), &certificate)?;
    for (database, url, trusted) in [
        ("rules_socket", postgres.url("rules_socket")?, None),
        ("rules_tls", postgres.url_by_network("rules_tls", ""), Some(certificate.as_slice())),
    ] {
        postgres.create(database)?;
        let settings = PostgresSettings::new(&url, trusted, PostgresCatalogue::CONNECTIONS)?;
        let catalogue = Arc::new(PostgresCatalogue::new(settings)?) as Arc<dyn SharedCatalogue>;
        let held = conformance::catalogue(&catalogue).await.map_err(violated);
        held.with_context(|| database.to_owned())?;
    }
    Ok(vec![
        "PostgreSQL keeps the catalogue: nothing of many hosts is lost or comes twice".to_owned(),
    ])
}

fn violated(violation: Violation) -> anyhow::Error {
    anyhow::anyhow!("a rule does not hold: {violation}")
}
