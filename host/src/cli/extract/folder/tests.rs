//! Where results go, and what of a file is read.

use super::*;

#[test]
fn the_name_says_the_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = |name: &str| Out::of(&folder.path().join(name), false);
    assert!(matches!(out("a.jsonl"), Ok(Out::Lines(_))));
    assert!(matches!(out("a.csv"), Ok(Out::Table { format: TableFormat::Csv, .. })));
    assert!(matches!(out("a.parquet"), Ok(Out::Table { format: TableFormat::Parquet, .. })));
    assert!(matches!(out("a.xlsx"), Err(FolderError::NoFormat { .. })));
    assert!(matches!(Out::of(Path::new("-"), false), Ok(Out::Stdout)));
}

#[test]
fn a_whole_table_is_kept_unless_told_otherwise() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.csv");
    std::fs::write(&path, "x").expect("written");
    assert!(matches!(Out::of(&path, false), Err(FolderError::Exists { .. })));
    assert!(path.exists());
    Out::of(&path, true).expect("taken away");
    assert!(!path.exists());
}

#[test]
fn a_file_is_named_by_its_sha256_and_has_a_bound() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.png");
    std::fs::write(&path, "abc").expect("written");
    let loaded = load(&path);
    assert_eq!(
        loaded.body.sha256.as_deref(),
        Some("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    );
    assert_eq!(loaded.bytes.expect("read"), "abc");

    // Sparse: nothing of it is on the disk.
    File::create(&path).expect("made").set_len(LARGEST_FILE + 1).expect("long");
    let problem = load(&path).bytes.expect_err("too long").body("a.png");
    assert_eq!(problem.code, "file.too_large");

    let missing = load(&folder.path().join("b.png"));
    assert_eq!(missing.body.sha256, None);
    assert_eq!(missing.bytes.expect_err("missing").body("b.png").code, "file.unreadable");
}
