//! What the store on PostgreSQL does when nothing is killed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use dossier_jobs::conformance::{self, Bench, Violation};
use dossier_jobs::{
    InvalidPostgres, JobStore as _, JobsError, PostgresSettings, PostgresStore, StoreError,
    Submitted,
};

use super::servers::Postgres;
use super::work::{open_jobs, submission, tenant};

const CONNECTIONS: usize = 8;
/// Steps of the bench a seed.
const STEPS: usize = 200;
/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Submissions at once.
const AT_ONCE: usize = 4;

pub(super) async fn all(postgres: &Postgres, seeds: u64) -> anyhow::Result<Vec<String>> {
    let mut done = Vec::new();
    postgres.create("rules")?;
    let store = open(&postgres.url("rules")?).await?;
    conformance::rules(&store).await.map_err(violated)?;
    done.push("the rules of a store hold".to_owned());
    for seed in 1..=seeds {
        let database = format!("bench{seed}");
        postgres.create(&database)?;
        let store = open(&postgres.url(&database)?).await?;
        let mut bench = Bench::new(seed);
        let ran = bench.run(&store, STEPS).await.map_err(violated);
        ran.with_context(|| format!("seed {seed}"))?;
        // Another host sees the same.
        let store = open(&postgres.url(&database)?).await?;
        bench.compare(&store).await.map_err(violated).with_context(|| format!("seed {seed}"))?;
    }
    done.push(format!("{seeds} seeds of {STEPS} steps are what a model says"));
    format_is_known(postgres).await?;
    done.push(
        "another format is refused, and hosts that start at once make the tables once".into(),
    );
    encrypted(postgres).await?;
    done.push("TLS is spoken with whoever is vouched for, and nobody else".to_owned());
    begun_again(postgres).await?;
    done.push("what the server undoes is begun again, and not for ever".to_owned());
    bounded(postgres).await?;
    done.push("whoever finds no connection waits a moment, and no longer".to_owned());
    sent_twice_at_once(postgres).await?;
    done.push("what two hosts send at once under one key is one job".to_owned());
    none_is_missed(postgres).await?;
    done.push("whoever lists from the newest on misses no job".to_owned());
    Ok(done)
}

fn violated(violation: Violation) -> anyhow::Error {
    anyhow::anyhow!("{violation:?}")
}

async fn open(url: &str) -> anyhow::Result<PostgresStore> {
    Ok(PostgresStore::open(PostgresSettings::new(url, None, CONNECTIONS)?).await?)
}

async fn format_is_known(postgres: &Postgres) -> anyhow::Result<()> {
    postgres.create("format")?;
    let url = postgres.url("format")?;
    let (first, second, third) = tokio::join!(open(&url), open(&url), open(&url));
    for store in [first, second, third] {
        ensure!(store?.lag(0).await?.waiting == 0, "nothing waits");
    }
    postgres.sql("format", "UPDATE dossier_jobs.meta SET value = '7' WHERE name = 'format'")?;
    let settings = PostgresSettings::new(&url, None, CONNECTIONS)?;
    let refused = PostgresStore::open(settings).await;
    ensure!(matches!(refused, Err(StoreError::Format { found: 7, known: 1 })), "{refused:?}");
    Ok(())
}

async fn encrypted(postgres: &Postgres) -> anyhow::Result<()> {
    postgres.create("encrypted")?;
    let certificate = postgres.certificate()?;
    let opened = async |query: &str, trusted: Option<&[u8]>| {
        let url = postgres.url_by_network("encrypted", query);
        let opened = PostgresStore::open(PostgresSettings::new(&url, trusted, 2)?).await;
        if let Err(error) = &opened {
            let shown = format!("{error} {error:?}");
            ensure!(!shown.contains(postgres.password()), "{shown}");
        }
        anyhow::Ok(opened)
    };
    for query in ["", "?sslmode=require", "?sslmode=verify-full"] {
        let store = opened(query, Some(&certificate)).await?.context("it is vouched for")?;
        ensure!(store.lag(0).await?.waiting == 0, "nothing waits");
        match opened(query, None).await {
            Ok(refused) => ensure!(matches!(&refused, Err(error) if error.is_unavailable())),
            // A machine that trusts nobody.
            Err(error) => ensure!(error.downcast_ref::<InvalidPostgres>().is_some(), "{error}"),
        }
    }
    // The server takes nobody who is not encrypted.
    let refused = opened("?sslmode=disable", None).await?;
    ensure!(refused.is_err_and(|error| error.is_unavailable()), "it is refused");
    let ended = postgres.url_by_network("encrypted", "").replace("not%20a", "another");
    let refused = PostgresStore::open(PostgresSettings::new(&ended, Some(&certificate), 2)?).await;
    ensure!(matches!(&refused, Err(error) if error.is_unavailable()), "{refused:?}");
    ensure!(!format!("{refused:?}").contains("secret"), "{refused:?}");
    Ok(())
}

/// The first insertions are undone, as many as the sequence has left: it does not go back with a transaction.
async fn begun_again(postgres: &Postgres) -> anyhow::Result<()> {
    postgres.create("undone")?;
    let jobs = open_jobs(&postgres.url("undone")?, None).await?;
    let trigger = "CREATE SEQUENCE tries;
        CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('public.tries') <= 3 THEN
                RAISE EXCEPTION 'for the sake of another' USING ERRCODE = '40001';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER undo BEFORE INSERT ON dossier_jobs.jobs
        FOR EACH ROW EXECUTE FUNCTION undo()";
    postgres.sql("undone", trigger)?;
    let submitted = jobs.submit(submission("undone", 1, 100)).await?;
    ensure!(matches!(submitted, Submitted::New(_)), "{submitted:?}");
    let tries = || postgres.sql("undone", "SELECT last_value FROM tries");
    ensure!(tries()? == "4", "it was tried {} times", tries()?);
    postgres.sql("undone", "ALTER SEQUENCE tries MINVALUE -1000 RESTART WITH -1000")?;
    let refused = jobs.submit(submission("never", 1, 100)).await;
    let is_refused = matches!(&refused, Err(JobsError::Store(error)) if error.is_unavailable());
    ensure!(is_refused, "{refused:?}");
    ensure!(tries()? == "-995", "it was tried until {}", tries()?);
    let kept = "SELECT (SELECT count(*) FROM dossier_jobs.jobs), (SELECT count(*) FROM dossier_jobs.inputs)";
    let kept = postgres.sql("undone", kept)?;
    ensure!(kept == "1|1", "of what is undone something is left: {kept}");
    Ok(())
}

/// Somebody locks the documents; the one connection waits for them.
async fn bounded(postgres: &Postgres) -> anyhow::Result<()> {
    postgres.create("bounded")?;
    let settings = PostgresSettings::new(&postgres.url("bounded")?, None, 1)?;
    let store = Arc::new(PostgresStore::open(settings).await?);
    let locked = "BEGIN; LOCK TABLE dossier_jobs.documents; SELECT pg_sleep(3600)";
    let holder = postgres.sql_process("bounded", locked)?;
    let until = async |condition: &str| {
        let asked = format!("SELECT EXISTS (SELECT FROM {condition})");
        let begun = Instant::now();
        while postgres.sql("bounded", &asked)? != "t" {
            ensure!(begun.elapsed() < PATIENCE, "{condition}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    };
    let lock = "pg_locks WHERE mode = 'AccessExclusiveLock' AND granted
        AND relation = 'dossier_jobs.documents'::regclass";
    until(lock).await?;
    let first = Arc::clone(&store);
    let first = tokio::spawn(async move { first.lag(0).await });
    until("pg_stat_activity WHERE application_name = 'dossier' AND wait_event_type = 'Lock'")
        .await?;
    let second = store.lag(0).await;
    ensure!(matches!(&second, Err(error) if error.is_unavailable()), "{second:?}");
    let end = format!("SELECT pg_terminate_backend(pid) FROM {lock}");
    postgres.sql("bounded", &end)?;
    drop(holder);
    // On a slow machine the server has ended the first, too.
    let first = first.await?;
    ensure!(first.as_ref().map_or_else(StoreError::is_unavailable, |lag| lag.waiting == 0));
    ensure!(store.lag(0).await?.waiting == 0, "the connection is free again");
    Ok(())
}

async fn sent_twice_at_once(postgres: &Postgres) -> anyhow::Result<()> {
    postgres.create("twice")?;
    let url = postgres.url("twice")?;
    let hosts = [open_jobs(&url, None).await?, open_jobs(&url, None).await?];
    for round in 0..20 {
        let send = |host: usize| {
            let mut sent = submission(&format!("round {round}"), 2, 10_000);
            sent.idempotency_key = Some(format!("key {round}"));
            hosts[host].submit(sent)
        };
        let sent = tokio::join!(send(0), send(1), send(0), send(1));
        let sent = [sent.0?, sent.1?, sent.2?, sent.3?];
        let new = sent.iter().filter(|sent| matches!(sent, Submitted::New(_))).count();
        let ids = sent.iter().map(|sent| match sent {
            Submitted::New(job) | Submitted::Again(job) => job.id,
        });
        let ids = ids.collect::<BTreeSet<_>>();
        ensure!((new, ids.len()) == (1, 1), "{sent:?}");
    }
    let inputs = postgres.sql("twice", "SELECT count(*) FROM dossier_jobs.inputs")?;
    ensure!(inputs == "40", "{inputs} documents are kept");
    Ok(())
}

/// Several hosts submit while somebody lists: no job comes behind one that was seen.
async fn none_is_missed(postgres: &Postgres) -> anyhow::Result<()> {
    postgres.create("listed")?;
    let url = postgres.url("listed")?;
    let mut submitting = tokio::task::JoinSet::new();
    for host in 0..AT_ONCE {
        let jobs = open_jobs(&url, None).await?;
        submitting.spawn(async move {
            for round in 0..40 {
                let length = 1 + (round * 7_919 * (host + 1)) % 100_000;
                jobs.submit(submission(&format!("{host} {round}"), 1, length)).await?;
            }
            Ok::<_, JobsError>(())
        });
    }
    let store = open(&url).await?;
    let mut seen = BTreeSet::new();
    let mut is_done = false;
    while !is_done {
        is_done = submitting.is_empty();
        let listed = store.list(tenant()?, None, 1_000).await?;
        let newest = seen.last().copied().unwrap_or(0);
        for job in &listed {
            let is_new = seen.insert(job.number);
            ensure!(!is_new || job.number > newest, "{} came behind {newest}", job.number);
        }
        while let Some(ended) = submitting.try_join_next() {
            ended??;
        }
    }
    ensure!(seen.len() == AT_ONCE * 40, "{} jobs were seen", seen.len());
    Ok(())
}
