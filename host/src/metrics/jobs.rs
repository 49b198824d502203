//! Jobs: how much waits, and what became of documents.

use std::fmt;

use dossier_jobs::{JobsStanding, WakerStanding};

use super::writer::Writer;

/// Writes how jobs stood at the last look at the clock: a second ago at most.
pub(super) fn write(to: &mut Writer<'_>, jobs: JobsStanding) -> fmt::Result {
    let help = "Documents of jobs that wait, in the whole store";
    to.gauge("dossier_job_documents_waiting", help, jobs.waiting)?;
    let help = "Documents of jobs that are read, in the whole store";
    to.gauge("dossier_job_documents_running", help, jobs.running)?;
    let help = "How long the longest of those that wait could have been begun";
    to.gauge("dossier_job_documents_oldest_seconds", help, jobs.oldest_ms as f64 / 1000.0)?;
    let help = "1 while the store of jobs answers";
    to.gauge("dossier_job_store_available", help, u64::from(jobs.is_available))?;
    let outcomes =
        [("succeeded", jobs.succeeded), ("failed", jobs.failed), ("tried_again", jobs.tried_again)];
    let help = "Documents of jobs that this host was done with, or begins again";
    let series = |(outcome, count): (&'static str, u64)| ([("outcome", outcome)], count as f64);
    to.counters("dossier_job_documents", help, outcomes.map(series))?;
    let outcomes = [
        ("delivered", jobs.delivered),
        ("tried_again", jobs.undelivered),
        ("given_up", jobs.given_up),
    ];
    to.counters("dossier_job_webhooks", "Attempts to tell of a job", outcomes.map(series))?;
    to.counter("dossier_jobs_expired", "Jobs whose time was over", jobs.expired)
}

/// Writes how waking other hosts stands, where there are any.
pub(super) fn write_waking(to: &mut Writer<'_>, waking: WakerStanding) -> fmt::Result {
    let help = "1 while other hosts that share the store of jobs are reached";
    to.gauge("dossier_job_waking_connected", help, u64::from(waking.is_connected))?;
    let outcomes = [
        ("told", waking.told),
        ("untold", waking.untold),
        ("heard", waking.heard),
        ("poison", waking.poison),
    ];
    let series = |(outcome, count): (&'static str, u64)| ([("outcome", outcome)], count as f64);
    let help = "Hints between hosts that documents of jobs may be begun";
    to.counters("dossier_job_hints", help, outcomes.map(series))
}
