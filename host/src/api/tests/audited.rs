//! What stands in the audit file of requests, and what its disk has to do with answers.

use std::path::Path;

use super::*;
use crate::audit::Audit;

async fn audited(config: &Config, path: &Path) -> Router {
    let audit = Audit::open(path).expect("a file");
    let app = App::new(engine(config).await.reader, config.http).audited(Some(audit));
    router(Arc::new(app), None)
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("a file");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[tokio::test]
async fn a_document_stands_there_with_what_read_it_and_without_its_values() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    let router = audited(&config(), &path).await;
    let read = send(&router, passport("surname")).await.json();
    let unknown = send(&router, passport("colour_of_hair")).await;
    unknown.is_problem(422, "field.unknown");
    // Nothing that a stranger can have for nothing makes the file longer.
    send(&router, get_request("/v1/nowhere")).await.is_problem(404, "route.unknown");
    send(&router, post_body("no form")).await;
    let found = lines(&path);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0]["request_id"], read["request_id"]);
    assert_eq!(found[0]["outcome"], "read");
    assert_eq!(found[0]["verdict"], read["verdict"]);
    for digest in ["base", "adapter", "rules", "generation"] {
        assert_eq!(found[0][digest], read["served_by"][digest], "{digest}");
    }
    assert_eq!(found[1]["outcome"], "field.unknown");
    let text = std::fs::read_to_string(&path).expect("a file");
    assert!(read.to_string().contains(SURNAME) && !text.contains(SURNAME), "{text}");
}

#[tokio::test]
async fn an_answer_that_is_given_again_stands_there_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    let router = audited(&config(), &path).await;
    for _ in 0..2 {
        let mut request = passport("surname");
        request.headers_mut().insert("idempotency-key", "one".parse().expect("a header"));
        assert_eq!(send(&router, request).await.status, 200);
    }
    let outcomes = lines(&path).into_iter().map(|line| line["outcome"].clone());
    assert_eq!(outcomes.collect::<Vec<_>>(), ["read", "read_before"]);
}

#[tokio::test]
async fn what_can_not_be_written_there_is_not_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let below = folder.path().join("below");
    std::fs::create_dir(&below).expect("a folder");
    let router = audited(&config(), &below.join("audit.jsonl")).await;
    assert_eq!(send(&router, get_request("/readyz")).await.status, 200);
    std::fs::remove_dir_all(&below).expect("gone");
    let refused = send(&router, passport("surname")).await;
    refused.is_problem(503, "audit.unavailable");
    assert!(!String::from_utf8_lossy(&refused.body).contains(SURNAME));
    send(&router, get_request("/readyz")).await.is_problem(503, "not_ready");
}
