//! Those who read the documents of jobs, one at a time each, as a client's request would be read: with a
//! permit, in the tenant's share, under a deadline, written down in the audit file.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use dossier_document::plain_text;
use dossier_engine::admission::TenantQuota;
use dossier_engine::{
    Conditions, EngineError, ExtractRequest, ModelChoice, RequestId, TypeChoice, extract,
};
use dossier_jobs::{Completed, Jobs, JobsError, Outcome, Task};
use futures_util::FutureExt as _;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tracing::Instrument as _;

use super::sender;
use crate::api::error::Problem;
use crate::api::response::ExtractBody;
use crate::api::{ApiError, App, told};
use crate::auth::Caller;
use crate::outgoing::guarded;

/// Webhooks that are told at a time.
const SENDERS: usize = 4;
/// How long somebody who found nothing waits before looking again, unless woken.
const IDLE: Duration = Duration::from_secs(1);
/// How often somebody looks whether a document that is read is still wanted.
const LOOK: Duration = Duration::from_millis(500);
/// How long a document waits for which there was no permit.
const NO_PERMIT: Duration = Duration::from_millis(250);
/// How long the store is left alone that does not answer.
const UNAVAILABLE: Duration = Duration::from_secs(2);

/// Those who read, and the one who looks at the clock.
#[derive(Debug)]
pub(crate) struct Workers {
    stage: watch::Sender<Stage>,
    tasks: JoinSet<()>,
}

/// How far the end of the host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Documents are begun.
    Working,
    /// Those that were begun are finished.
    Finishing,
    /// Those that are not are given back.
    Ended,
}

impl Workers {
    /// Starts so many, if there are jobs.
    pub(crate) fn start(app: &Arc<App>, count: usize) -> Option<Self> {
        let kept = app.jobs.as_ref()?;
        let jobs = Arc::clone(&kept.jobs);
        let (stage, watched) = watch::channel(Stage::Working);
        let mut tasks = JoinSet::new();
        for _ in 0..count {
            let worker =
                Worker { app: Arc::clone(app), jobs: Arc::clone(&jobs), stage: watched.clone() };
            tasks.spawn(worker.run());
        }
        match guarded::client(kept.reach) {
            Ok(client) => {
                for _ in 0..SENDERS {
                    let (jobs, client) = (Arc::clone(&jobs), client.clone());
                    tasks.spawn(sender::run(jobs, client, kept.reach, watched.clone()));
                }
            }
            Err(error) => tracing::error!(%error, "nobody can be told of jobs"),
        }
        tasks.spawn(look_at_the_clock(jobs, watched));
        Some(Self { stage, tasks })
    }

    /// Begins nothing more.
    pub(crate) fn finish(&self) {
        self.stage.send_replace(Stage::Finishing);
    }

    /// Waits for what was begun, so long at most; then it is given back, for another host or the next start.
    pub(crate) async fn end(mut self, at_most: Duration) {
        self.finish();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(at_most, all).await.is_err() {
            self.stage.send_replace(Stage::Ended);
            while self.tasks.join_next().await.is_some() {}
        }
    }
}

/// Waits until the end is so far; where nobody tells any more, it is.
pub(super) async fn reaches(watched: &mut watch::Receiver<Stage>, stage: Stage) {
    // What is waited for is not held: it is a lock.
    let _ = watched.wait_for(|now| *now >= stage).await.map(drop);
}

async fn look_at_the_clock(jobs: Arc<Jobs>, mut stage: watch::Receiver<Stage>) {
    let mut tick = interval(IDLE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_available = true;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = reaches(&mut stage, Stage::Finishing) => return,
        }
        let looked = jobs.look_at_the_clock().await;
        match &looked {
            Err(error) if was_available => {
                tracing::error!(%error, "jobs can't be reached or written: none is taken, and what waits waits");
            }
            Ok(()) if !was_available => tracing::info!("jobs are reached again"),
            _ => {}
        }
        was_available = looked.is_ok();
    }
}

struct Worker {
    app: Arc<App>,
    jobs: Arc<Jobs>,
    stage: watch::Receiver<Stage>,
}

/// What came of reading a document.
enum Read {
    /// It is done with.
    Done(Outcome, Vec<u8>),
    /// It may go well another time.
    Again(&'static str),
    /// There is no room for it now.
    NoRoom,
}

impl Worker {
    async fn run(mut self) {
        while *self.stage.borrow() == Stage::Working {
            // What can't be read now, for no document's fault, is not tried.
            if !self.app.is_ready() {
                self.pause(UNAVAILABLE).await;
                continue;
            }
            // Where nobody's document would get a permit, none is taken from its place.
            if self.app.admission.check(&TenantQuota::default()).is_err() {
                let wait = self.app.admission.until_the_next_release().unwrap_or(NO_PERMIT);
                self.pause(wait.clamp(NO_PERMIT, IDLE)).await;
                continue;
            }
            match self.jobs.claim().await {
                Ok(Some(task)) => self.work(task).await,
                Ok(None) => {
                    let jobs = Arc::clone(&self.jobs);
                    tokio::select! {
                        () = jobs.woken(IDLE) => {}
                        () = reaches(&mut self.stage, Stage::Finishing) => {}
                    }
                }
                // Whoever looks at the clock has told that the store does not answer.
                Err(JobsError::Store(error)) if error.is_unavailable() => {
                    self.pause(UNAVAILABLE).await;
                }
                Err(error) => {
                    tracing::error!(%error, "a document of a job can't be begun");
                    self.pause(UNAVAILABLE).await;
                }
            }
        }
    }

    async fn pause(&mut self, time: Duration) {
        tokio::select! {
            () = sleep(time) => {}
            () = reaches(&mut self.stage, Stage::Finishing) => {}
        }
    }

    async fn work(&mut self, task: Task) {
        let (job, document) = (task.job.id, task.claim.index + 1);
        let tenant = task.job.tenant.as_str();
        let document_type = tracing::field::Empty;
        let span = tracing::info_span!("job", %job, document, tenant, document_type);
        let mut stage = self.stage.clone();
        let reading = AssertUnwindSafe(read(&self.app, &task)).catch_unwind();
        let done = tokio::select! {
            read = reading.instrument(span.clone()) => read.unwrap_or(Read::Again("internal")),
            () = is_lost(&self.jobs, &task) => {
                span.in_scope(|| tracing::info!("nobody wants the document any more"));
                return;
            }
            () = reaches(&mut stage, Stage::Ended) => {
                // Where the store does not answer either, the time of whoever held it goes by.
                let _ = self.jobs.give_back(task.claim, Duration::ZERO).await;
                return;
            }
        };
        self.say(&task, done).instrument(span).await;
    }

    /// Tells the store what came of a document, until it has heard, or the document is another's.
    async fn say(&self, task: &Task, done: Read) {
        let begun = Instant::now();
        let mut stage = self.stage.clone();
        loop {
            let said = match &done {
                Read::Done(outcome, result) => {
                    self.jobs.complete(task, *outcome, result).await.map(|completed| {
                        let is_kept = completed != Completed::Lost;
                        let (outcome, code) = match outcome {
                            Outcome::Succeeded => ("succeeded", None),
                            Outcome::Failed(code) => ("failed", Some(*code)),
                        };
                        tracing::info!(outcome, code, is_kept, "a document of a job is done with");
                    })
                }
                Read::Again(code) => {
                    let attempts = task.job.documents[task.claim.index as usize].attempts;
                    tracing::warn!(code, attempts, "a document of a job is begun again later");
                    self.jobs.release(task.claim, attempts, code).await.map(drop)
                }
                Read::NoRoom => self.jobs.give_back(task.claim, NO_PERMIT).await.map(drop),
            };
            match said {
                Ok(()) => return,
                // It is said again, or its time goes by and another begins it.
                Err(JobsError::Store(error)) if error.is_unavailable() => {}
                Err(error) => {
                    tracing::error!(%error, "what came of a document can't be kept");
                    return;
                }
            }
            if begun.elapsed() > self.jobs.lease() || *stage.borrow() == Stage::Ended {
                return;
            }
            tokio::select! {
                () = sleep(LOOK) => {}
                () = reaches(&mut stage, Stage::Ended) => {}
            }
        }
    }
}

/// Waits until the document is another's, or nobody's; until then it is held.
async fn is_lost(jobs: &Jobs, task: &Task) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut renewed = Instant::now();
    loop {
        look.tick().await;
        let is_due = renewed.elapsed() >= jobs.lease() / 3;
        let held = match is_due {
            true => jobs.renew(task.claim).await,
            false => jobs.is_held(task.claim).await,
        };
        match held {
            Ok(true) if is_due => renewed = Instant::now(),
            Ok(true) => {}
            Ok(false) => return,
            // Nobody knows; whoever holds the document then says what came of it, and is heard or not.
            Err(_) => {}
        }
    }
}

/// Reads a document as a request's would be read.
async fn read(app: &App, task: &Task) -> Read {
    let id = RequestId::new();
    let begun = timeout(app.limits.request_timeout, extraction(app, task, &id)).await;
    match begun.unwrap_or(Err(ApiError::DeadlineExceeded)) {
        Ok(answer) => Read::Done(Outcome::Succeeded, answer),
        Err(ApiError::Engine(EngineError::Overloaded | EngineError::TenantBusy { .. })) => {
            Read::NoRoom
        }
        Err(error) => {
            let problem = error.problem();
            let attempts = task.job.documents[task.claim.index as usize].attempts;
            let jobs = app.jobs.as_ref().map(|kept| &kept.jobs);
            let may = jobs.is_some_and(|jobs| jobs.may_be_tried_again(attempts));
            let is_passing = problem.status.is_server_error() || problem.status.as_u16() == 429;
            if let Some(cause) = problem.cause.as_deref().filter(|_| is_passing) {
                tracing::warn!(code = problem.code, cause = %plain_text(cause), "a document of a job failed");
            }
            if is_passing && may { Read::Again(problem.code) } else { failed(&problem, &id) }
        }
    }
}

fn failed(problem: &Problem, id: &RequestId) -> Read {
    match serde_json::to_vec(&problem.body(id.as_str())) {
        Ok(body) => Read::Done(Outcome::Failed(problem.code), body),
        Err(_) => Read::Again("internal"),
    }
}

async fn extraction(app: &App, task: &Task, id: &RequestId) -> Result<Vec<u8>, ApiError> {
    let (job, document) = (&task.job, task.document.clone());
    let concurrent_documents = job.client.concurrent_documents;
    let quota = TenantQuota { tenant: job.tenant.clone(), concurrent_documents };
    let permit = app.admission.try_acquire(&quota, Some(&document.document_type))?;
    let caller = Caller::of_job(&job.tenant, job.client.token.as_deref());
    let audit = app.audit.as_ref();
    let named = document.document_type.clone();
    let attempt = audit.map(|audit| audit.attempt(&caller, id, Some(named)));
    let wanted = document.wanted;
    let request = ExtractRequest {
        document_type: TypeChoice::Named(document.document_type),
        pages: document.pages,
        fields: document.fields,
        model: ModelChoice::Adapter,
        conditions: Conditions {
            generation: wanted.generation,
            base: wanted.base,
            adapter: wanted.adapter,
            rules: wanted.rules,
        },
        permit: Some(permit),
    };
    let extraction = told(attempt, extract(&app.reader, request, id).await).await?;
    app.recorder.document(&extraction);
    let body = ExtractBody::of(&extraction, id.as_str());
    serde_json::to_vec(&body).map_err(|_| ApiError::Unwritten)
}
