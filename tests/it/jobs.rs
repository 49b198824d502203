//! Jobs, over real connections, with the real model, in processes that are killed.

use std::path::Path;

use dossier_tests::crash_jobs;

use crate::DOSSIER;

/// A few of the kills that `cargo run -p dossier-tests --bin crash -- --jobs` makes hundreds of.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_host_loses_no_job_and_reads_none_twice() {
    let report = crash_jobs(Path::new(DOSSIER), 20, 7).await.expect("nothing is lost");
    assert_eq!(report.kills, 20);
    assert!(report.acknowledged > 0 && report.results == report.documents, "{report:?}");
}
