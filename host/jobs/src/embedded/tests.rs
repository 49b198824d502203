//! The embedded store does what any store does, and comes back after its process or its disk has failed.

use super::*;
use crate::conformance;
use crate::conformance::Bench;

#[tokio::test]
async fn it_does_what_a_store_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = EmbeddedStore::open(folder.path()).expect("opens");
    conformance::rules(&store).await.expect("keeps the rules");
}

#[tokio::test]
async fn whatever_happens_in_whatever_order_is_what_a_model_says() {
    for seed in 1..=4 {
        let folder = tempfile::tempdir().expect("a folder");
        let store = EmbeddedStore::open(folder.path()).expect("opens");
        let mut bench = Bench::new(seed);
        bench.run(&store, 150).await.expect("as the model says");
        // Opened again, everything is as it was.
        drop(store);
        let store = EmbeddedStore::open(folder.path()).expect("opens");
        bench.compare(&store).await.expect("as it was");
        bench.run(&store, 50).await.expect("as the model says");
    }
}

#[test]
fn one_process_has_it_and_only_its_user_may_look() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("jobs");
    let store = EmbeddedStore::open(&folder).expect("opens");
    let again = EmbeddedStore::open(&folder);
    assert!(matches!(again, Err(StoreError::Locked { .. })), "{again:?}");
    let mode = |path: &Path| path.metadata().expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("jobs.redb")), 0o600);
    drop(store);
    EmbeddedStore::open(&folder).expect("nobody has it any more");
}
