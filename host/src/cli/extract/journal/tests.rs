//! What of a file of results counts, and what is left of it.

use serde_json::{Value, json};

use super::*;

fn asked(base_only: bool) -> AskedBody {
    serde_json::from_value(json!({"document_type": null, "fields": null, "base_only": base_only}))
        .expect("asked")
}

fn files(sha256: &str) -> Vec<FileBody> {
    vec![FileBody { path: "a.png".to_owned(), sha256: Some(sha256.to_owned()) }]
}

/// A line as it is written.
fn line(document: &str, sha256: &str, result: (&str, Value), base_only: bool) -> String {
    let mut record = json!({
        "document": document,
        "files": [{"path": "a.png", "sha256": sha256}],
        "asked": {"document_type": null, "fields": null, "base_only": base_only},
    });
    record[result.0] = result.1;
    format!("{record}\n")
}

fn answer(document: &str, sha256: &str) -> String {
    line(document, sha256, ("answer", json!({"verdict": "accepted"})), false)
}

fn problem(document: &str) -> String {
    line(document, "1", ("problem", json!({"code": "a.b", "detail": "no"})), false)
}

fn file_of(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("results.jsonl");
    fs::write(&path, text).expect("written");
    (folder, path)
}

fn text_of(path: &Path) -> String {
    fs::read_to_string(path).expect("text")
}

#[test]
fn what_was_read_of_the_same_files_is_not_read_again() {
    let (_folder, path) = file_of(&(answer("a", "1") + &answer("b", "1")));
    let (_journal, before) = Journal::open(&path, &asked(false)).expect("opens");
    assert!(before.has("a", &files("1")) && before.has("b", &files("1")));
    assert!(!before.has("a", &files("2")), "the file has changed");
    assert!(!before.has("c", &files("1")));
}

#[test]
fn failures_and_answers_to_another_question_are_read_again() {
    let other = line("b", "1", ("answer", json!({})), true);
    let (_folder, path) = file_of(&(problem("a") + &other + &answer("c", "1") + &problem("c")));
    let (_journal, before) = Journal::open(&path, &asked(false)).expect("opens");
    for document in ["a", "b", "c"] {
        assert!(!before.has(document, &files("1")), "{document}");
    }
}

#[test]
fn a_torn_line_is_cut_off() {
    let whole = answer("a", "1");
    for torn in [1, 5, 30, whole.len() - 1] {
        let (_folder, path) = file_of(&(whole.clone() + &answer("b", "1")[..torn]));
        let (_journal, before) = Journal::open(&path, &asked(false)).expect("opens");
        assert!(before.has("a", &files("1")) && !before.has("b", &files("1")));
        assert_eq!(text_of(&path), whole, "{torn}");
    }
}

#[test]
fn files_of_others_are_left_as_they_are() {
    for text in ["name,age\n", "name,age", "{}\n", "\n", "{\"document\": 1}\n"] {
        let (_folder, path) = file_of(text);
        let opened = Journal::open(&path, &asked(false));
        assert!(matches!(opened, Err(FolderError::Foreign { line: 1, .. })), "{text}");
        assert_eq!(text_of(&path), text);
    }
}

#[test]
fn one_run_writes_at_a_time() {
    let (_folder, path) = file_of("");
    let first = Journal::open(&path, &asked(false)).expect("opens");
    let second = Journal::open(&path, &asked(false));
    assert!(matches!(second, Err(FolderError::InUse { .. })));
    drop(first);
    Journal::open(&path, &asked(false)).expect("opens");
}

#[test]
fn each_document_is_left_its_last_line() {
    let (_folder, path) = file_of(&(problem("a") + &answer("b", "1") + &answer("a", "2")));
    let (journal, _) = Journal::open(&path, &asked(false)).expect("opens");
    journal.finish().expect("finishes");
    assert_eq!(text_of(&path), answer("b", "1") + &answer("a", "2"));
}

#[test]
fn nobody_else_reads_the_results() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("results.jsonl");
    let (mut journal, _) = Journal::open(&path, &asked(false)).expect("opens");
    let mode = || fs::metadata(&path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    for sha256 in ["1", "2"] {
        let problem =
            super::super::record::ProblemBody { code: "a.b".into(), detail: sha256.into() };
        let record = RecordBody {
            document: "a",
            files: &files(sha256),
            asked: &asked(false),
            result: super::super::record::ResultBody::Problem(problem),
        };
        journal.add(&record).expect("written");
    }
    journal.finish().expect("finishes");
    assert_eq!(mode(), 0o600, "written anew, too");
    assert_eq!(text_of(&path).lines().count(), 1);
}
