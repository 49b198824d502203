//! Packages to archives and back, and archives that are none.

use proptest::prelude::*;

use super::*;

fn rules(fixture: &[u8]) -> Package {
    let files = [
        (RULES_MANIFEST, b"{}".as_slice()),
        (COMPONENT, b"\0asm\x0d\0\x01\0"),
        ("fixtures/good.json", fixture),
    ];
    Package::new(files.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).into()).expect("good")
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        // By hand: the crate refuses to write a name that climbs out, which is what is tried.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, *content).expect("memory");
    }
    archive.into_inner().expect("memory")
}

fn read(bytes: &[u8]) -> Result<Package, PackageError> {
    Package::from_tar(bytes, PackageLimits::default())
}

#[test]
fn the_digest_is_of_names_and_contents() {
    let package = rules(b"{}");
    assert_eq!(package.digest(), rules(b"{}").digest());
    assert_ne!(package.digest(), rules(b"{} ").digest());
    let statement = package.statement();
    assert!(statement.starts_with("dossier package 1\n"), "{statement}");
    assert!(statement.contains("  fixtures/good.json\n"), "{statement}");
}

#[test]
fn an_archive_of_another_order_is_the_same_package() {
    let package = rules(b"{}");
    let (manifest, component) = (b"{}".as_slice(), b"\0asm\x0d\0\x01\0".as_slice());
    let shuffled = archive(&[
        ("./fixtures/good.json", b"{}"),
        (COMPONENT, component),
        (RULES_MANIFEST, manifest),
    ]);
    assert_eq!(read(&shuffled).expect("a package").digest(), package.digest());
}

const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n";

/// A header can't hold it, so the archive gives it in an entry of its own.
#[test]
fn a_name_has_a_greatest_length() {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    archive.append_data(&mut header, "n".repeat(100_000), b"x".as_slice()).expect("memory");
    let error = read(&archive.into_inner().expect("memory")).expect_err("too long");
    assert!(matches!(error, PackageError::NameTooLong { bytes: 100_000, .. }), "{error}");
    assert!(error.to_string().len() < 100, "{error}");
}

#[test]
fn archives_that_are_no_package_are_refused_by_name() {
    let manifest: (&str, &[u8]) = (RULES_MANIFEST, b"{}");
    let component: (&str, &[u8]) = (COMPONENT, b"x");
    for (entries, expected) in [
        (vec![manifest], "component.wasm"),
        (vec![component], "either"),
        (vec![manifest, component, ("../../etc/passwd", b"x")], "../../etc/passwd"),
        (vec![manifest, component, ("/etc/passwd", b"x")], "/etc/passwd"),
        (vec![manifest, component, ("fixtures/../a.json", b"x")], "fixtures/../a.json"),
        (vec![manifest, component, ("fixtures/deep/a.json", b"x")], "deep"),
        (vec![manifest, component, component], "twice"),
        (vec![manifest, component, ("component.cwasm", b"x")], "component.cwasm"),
        (vec![manifest, component, (DOCUMENT_TYPE_MANIFEST, b"{}")], "either"),
        (vec![manifest, component, ("signature.json", b"{}")], "signature.json"),
        (vec![manifest, (COMPONENT, POINTER)], "git-lfs pointer"),
        (vec![(RULES_MANIFEST, POINTER), component], "git-lfs pointer"),
    ] {
        let error = read(&archive(&entries)).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn limits_hold_before_anything_is_kept() {
    let bytes = rules(&[b' '; 5000]).to_tar();
    let limits = PackageLimits { bytes: 5000, files: 3 };
    let error = Package::from_tar(&bytes, limits).expect_err("too large");
    assert!(matches!(error, PackageError::TooLarge { limit_bytes: 5000 }), "{error}");
    let limits = PackageLimits { bytes: 6000, files: 2 };
    let error = Package::from_tar(&bytes, limits).expect_err("too many");
    assert!(matches!(error, PackageError::TooManyFiles { limit: 2 }), "{error}");
}

#[test]
fn an_adapter_may_bring_the_records_of_its_training_and_nothing_else() {
    let with = |extra: &str| {
        let names = [DOCUMENT_TYPE_MANIFEST, ADAPTER_CONFIG, ADAPTER_WEIGHTS, extra];
        Package::new(names.map(|name| (name.to_owned(), b"{}".to_vec())).into())
    };
    for extra in [
        "README.md",
        "training.json",
        CALIBRATION,
        PROTOTYPES,
        LORA_XS_FACTORS,
        PREPROCESSOR_CONFIG,
    ] {
        assert!(with(extra).is_ok(), "{extra}");
    }
    for extra in ["notes.txt", COMPONENT, "fixtures/one.json"] {
        assert!(with(extra).is_err(), "{extra}");
    }
}

#[test]
fn a_link_is_no_file() {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, COMPONENT, "elsewhere").expect("memory");
    let error = read(&builder.into_inner().expect("memory")).expect_err("a link");
    assert!(matches!(error, PackageError::NotAFile { .. }), "{error}");
}

proptest! {
    #[test]
    fn archives_come_back(fixture in proptest::collection::vec(any::<u8>(), 0..3000), seed in any::<[u8; 32]>()) {
        let mut package = rules(&fixture);
        package.sign(&SecretKey::from_seed(seed));
        let again = read(&package.to_tar()).expect("what was written");
        prop_assert_eq!(&again, &package);
        prop_assert_eq!(again.to_tar(), package.to_tar());
        prop_assert!(again.verify().is_ok());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        let _ = read(&bytes);
    }

    #[test]
    fn a_cut_archive_is_never_another_package(cut in 0_usize..4096) {
        let package = rules(b"{\"a\": 1}");
        let bytes = package.to_tar();
        let cut = cut.min(bytes.len());
        if let Ok(read) = read(&bytes[..cut]) {
            prop_assert_eq!(read.file(COMPONENT), package.file(COMPONENT));
        }
    }
}

#[test]
fn parts_make_the_package_again_and_no_other() {
    let mut package = rules(b"{}");
    package.sign(&SecretKey::from_seed([7; 32]));
    let parts = package.to_parts();
    let limits = PackageLimits::default();
    let together = |parts| Package::from_parts(PackageKind::Rules, parts, limits);
    assert_eq!(together(parts.clone()).expect("the same"), package);

    let other = PackageParts { payload: b"another".to_vec(), ..parts.clone() };
    let other = together(other).expect("a package");
    assert_ne!(other.digest(), package.digest());
    assert!(other.verify().is_err(), "the signature is of other files");

    let with = |name: &str| PackageParts {
        companions: archive(&[(RULES_MANIFEST, b"{}"), (name, b"{}")]),
        ..parts.clone()
    };
    for (parts, expected) in [
        (with(COMPONENT), "twice"),
        (with("signature.json"), "twice"),
        (with(ADAPTER_WEIGHTS), ADAPTER_WEIGHTS),
        (PackageParts { companions: Vec::new(), ..parts.clone() }, "either"),
        (PackageParts { signature: Some(b"{}".to_vec()), ..parts.clone() }, "signature.json"),
    ] {
        let error = together(parts).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
    let adapter = Package::from_parts(PackageKind::Adapter, parts.clone(), limits);
    assert!(adapter.is_err(), "a component is no weights");
    let tight = PackageLimits { bytes: parts.payload.len() - 1, ..limits };
    let error = Package::from_parts(PackageKind::Rules, parts, tight).expect_err("too large");
    assert!(matches!(error, PackageError::TooLarge { .. }), "{error}");
}

#[test]
fn no_file_of_a_package_is_longer_than_its_format_allows() {
    let long = vec![b' '; 2 << 20];
    let component: (&str, &[u8]) = (COMPONENT, b"x");
    let manifest: (&str, &[u8]) = (RULES_MANIFEST, b"{}");
    for name in [RULES_MANIFEST, "fixtures/a.json", "signature.json", README] {
        let entries = [(name, long.as_slice()), component, manifest];
        let error = read(&archive(&entries)).expect_err(name);
        assert!(matches!(error, PackageError::OutOfBounds { .. }), "{name}: {error}");
        assert!(error.to_string().starts_with(name), "{error}");
    }
    let weights: (&str, &[u8]) = (ADAPTER_WEIGHTS, b"x");
    for name in [DOCUMENT_TYPE_MANIFEST, ADAPTER_CONFIG, CALIBRATION, "training.json"] {
        let mut files = BTreeMap::from([(name.to_owned(), long.clone())]);
        for other in [DOCUMENT_TYPE_MANIFEST, ADAPTER_CONFIG] {
            files.entry(other.to_owned()).or_insert_with(|| b"{}".to_vec());
        }
        files.insert(weights.0.to_owned(), weights.1.to_vec());
        let error = Package::new(files).expect_err(name);
        assert!(matches!(error, PackageError::OutOfBounds { .. }), "{name}: {error}");
    }
}

#[test]
fn numbers_and_texts_are_bounded_before_anything_is_stored() {
    let with = |name: &str, content: &str| {
        let names = [DOCUMENT_TYPE_MANIFEST, ADAPTER_CONFIG, ADAPTER_WEIGHTS];
        let mut files = names
            .map(|name| (name.to_owned(), b"{}".to_vec()))
            .into_iter()
            .collect::<BTreeMap<_, _>>();
        files.insert(name.to_owned(), content.as_bytes().to_vec());
        Package::new(files)
    };
    for (name, content, place) in [
        (DOCUMENT_TYPE_MANIFEST, r#"{"pages": 10000000000000}"#, "`pages`"),
        (DOCUMENT_TYPE_MANIFEST, r#"{"title": "\u001b[2J"}"#, "`title`"),
        (ADAPTER_CONFIG, r#"{"r": 10000000000000}"#, "`r`"),
        (ADAPTER_CONFIG, r#"{"rank_pattern": {"x": 1e300}}"#, "`rank_pattern.*`"),
        (CALIBRATION, r#"{"fields": {"surname": {"slope": 1e300}}}"#, "`fields.*.slope`"),
        (PROTOTYPES, r#"{"prototypes": [[1e30]]}"#, "`prototypes.*.*`"),
    ] {
        let error = with(name, content).expect_err(place).to_string();
        assert!(error.starts_with(name) && error.contains(place), "{error}");
    }
    assert!(with(ADAPTER_CONFIG, r#"{"r": 8, "rank_pattern": {"x": 4}}"#).is_ok());
}

#[test]
fn what_a_name_steers_is_written_out() {
    let bad = "component\u{1b}[2J.wasm";
    let error = read(&archive(&[(RULES_MANIFEST, b"{}"), (COMPONENT, b"x"), (bad, b"x")]));
    let error = error.expect_err("unknown").to_string();
    assert!(error.contains("component") && !error.contains('\u{1b}'), "{error}");
}

#[test]
fn an_archive_of_folders_alone_is_bounded() {
    let mut archive = tar::Builder::new(Vec::new());
    for _ in 0..2000 {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_size(0);
        archive.append_data(&mut header, "fixtures/", io::empty()).expect("memory");
    }
    let error = read(&archive.into_inner().expect("memory")).expect_err("too many");
    assert!(matches!(error, PackageError::TooManyFiles { .. }), "{error}");
}
