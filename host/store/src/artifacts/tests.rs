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

#[test]
fn what_is_taken_away_is_gone_and_can_come_back() {
    let (folder, store) = store();
    let (first, second) = (package(b"first"), package(b"second"));
    let digests = [&first, &second].map(|package| store.put(package).expect("stored"));
    fs::create_dir(folder.path().join("packages/notes")).expect("made");
    let stored = store.stored().expect("is read");
    let mut expected = digests.to_vec();
    expected.sort();
    assert_eq!(stored.iter().map(|stored| stored.package).collect::<Vec<_>>(), expected);
    assert!(stored.iter().any(|stored| stored.bytes == 2 + 2 + 5));

    store.remove(&digests[0]).expect("is there");
    store.remove(&digests[0]).expect("is gone, which is what was asked for");
    assert!(matches!(store.read(&digests[0]), Err(ArtifactError::Missing { .. })));
    assert_eq!(store.read(&digests[1]).expect("is there"), second);
    assert_eq!(fs::read_dir(folder.path().join("incoming")).expect("a folder").count(), 0);
    store.put(&first).expect("stored again");
    assert_eq!(store.read(&digests[0]).expect("is there"), first);
}

#[test]
fn a_removal_that_a_crash_cut_short_is_finished() {
    let (folder, store) = store();
    let digest = store.put(&package(b"component")).expect("stored");
    // Renamed, and its files not deleted yet.
    let grave = folder.path().join("incoming/grave");
    fs::create_dir(&grave).expect("made");
    fs::rename(store.folder(&digest), grave.join("package")).expect("moved");
    let store = ArtifactStore::open(folder.path()).expect("opens");
    assert!(matches!(store.read(&digest), Err(ArtifactError::Missing { .. })));
    assert!(!grave.exists() && store.stored().expect("is read").is_empty());
}

#[test]
fn nobody_else_may_look_at_anything_below_the_data_directory() {
    fn modes(path: &Path, found: &mut Vec<(PathBuf, u32)>) {
        let metadata = fs::metadata(path).expect("is there");
        found.push((path.to_owned(), metadata.permissions().mode() & 0o777));
        if metadata.is_dir() {
            for entry in fs::read_dir(path).expect("a folder") {
                modes(&entry.expect("an entry").path(), found);
            }
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = folder.path().join("data");
    make_private(&data_dir).expect("made");
    // It was made by an older program, or by hand.
    fs::create_dir(data_dir.join("packages")).expect("made");
    fs::set_permissions(data_dir.join("packages"), Permissions::from_mode(0o755)).expect("set");
    let store = ArtifactStore::open(&data_dir).expect("opens");
    store.put(&package(b"component")).expect("stored");
    crate::Catalogue::open(&data_dir.join("catalogue.redb")).expect("opens");
    let mut found = Vec::new();
    modes(&data_dir, &mut found);
    assert!(found.len() > 7, "{found:?}");
    for (path, mode) in found {
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}
