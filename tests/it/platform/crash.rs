//! A few of the kills that `cargo run -p dossier-tests --bin crash` makes hundreds of.

use std::path::Path;

use dossier_tests::crash;

use crate::DOSSIER;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_host_starts_with_what_it_acknowledged() {
    let report = crash(Path::new(DOSSIER), 10, 7).await.expect("it starts again");
    assert_eq!(report.kills, 10);
    assert!(report.acknowledged > 0, "{report:?}");
}
