//! A store to an archive and back, and archives that are no backups.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::{
    COMPONENT, Change, Generation, Origin, Package, RULES_MANIFEST, SecretKey, TypeSettings,
    Version, copied_generation, copied_settings,
};

const FILE: &str = "catalogue.redb";

fn package(component: &[u8], signature: Option<Vec<u8>>) -> Package {
    let files = [(RULES_MANIFEST, b"{}".as_slice()), (COMPONENT, component)];
    let mut files = BTreeMap::from(files.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())));
    files.extend(signature.map(|bytes| ("signature.json".to_owned(), bytes)));
    Package::new(files).expect("a package")
}

fn version(package: &Package) -> Version {
    Version {
        package: package.digest(),
        sequence: 0,
        kind: "rules".to_owned(),
        name: "utopia".to_owned(),
        version: None,
        document_types: Vec::new(),
        artifact: String::new(),
        publisher: "test".to_owned(),
        signed_by: None,
        signed_with: None,
        origin: Origin::Publish,
        published_at: "2026-11-24T10:00:00Z".to_owned(),
    }
}

/// A store of two packages, of which the second serves with settings.
fn store(folder: &Path) -> (Catalogue, ArtifactStore) {
    let artifacts = ArtifactStore::open(folder).expect("opens");
    let catalogue = Catalogue::open(&folder.join(FILE)).expect("opens");
    let mut second = package(b"second", None);
    second.sign(&SecretKey::from_seed([7; 32]));
    let packages = [package(b"first", None), second];
    for package in &packages {
        artifacts.put(package).expect("stored");
    }
    let settings = serde_json::json!({"strict": true}).as_object().cloned().expect("an object");
    let settings = TypeSettings::new(settings).expect("short");
    let mut generation = Generation { number: 7, ..Generation::default() };
    generation.activate("utopia", packages[1].digest());
    generation.set("utopia", Some(settings.digest()));
    let change = Change {
        generation: Some(generation),
        settings: vec![settings],
        versions: packages.iter().map(version).collect(),
        ..Change::default()
    };
    catalogue.write(change).expect("is written");
    (catalogue, artifacts)
}

fn archive_of(catalogue: &Catalogue, artifacts: &ArtifactStore) -> Vec<u8> {
    let mut archive = Vec::new();
    let backup = Backup::begin(catalogue, artifacts).expect("begins");
    assert_eq!((backup.generation(), backup.packages()), (7, 2));
    backup.write(&mut archive).expect("is written");
    archive
}

fn archive() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let (catalogue, artifacts) = store(folder.path());
    archive_of(&catalogue, &artifacts)
}

/// The parts of an archive, to be changed, and an archive of them.
fn parts(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(archive);
    let parts = archive.entries().expect("parts").map(|part| {
        let mut part = part.expect("a part");
        let name = String::from_utf8_lossy(&part.path_bytes()).into_owned();
        let mut content = Vec::new();
        part.read_to_end(&mut content).expect("memory");
        (name, content)
    });
    parts.collect()
}

fn joined(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in parts {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        // By hand: the crate refuses to write a name that climbs out, which is what is tried.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, content.as_slice()).expect("memory");
    }
    archive.into_inner().expect("memory")
}

fn refused(archive: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let error = restore(archive, folder.path(), FILE).expect_err("no backup");
    let left = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(left, 0, "{error}");
    error.to_string()
}

#[test]
fn a_store_comes_back_whole_and_private() {
    let folder = tempfile::tempdir().expect("a folder");
    let (catalogue, artifacts) = store(folder.path());
    // Beside whoever has it open, and twice.
    let archive = archive_of(&catalogue, &artifacts);
    assert_eq!(archive_of(&catalogue, &artifacts).len(), archive.len());
    let into = folder.path().join("restored");
    let restored = restore(archive.as_slice(), &into, FILE).expect("restores");
    assert_eq!(restored, Restored { generation: 7, packages: 2 });
    let file = into.join(FILE);
    let again = Catalogue::open(&file).expect("opens");
    let current = catalogue.current().expect("reads");
    assert_eq!(again.current().expect("reads"), current);
    assert_eq!(again.versions().expect("reads"), catalogue.versions().expect("reads"));
    let store = ArtifactStore::open(&into).expect("opens");
    for version in again.versions().expect("reads") {
        let package = store.read(&version.package).expect("is there");
        assert_eq!(package, artifacts.read(&version.package).expect("is there"));
    }
    // What a rebuild goes by is there too.
    let generation = copied_generation(&file).expect("a copy");
    assert_eq!(Some(&generation), current.as_ref());
    let settings = generation.named_settings().next().expect("settings");
    copied_settings(&file, settings).expect("a copy");
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!((mode(&into), mode(&file)), (0o700, 0o600));
}

#[test]
fn a_folder_that_holds_anything_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let theirs = folder.path().join("theirs");
    fs::write(&theirs, "theirs").expect("written");
    let error = restore(archive().as_slice(), folder.path(), FILE).expect_err("is not empty");
    assert!(matches!(error, BackupError::NotEmpty { .. }), "{error}");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn what_is_cut_off_or_changed_is_refused_by_name() {
    let whole = archive();
    let parts = parts(&whole);
    for (index, (name, content)) in parts.iter().enumerate() {
        let mut changed = parts.clone();
        // In the middle of the manifest is what it says of the catalogue.
        changed[index].1[if index == 0 { 0 } else { content.len() / 2 }] ^= 1;
        let told = refused(&joined(&changed));
        assert!(told.contains(name.as_str()), "{name}: {told}");
        let mut cut = parts.clone();
        cut.truncate(index);
        let told = refused(&joined(&cut));
        assert!(told.contains("is missing"), "{name}: {told}");
    }
    for length in [0, 1, 511, whole.len() / 4, whole.len() / 2, whole.len() - 2048] {
        refused(&whole[..length]);
    }
}

#[test]
fn nothing_is_taken_that_the_catalogue_does_not_name() {
    let parts = parts(&archive());
    let name = |package: &Package| format!("packages/{}.tar", package.digest().hex());
    let strange = package(b"strange", None);
    for (name, content) in [
        ("../escaped.tar".to_owned(), strange.to_tar()),
        ("/etc/passwd".to_owned(), strange.to_tar()),
        ("packages/../../escaped.tar".to_owned(), strange.to_tar()),
        (name(&strange), strange.to_tar()),
        parts[2].clone(),
        parts[1].clone(),
    ] {
        let told = refused(&joined(&[&parts[..], &[(name.clone(), content)]].concat()));
        assert!(told.contains(&name), "{name}: {told}");
    }
    // Another package under the name of one that belongs.
    let mut swapped = parts.clone();
    swapped[2].1 = strange.to_tar();
    assert!(refused(&joined(&swapped)).contains(&strange.digest().to_string()));
}

#[test]
fn a_signature_of_other_files_is_refused() {
    let mut parts = parts(&archive());
    let mut other = package(b"other", None);
    other.sign(&SecretKey::from_seed([7; 32]));
    let (_, signature) = other.signature_file().expect("is signed");
    let forged = package(b"first", Some(signature));
    let name = format!("packages/{}.tar", forged.digest().hex());
    let part = parts.iter_mut().find(|(part, _)| *part == name).expect("the first package");
    part.1 = forged.to_tar();
    let told = refused(&joined(&parts));
    assert!(told.contains(&name) && told.contains("signature"), "{told}");
}

#[test]
fn a_manifest_of_another_backup_is_refused() {
    let parts = parts(&archive());
    for (says, other) in
        [("\"generation\": 7", "\"generation\": 8"), ("\"packages\": 2", "\"packages\": 3")]
    {
        let manifest = String::from_utf8(parts[0].1.clone()).expect("JSON");
        assert!(manifest.contains(says), "{manifest}");
        let mut changed = parts.clone();
        changed[0].1 = manifest.replace(says, other).into_bytes();
        assert!(refused(&joined(&changed)).contains("backup.json"));
    }
}

#[test]
fn a_later_format_is_refused_by_its_number() {
    let mut parts = parts(&archive());
    parts[0].1 = br#"{"format": 2, "of": "the future"}"#.to_vec();
    let told = refused(&joined(&parts));
    assert!(told.contains("format 2"), "{told}");
    parts[0].1 = vec![b' '; 8 << 10];
    assert!(refused(&joined(&parts)).contains("longer than 4096 bytes"));
}
