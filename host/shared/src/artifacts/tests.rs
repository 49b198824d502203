//! The rules on a folder. The same run on a real server in `tests/src/bin/shared.rs`.

use super::*;
use crate::conformance;

#[tokio::test]
async fn a_folder_does_what_any_place_must() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = ArtifactsPlace::Folder(folder.path().to_owned());
    let artifacts = ObjectArtifacts::open(&place).expect("opens");
    conformance::artifacts(&artifacts).await.expect("the rules hold");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let place = ArtifactsPlace::Folder("/no/such/folder".into());
    let error = ObjectArtifacts::open(&place).expect_err("is not there").to_string();
    assert!(error.starts_with("/no/such/folder: "), "{error}");
}
