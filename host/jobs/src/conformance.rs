//! What every store must do, for the tests of each: a list of rules, and a bench that does what chance says and
//! compares the store with a model after each step.

use std::collections::BTreeMap;

use dossier_document::Tenant;

use crate::store::{
    Claim, Completed, JobStore, NewJob, Outcome, Release, StoreError, Submitted, TenantLimits, Told,
};
use crate::{Client, DocumentState, Idempotency, Job, JobId, JobState, WebhookState, WrappedKey};

mod bench;
pub use bench::Bench;

/// A store does not do what it must.
#[derive(Debug)]
pub struct Violation(String);

impl<E: std::error::Error> From<E> for Violation {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn ensure(holds: bool, what: &str) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation(what.to_owned())) }
}

const WIDE: TenantLimits = TenantLimits { waiting: 1_000_000, bytes: 1 << 40 };
/// How often a document may be begun here.
const ATTEMPTS: u32 = 3;

fn tenant(name: &str) -> Tenant {
    name.parse().unwrap_or_default()
}

/// A job of as many documents as there are lengths.
async fn new_job(
    store: &dyn JobStore,
    tenant: &Tenant,
    now_ms: u64,
    lengths: &[usize],
) -> Result<NewJob, StoreError> {
    let key = WrappedKey::from_text(format!("key of {}", tenant.as_str()));
    let tenant_key = store.keep_tenant_key(tenant.clone(), key).await?;
    let document = |length: &usize| ("utopia/passport/2024".to_owned(), vec![7; *length]);
    Ok(NewJob {
        id: JobId::new(),
        tenant: tenant.clone(),
        tenant_key,
        key: WrappedKey::from_text("key of a job".to_owned()),
        subject: None,
        created_ms: now_ms,
        expires_ms: now_ms + 1_000_000,
        client: Client { token: Some("clerk".to_owned()), concurrent_documents: Some(2) },
        idempotency: None,
        webhook: None,
        documents: lengths.iter().map(document).collect(),
    })
}

/// Goes through the rules one by one, on an empty store.
///
/// # Errors
/// The first that does not hold.
pub async fn rules(store: &dyn JobStore) -> Result<(), Violation> {
    keys_are_kept_once(store).await?;
    tenants_take_turns(store).await?;
    holders_are_told_apart(store).await?;
    a_holder_that_is_silent_loses_its_document(store).await?;
    what_is_sent_again_is_found(store).await?;
    lists_come_by_the_page(store).await?;
    whoever_is_to_be_told_is_told(store).await?;
    what_is_over_is_erased(store).await
}

async fn keys_are_kept_once(store: &dyn JobStore) -> Result<(), Violation> {
    let key = |text: &str| WrappedKey::from_text(text.to_owned());
    ensure(store.witness(key("first")).await? == key("first"), "a witness is kept")?;
    ensure(store.witness(key("second")).await? == key("first"), "the first witness stays")?;
    let anybody = Tenant::anonymous();
    ensure(store.tenant_key(anybody.clone()).await?.is_none(), "there is no key yet")?;
    store.keep_tenant_key(anybody.clone(), key("a")).await?;
    let kept = store.keep_tenant_key(anybody.clone(), key("b")).await?;
    ensure(kept == key("a"), "the first key stays")?;
    let mut job = new_job(store, &anybody, 0, &[1]).await?;
    job.tenant_key = key("b");
    let refused = store.submit(job, WIDE).await;
    ensure(matches!(refused, Err(StoreError::OtherKey)), "a job of another key is refused")?;
    ensure(store.erase_tenant(anybody.clone()).await? == 0, "there was no job")?;
    ensure(store.tenant_key(anybody).await?.is_none(), "the key is erased")
}

async fn tenants_take_turns(store: &dyn JobStore) -> Result<(), Violation> {
    let (flood, other) = (tenant("flood"), tenant("other"));
    for _ in 0..3 {
        let job = new_job(store, &flood, 10, &[1, 1]).await?;
        store.submit(job, WIDE).await?;
    }
    let job = new_job(store, &other, 20, &[1]).await?;
    store.submit(job, WIDE).await?;
    ensure(store.claim(9, 100).await?.is_none(), "nothing may be begun yet")?;
    let lag = store.lag(30).await?;
    ensure((lag.waiting, lag.running, lag.oldest_ms) == (7, 0, 20), "the lag is told")?;
    let mut begun = Vec::new();
    for _ in 0..2 {
        begun.extend(store.claim(30, 100).await?.map(|claimed| claimed.job.tenant));
    }
    ensure(begun.contains(&other), "the other tenant's document is among the first two")?;
    let lag = store.lag(30).await?;
    ensure((lag.waiting, lag.running) == (5, 2), "what is held does not wait")?;
    ensure(store.erase_tenant(flood).await? == 3, "all of a tenant's jobs are erased")?;
    ensure(store.erase_tenant(other).await? == 1, "all of a tenant's jobs are erased")?;
    let lag = store.lag(30).await?;
    ensure((lag.waiting, lag.running) == (0, 0), "nothing is left")
}

async fn holders_are_told_apart(store: &dyn JobStore) -> Result<(), Violation> {
    let utopia = tenant("utopia");
    let job = new_job(store, &utopia, 0, &[5, 6]).await?;
    let Submitted::New(job) = store.submit(job, WIDE).await? else {
        return ensure(false, "a job is new");
    };
    let claimed = store.claim(1, 100).await?.ok_or(Violation("one waits".to_owned()))?;
    ensure(claimed.input == vec![7; 5], "the document comes as it went")?;
    ensure(store.release(claimed.claim, Release::Untried, 1).await?, "it was held")?;
    ensure(!store.is_held(claimed.claim).await?, "it is not any more")?;
    let again = store.claim(1, 100).await?.ok_or(Violation("one waits".to_owned()))?;
    let late = store.complete(claimed.claim, Outcome::Succeeded, vec![1], 2).await?;
    ensure(late == Completed::Lost, "who gave it back says nothing")?;
    let kept = store.complete(again.claim, Outcome::Succeeded, vec![2], 3).await?;
    ensure(kept == Completed::Kept { is_last: false }, "who holds it does")?;
    let twice = store.complete(again.claim, Outcome::Failed("x"), vec![3], 4).await?;
    ensure(twice != Completed::Lost, "said twice")?;
    let last = store.claim(5, 100).await?.ok_or(Violation("one waits".to_owned()))?;
    let cancelled = store.cancel(utopia.clone(), job.id, 6).await?;
    let cancelled = cancelled.ok_or(Violation("it is there".to_owned()))?;
    ensure(cancelled.state() == JobState::Cancelled, "it is cancelled")?;
    ensure(cancelled.finished_ms == Some(6), "and done with")?;
    let late = store.complete(last.claim, Outcome::Succeeded, vec![4], 7).await?;
    ensure(late == Completed::Lost, "nobody wants it any more")?;
    let stored = store.results(utopia.clone(), job.id).await?;
    let stored = stored.ok_or(Violation("it is there".to_owned()))?;
    let mut results = stored.results;
    results.sort();
    ensure(results == [None, Some(vec![2])], "said once, what was read stays")?;
    ensure(store.job(tenant("norvaria"), job.id).await?.is_none(), "nobody else sees it")?;
    ensure(store.erase(utopia.clone(), job.id).await?, "it is erased")?;
    ensure(!store.erase(utopia, job.id).await?, "it is erased once")
}

async fn a_holder_that_is_silent_loses_its_document(store: &dyn JobStore) -> Result<(), Violation> {
    let utopia = tenant("utopia");
    let job = new_job(store, &utopia, 0, &[1]).await?;
    let id = job.id;
    store.submit(job, WIDE).await?;
    let mut now_ms = 0;
    let mut last = None::<Claim>;
    for attempt in 1..=ATTEMPTS {
        now_ms += 1_000_000 / 4;
        let until_ms = now_ms + 100;
        let claimed = store.claim(now_ms, until_ms).await?;
        let claimed = claimed.ok_or(Violation("it waits again".to_owned()))?;
        ensure(claimed.job.documents[0].attempts == attempt, "attempts are counted")?;
        if let Some(last) = last {
            ensure(!store.renew(last, now_ms).await?, "another holds it")?;
            let late = store.complete(last, Outcome::Succeeded, vec![1], now_ms).await?;
            ensure(late == Completed::Lost, "who was silent says nothing")?;
        }
        ensure(store.renew(claimed.claim, until_ms + 50).await?, "its holder holds it longer")?;
        let reaped = store.reap(until_ms + 49, ATTEMPTS).await?;
        ensure(reaped.requeued + reaped.given_up == 0, "its time is not over")?;
        let reaped = store.reap(until_ms + 50, ATTEMPTS).await?;
        let expected = if attempt < ATTEMPTS { (1, 0) } else { (0, 1) };
        ensure((reaped.requeued, reaped.given_up) == expected, "its time is over")?;
        last = Some(claimed.claim);
    }
    let job = store.job(utopia.clone(), id).await?.ok_or(Violation("it is there".to_owned()))?;
    ensure(job.state() == JobState::Failed, "what is begun too often is given up")?;
    ensure(job.documents[0].code.as_deref() == Some("job.given_up"), "and says so")?;
    ensure(job.documents[0].input_bytes == 0, "its pages are gone")?;
    ensure(store.erase_tenant(utopia).await? == 1, "it is erased")
}

async fn what_is_sent_again_is_found(store: &dyn JobStore) -> Result<(), Violation> {
    let utopia = tenant("utopia");
    let sent = |key: &str, fingerprint: &str| {
        Some(Idempotency { key: key.to_owned(), fingerprint: fingerprint.to_owned() })
    };
    let mut first = new_job(store, &utopia, 0, &[1]).await?;
    first.idempotency = sent("k", "f");
    let id = first.id;
    ensure(matches!(store.submit(first, WIDE).await?, Submitted::New(_)), "it is new")?;
    let mut again = new_job(store, &utopia, 0, &[1]).await?;
    again.idempotency = sent("k", "f");
    let is_it = |job: &Job| job.id == id;
    let found = store.submit(again.clone(), WIDE).await?;
    ensure(matches!(found, Submitted::Again(job) if is_it(&job)), "it was sent before")?;
    again.idempotency = sent("k", "g");
    let refused = store.submit(again.clone(), WIDE).await;
    ensure(matches!(refused, Err(StoreError::OtherRequest)), "it is another")?;
    let narrow = TenantLimits { waiting: 1, ..WIDE };
    again.idempotency = None;
    let refused = store.submit(again.clone(), narrow).await;
    ensure(matches!(refused, Err(StoreError::TooMany { limit: 1 })), "one waits already")?;
    let narrow = TenantLimits { bytes: 1, ..WIDE };
    let refused = store.submit(again, narrow).await;
    ensure(matches!(refused, Err(StoreError::NoRoom { limit: 1 })), "there is no room")?;
    ensure(store.lag(0).await?.waiting == 1, "what is refused leaves nothing")?;
    ensure(store.erase_tenant(utopia).await? == 1, "it is erased")
}

async fn lists_come_by_the_page(store: &dyn JobStore) -> Result<(), Violation> {
    let utopia = tenant("utopia");
    let mut ids = Vec::new();
    for _ in 0..5 {
        let mut job = new_job(store, &utopia, 0, &[1]).await?;
        job.subject = Some(if ids.len() < 2 { "one" } else { "two" }.to_owned());
        ids.push(job.id);
        store.submit(job, WIDE).await?;
    }
    ids.reverse();
    let first = store.list(utopia.clone(), None, 3).await?;
    ensure(first.iter().map(|job| job.id).eq(ids[..3].iter().copied()), "the newest first")?;
    let before = first.last().map(|job| job.number);
    let rest = store.list(utopia.clone(), before, 3).await?;
    ensure(rest.iter().map(|job| job.id).eq(ids[3..].iter().copied()), "then the others")?;
    let nobody = store.erase_subject(utopia.clone(), "three".to_owned()).await?;
    ensure(nobody == 0, "nothing is about nobody")?;
    ensure(store.erase_subject(utopia.clone(), "two".to_owned()).await? == 3, "by subject")?;
    ensure(store.list(utopia.clone(), None, 9).await?.len() == 2, "the others stay")?;
    ensure(store.erase_tenant(utopia).await? == 2, "all are erased")
}

async fn whoever_is_to_be_told_is_told(store: &dyn JobStore) -> Result<(), Violation> {
    let utopia = tenant("utopia");
    let mut job = new_job(store, &utopia, 0, &[1]).await?;
    job.webhook = Some("sealed".to_owned());
    let id = job.id;
    store.submit(job, WIDE).await?;
    ensure(store.claim_delivery(9, 10).await?.is_none(), "there is nothing to tell yet")?;
    ensure(store.redeliver(utopia.clone(), id, 9).await?.is_none(), "nor again")?;
    let claimed = store.claim(1, 100).await?.ok_or(Violation("one waits".to_owned()))?;
    store.complete(claimed.claim, Outcome::Succeeded, vec![1], 20).await?;
    ensure(store.claim_delivery(19, 30).await?.is_none(), "it is not time yet")?;
    let (first, _) = due(store, 20, 30).await?;
    ensure(store.claim_delivery(29, 40).await?.is_none(), "somebody tells it")?;
    // Who says nothing is taken for dead.
    let (second, attempts) = due(store, 30, 40).await?;
    ensure((first, attempts) == (second, 2), "attempts are counted")?;
    ensure(
        !store.settle_delivery(first, 1, Told::Delivered).await?,
        "who was silent is not heard",
    )?;
    let again = Told::Again { code: "webhook.refused", due_ms: 50 };
    ensure(store.settle_delivery(first, 2, again).await?, "who tells it is")?;
    ensure(store.claim_delivery(49, 60).await?.is_none(), "it waits")?;
    let (_, attempts) = due(store, 50, 60).await?;
    ensure(store.settle_delivery(first, attempts, Told::Delivered).await?, "it is told")?;
    ensure(store.claim_delivery(1_000, 2_000).await?.is_none(), "once")?;
    let replayed = store.redeliver(utopia.clone(), id, 60).await?;
    let webhook = replayed.and_then(|job| job.webhook);
    ensure(webhook.is_some_and(|webhook| webhook.state == WebhookState::Due), "or again")?;
    ensure(store.redeliver(tenant("norvaria"), id, 60).await?.is_none(), "by its tenant")?;
    let (_, attempts) = due(store, 60, 70).await?;
    ensure(
        store.settle_delivery(first, attempts, Told::GivenUp("webhook.gone")).await?,
        "or never",
    )?;
    ensure(store.claim_delivery(1_000, 2_000).await?.is_none(), "it is given up")?;
    store.redeliver(utopia.clone(), id, 80).await?;
    ensure(store.erase_tenant(utopia).await? == 1, "it is erased")?;
    ensure(store.claim_delivery(1_000, 2_000).await?.is_none(), "nobody is told of it")
}

/// The number of the job that somebody is to be told of, and how often that was tried.
async fn due(store: &dyn JobStore, now_ms: u64, until_ms: u64) -> Result<(u64, u32), Violation> {
    let (job, _) =
        store.claim_delivery(now_ms, until_ms).await?.ok_or(Violation("due".to_owned()))?;
    let webhook = job.webhook.ok_or(Violation("a webhook".to_owned()))?;
    Ok((job.number, webhook.attempts))
}

async fn what_is_over_is_erased(store: &dyn JobStore) -> Result<(), Violation> {
    let utopia = tenant("utopia");
    let job = new_job(store, &utopia, 0, &[1, 1]).await?;
    let (id, expires_ms) = (job.id, job.expires_ms);
    store.submit(job, WIDE).await?;
    let claimed = store.claim(1, expires_ms + 5).await?;
    let claimed = claimed.ok_or(Violation("one waits".to_owned()))?;
    ensure(store.reap(expires_ms - 1, ATTEMPTS).await?.expired == 0, "its time is not over")?;
    ensure(store.reap(expires_ms, ATTEMPTS).await?.expired == 1, "its time is over")?;
    ensure(store.job(utopia.clone(), id).await?.is_none(), "it is gone")?;
    ensure(!store.is_held(claimed.claim).await?, "nobody holds anything of it")?;
    let lag = store.lag(expires_ms).await?;
    ensure((lag.waiting, lag.running) == (0, 0), "nothing of it is left")?;
    ensure(store.erase_tenant(utopia).await? == 0, "the tenant's key is erased")
}
