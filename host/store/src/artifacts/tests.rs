//! What is stored comes back, or is refused by name.

use std::collections::BTreeMap;

use super::*;
use crate::{COMPONENT, RULES_MANIFEST, SecretKey};

fn package(component: &[u8]) -> Package {
    let files =
        [(RULES_MANIFEST, b"{}".as_slice()), (COMPONENT, component), ("fixtures/a.json", b"{}")];
    let files = files.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
    Package::new(BTreeMap::from(files)).expect("a package")
}

fn store() -> (tempfile::TempDir, ArtifactStore) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = ArtifactStore::open(folder.path()).expect("opens");
    (folder, store)
}

#[test]
fn a_package_comes_back_with_its_signature() {
    let (folder, store) = store();
    let mut package = package(b"component");
    package.sign(&SecretKey::from_seed([7; 32]));
    let digest = store.put(&package).expect("stored");
    assert_eq!(store.put(&package).expect("again"), digest);
    let again = ArtifactStore::open(folder.path()).expect("opens again");
    assert_eq!(again.read(&digest).expect("is there"), package);
}

#[test]
fn what_is_not_there_is_missing() {
    let (_folder, store) = store();
    let digest = package(b"never stored").digest();
    assert!(matches!(store.read(&digest), Err(ArtifactError::Missing { .. })));
}

#[test]
fn a_changed_file_is_noticed() {
    let (_folder, store) = store();
    let digest = store.put(&package(b"component")).expect("stored");
    let file = store.folder(&digest).join(COMPONENT);
    fs::remove_file(&file).expect("is there");
    fs::write(&file, b"another").expect("written");
    assert!(matches!(store.read(&digest), Err(ArtifactError::Changed { .. })));
    fs::remove_file(&file).expect("is there");
    assert!(matches!(store.read(&digest), Err(ArtifactError::Damaged { .. })));
}

#[test]
fn what_a_crash_left_is_cleared_and_never_a_package() {
    let (folder, store) = store();
    let digest = package(b"component").digest();
    let half = folder.path().join("incoming/half");
    fs::create_dir_all(&half).expect("made");
    fs::write(half.join(COMPONENT), b"comp").expect("written");
    assert!(matches!(store.read(&digest), Err(ArtifactError::Missing { .. })));
    ArtifactStore::open(folder.path()).expect("opens");
    assert!(!half.exists());
}
