//! Jobs from their clients to those who read them, and back.

use super::*;
use crate::{EmbeddedStore, JobState};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn settings() -> JobSettings {
    JobSettings {
        limits: TenantLimits { waiting: 4, bytes: 10_000 },
        attempts: 2,
        lease: Duration::from_secs(60),
        ttl: DAY,
    }
}

fn master(digit: char) -> MasterKey {
    MasterKey::from_text(&digit.to_string().repeat(64)).expect("a key")
}

async fn open(folder: &std::path::Path, digit: char) -> Result<Arc<Jobs>, JobsError> {
    let store = Arc::new(EmbeddedStore::open(folder).expect("opens"));
    Ok(Arc::new(Jobs::open(store, master(digit), settings()).await?))
}

fn tenant(name: &str) -> Tenant {
    name.parse().expect("a tenant")
}

fn submission(name: &str, pages: &[&'static [u8]]) -> Submission {
    let document = |page: &&'static [u8]| Document {
        document_type: "utopia/passport/2024".parse().expect("a type"),
        pages: vec![Bytes::from_static(page)],
        fields: None,
        wanted: crate::Wanted::default(),
    };
    Submission {
        tenant: tenant(name),
        client: Client { token: Some("clerk".to_owned()), concurrent_documents: Some(3) },
        subject: Some("case 7".to_owned()),
        ttl: None,
        idempotency_key: None,
        webhook: None,
        documents: pages.iter().map(document).collect(),
    }
}

fn new(submitted: Submitted) -> Job {
    match submitted {
        Submitted::New(job) => job,
        Submitted::Again(job) => panic!("{job:?} was there"),
    }
}

#[tokio::test]
async fn a_document_comes_back_with_its_result_and_nothing_of_either_is_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = open(folder.path(), '1').await.expect("opens");
    let job = new(jobs.submit(submission("utopia", &[b"ERIKSSON"])).await.expect("kept"));
    assert_eq!(job.state(), JobState::Queued);
    let file = || std::fs::read(folder.path().join("jobs.redb")).expect("the file");
    let holds = |text: &[u8]| file().windows(text.len()).any(|window| window == text);
    assert!(!holds(b"ERIKSSON") && !holds(b"case 7"));

    let task = jobs.claim().await.expect("answers").expect("waits");
    assert_eq!(task.document.pages, [Bytes::from_static(b"ERIKSSON")]);
    assert_eq!(task.job.client.token.as_deref(), Some("clerk"));
    assert!(jobs.claim().await.expect("answers").is_none(), "it is held");
    let kept = jobs.complete(&task, Outcome::Succeeded, b"{\"surname\":\"X\"}").await;
    assert_eq!(kept.expect("kept"), Completed::Kept { is_last: true });
    // Said twice, it is said once.
    let again = jobs.complete(&task, Outcome::Succeeded, b"{}").await.expect("answers");
    assert_eq!(again, Completed::Kept { is_last: true });
    let results = jobs.results(&tenant("utopia"), job.id).await.expect("answers").expect("there");
    assert_eq!(results.job.state(), JobState::Succeeded);
    assert_eq!(results.results, [Some(b"{\"surname\":\"X\"}".to_vec())]);
    assert!(!holds(b"surname"));
    // Nobody else's.
    let others = tenant("norvaria");
    assert!(jobs.results(&others, job.id).await.expect("answers").is_none());
    assert!(jobs.job(&others, job.id).await.expect("answers").is_none());
    assert!(!jobs.erase(&others, job.id).await.expect("answers"));
    assert!(jobs.cancel(&others, job.id).await.expect("answers").is_none());
}

#[tokio::test]
async fn another_master_key_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path(), '1').await.expect("opens"));
    assert!(matches!(open(folder.path(), '2').await, Err(JobsError::OtherMaster)));
    open(folder.path(), '1').await.expect("opens");
}

#[tokio::test]
async fn jobs_are_erased_by_id_by_subject_and_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = open(folder.path(), '1').await.expect("opens");
    let utopia = tenant("utopia");
    let first = new(jobs.submit(submission("utopia", &[b"1"])).await.expect("kept"));
    let other = Submission { subject: Some("case 8".to_owned()), ..submission("utopia", &[b"2"]) };
    let other = new(jobs.submit(other).await.expect("kept"));
    let norvaria = new(jobs.submit(submission("norvaria", &[b"3"])).await.expect("kept"));
    let task = jobs.claim().await.expect("answers").expect("waits");
    assert_eq!(jobs.erase_subject(&utopia, "case 7").await.expect("answers"), 1);
    assert!(jobs.job(&utopia, first.id).await.expect("answers").is_none());
    assert!(jobs.job(&utopia, other.id).await.expect("answers").is_some());
    if task.job.id == first.id {
        // Whoever reads it has nobody to tell.
        assert!(!jobs.is_held(task.claim).await.expect("answers"));
        let lost = jobs.complete(&task, Outcome::Succeeded, b"x").await.expect("answers");
        assert_eq!(lost, Completed::Lost);
    }
    assert_eq!(jobs.erase_tenant(&utopia).await.expect("answers"), 1);
    assert_eq!(jobs.list(&utopia, None, 10).await.expect("answers"), Some(Vec::new()));
    assert!(jobs.job(&tenant("norvaria"), norvaria.id).await.expect("answers").is_some());
    // The tenant begins anew, with another key.
    new(jobs.submit(submission("utopia", &[b"4"])).await.expect("kept"));
}

#[tokio::test]
async fn what_a_tenant_has_is_bounded_and_what_is_done_with_makes_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = open(folder.path(), '1').await.expect("opens");
    for _ in 0..2 {
        new(jobs.submit(submission("utopia", &[b"1", b"2"])).await.expect("kept"));
    }
    let refused = jobs.submit(submission("utopia", &[b"5"])).await;
    let is_full = matches!(refused, Err(JobsError::Store(StoreError::TooMany { limit: 4 })));
    assert!(is_full, "{refused:?}");
    new(jobs.submit(submission("norvaria", &[b"1"])).await.expect("another's is taken"));
    let task = jobs.claim().await.expect("answers").expect("waits");
    let task = if task.job.tenant == tenant("utopia") {
        task
    } else {
        jobs.claim().await.expect("answers").expect("tenants take turns")
    };
    assert_eq!(task.job.tenant, tenant("utopia"));
    jobs.complete(&task, Outcome::Failed("page.corrupt"), b"{}").await.expect("kept");
    new(jobs.submit(submission("utopia", &[b"5"])).await.expect("there is room"));
    static LONG: [u8; 10_001] = [0; 10_001];
    let refused = jobs.submit(submission("norvaria", &[&LONG])).await;
    let is_full = matches!(refused, Err(JobsError::Store(StoreError::NoRoom { limit: 10_000 })));
    assert!(is_full, "{refused:?}");
}

#[tokio::test]
async fn a_job_that_is_sent_again_is_the_same_job() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = open(folder.path(), '1').await.expect("opens");
    let keyed = |name: &str, pages: &[&'static [u8]]| Submission {
        idempotency_key: Some("key".to_owned()),
        ..submission(name, pages)
    };
    let first = new(jobs.submit(keyed("utopia", &[b"1"])).await.expect("kept"));
    let again = jobs.submit(keyed("utopia", &[b"1"])).await.expect("answers");
    assert_eq!(again, Submitted::Again(first.clone()));
    let other = jobs.submit(keyed("utopia", &[b"2"])).await;
    assert!(matches!(other, Err(JobsError::Store(StoreError::OtherRequest))), "{other:?}");
    let other = Submission { subject: None, ..keyed("utopia", &[b"1"]) };
    let other = jobs.submit(other).await;
    assert!(matches!(other, Err(JobsError::Store(StoreError::OtherRequest))), "{other:?}");
    new(jobs.submit(keyed("norvaria", &[b"2"])).await.expect("keys are a tenant's"));
    assert!(jobs.erase(&tenant("utopia"), first.id).await.expect("answers"));
    new(jobs.submit(keyed("utopia", &[b"2"])).await.expect("the key is free"));
}

#[tokio::test]
async fn what_is_given_back_was_not_tried_and_what_fails_waits_for_a_while() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = open(folder.path(), '1').await.expect("opens");
    let job = new(jobs.submit(submission("utopia", &[b"1"])).await.expect("kept"));
    let task = jobs.claim().await.expect("answers").expect("waits");
    assert!(jobs.give_back(task.claim, Duration::ZERO).await.expect("answers"));
    assert!(!jobs.give_back(task.claim, Duration::ZERO).await.expect("answers"));
    let again = jobs.claim().await.expect("answers").expect("waits");
    assert_eq!(again.job.documents[0].attempts, 1);
    assert_ne!(again.claim, task.claim);
    assert!(jobs.renew(again.claim).await.expect("answers"));
    assert!(!jobs.renew(task.claim).await.expect("answers"), "another holds it");
    assert!(jobs.release(again.claim, 1, "model.failed").await.expect("answers"));
    assert!(jobs.claim().await.expect("answers").is_none(), "it waits for a moment");
    let now = jobs.job(&tenant("utopia"), job.id).await.expect("answers").expect("there");
    assert_eq!(now.documents[0].code.as_deref(), Some("model.failed"));
    assert_eq!((now.state(), jobs.standing().tried_again), (JobState::Running, 1));
}
