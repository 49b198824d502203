//! What every source file keeps to.

use std::fs;
use std::path::{Path, PathBuf};

use dossier_tests::repository;
use sha2::{Digest as _, Sha256};

const MAX_LINES: usize = 500;
/// Folders that hold what was made, not written.
const SKIPPED: [&str; 8] =
    [".git", "target", "runs", "__pycache__", ".pytest_cache", "corpus", "build", "node_modules"];
/// Endings of files written by people.
const TEXT: [&str; 9] = ["rs", "toml", "md", "py", "wit", "json", "yml", "sh", "txt"];

#[test]
fn every_source_file_says_what_it_is() {
    let missing = sources()
        .into_iter()
        .filter(|file| !read(file).starts_with("//!"))
        .map(|file| shown(&file))
        .collect::<Vec<_>>();
    assert!(missing.is_empty(), "without a `//!` header: {missing:#?}");
}

#[test]
fn rooms_are_small() {
    let long = sources()
        .into_iter()
        .map(|file| (read(&file).lines().count(), shown(&file)))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .collect::<Vec<_>>();
    assert!(long.is_empty(), "longer than {MAX_LINES} lines: {long:#?}");
}

#[test]
fn no_test_is_ignored_and_nothing_is_left_to_do() {
    // Put together here, so that this file does not find itself.
    let marks =
        [["#[ig", "nore"].concat(), ["to", "do!("].concat(), ["unimple", "mented!("].concat()];
    for file in sources() {
        let text = read(&file);
        for mark in &marks {
            assert!(!text.contains(mark), "{} has `{mark}`", shown(&file));
        }
    }
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    let paths = ["work", "root", "home", "opt/dossier"].map(|folder| format!("/{folder}/"));
    for file in files_with(&repository(), &TEXT) {
        let text = read(&file);
        for (number, line) in text.lines().enumerate() {
            let found = paths.iter().find(|path| {
                line.match_indices(path.as_str()).any(|(at, _)| {
                    // `framework/root/` is no absolute path.
                    !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '.')
                })
            });
            assert!(found.is_none(), "{}:{}: {line}", shown(&file), number + 1);
        }
    }
}

#[test]
fn wit_never_changes_without_its_change_log() {
    let changes = read(&repository().join("wit/CHANGELOG.md"));
    let files = files_with(&repository().join("wit"), &["wit"]);
    assert!(!files.is_empty());
    for file in files {
        let digest = Sha256::digest(fs::read(&file).expect("readable"));
        let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert!(changes.contains(&digest), "{} is now sha256:{digest}", shown(&file));
    }
}

fn sources() -> Vec<PathBuf> {
    let files = ["host", "plugins", "tests"]
        .iter()
        .flat_map(|folder| files_with(&repository().join(folder), &["rs"]))
        .collect::<Vec<_>>();
    assert!(files.len() > 50, "the sources are not where this test looks: {}", files.len());
    files
}

fn files_with(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !path.is_symlink() {
            if !SKIPPED.contains(&name) {
                files.extend(files_with(&path, endings));
            }
        } else if endings.iter().any(|ending| name.ends_with(&format!(".{ending}"))) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", shown(file)))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(repository()).unwrap_or(file).display().to_string()
}
