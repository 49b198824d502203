//! `--watch`: a component that changes on disk serves a moment later.

use std::fs;
use std::time::{Duration, Instant};

use super::{Host, paper, version_of};
use crate::guest::Guest;

/// How long a busy machine may take for what happens at once otherwise.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_component_serves_and_a_broken_one_does_not() {
    let root = dossier_tests::TestRoot::with_base().expect("the shipped base");
    root.add_document_type(super::PAPER, "paper", &paper(1).component()).expect("is written");
    let data_dir = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("plugins");
    let watch = folder.clone();
    let host = Host::open(root, data_dir, |platform| platform.watch = Some(watch)).await;
    assert_eq!(version_of(&host.read().await).0, 1);
    let file = folder.join("prebuilt/paper.wasm");
    fs::write(&file, paper(2).component()).expect("is written");
    wait_for(&host, 2).await;
    fs::write(&file, b"half a file").expect("is written");
    fs::write(folder.join("prebuilt/notes.txt"), "no component").expect("is written");
    // Changes are taken in the order of their names: when this one serves, the broken file was tried.
    let mut quill = Guest::good();
    quill.describes("quill", "1.0.0", &["test/quill/1"]);
    fs::write(folder.join("prebuilt/quill.wasm"), quill.component()).expect("is written");
    let start = Instant::now();
    while host.admin.status("quill").await.is_err() {
        assert!(start.elapsed() < PATIENCE, "the component beside the broken one does not serve");
        tokio::time::sleep(PAUSE).await;
    }
    assert_eq!(version_of(&host.read().await).0, 2, "the last good one serves on");
    fs::write(&file, paper(3).component()).expect("is written");
    wait_for(&host, 3).await;
    host.end().await;
}

async fn wait_for(host: &Host, version: u32) {
    let start = Instant::now();
    while version_of(&host.read().await).0 != version {
        assert!(start.elapsed() < PATIENCE, "version {version} does not serve");
        tokio::time::sleep(PAUSE).await;
    }
}
