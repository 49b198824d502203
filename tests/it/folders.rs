//! `dossier extract --out`: folders into files of results.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use dossier_tests::{TODAY, samples_of, shipped_root};
use serde_json::Value;

use crate::{DOSSIER, ID_CARD, PASSPORT};

/// A folder of so many passports, a blank picture and a text.
fn folder_of(passports: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let samples = samples_of(PASSPORT).expect("samples");
    for (index, sample) in samples.iter().cycle().take(passports).enumerate() {
        let name = folder.path().join(format!("{index:03}.png"));
        fs::copy(&sample.files[0], name).expect("copied");
    }
    fs::write(folder.path().join("broken.png"), b"no picture").expect("written");
    fs::write(folder.path().join("notes.txt"), b"no picture").expect("written");
    folder
}

fn command(folder: &Path, out: &str, more: &[&str]) -> Command {
    let mut command = Command::new(DOSSIER);
    command.args(["extract", "--document-type", PASSPORT, "--today", TODAY, "--out", out]);
    command.args(more).arg("--data-root").arg(shipped_root()).arg(folder);
    command.stdin(Stdio::null());
    command
}

fn run(folder: &Path, out: &Path, more: &[&str]) -> Output {
    let out = out.to_str().expect("UTF-8");
    command(folder, out, more).output().expect("the binary starts")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn lines_of(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("lines");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn each_picture_is_a_line_and_what_failed_is_read_again() {
    let folder = folder_of(3);
    let out = folder.path().join("results.jsonl");
    let output = run(folder.path(), &out, &[]);
    assert_eq!(output.status.code(), Some(1), "one can't be read: {}", told(&output));
    assert!(output.stdout.is_empty());
    assert!(told(&output).contains("1 of 4 documents could not be read"), "{}", told(&output));
    let lines = lines_of(&out);
    assert_eq!(lines.len(), 4);
    for line in &lines[..3] {
        assert_eq!(line["answer"]["document_type"], PASSPORT);
        assert!(line["files"][0]["sha256"].as_str().expect("a digest").starts_with("sha256:"));
    }
    assert_eq!(lines[3]["problem"]["code"], "page.not_an_image");

    // Mended, it is the only one to be read.
    fs::copy(folder.path().join("000.png"), folder.path().join("broken.png")).expect("copied");
    let before = fs::read_to_string(&out).expect("lines");
    let output = run(folder.path(), &out, &[]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(told(&output).contains("1 of them read now"), "{}", told(&output));
    let lines = lines_of(&out);
    assert_eq!(lines.len(), 4, "the failed line is gone");
    assert_eq!(lines[3]["answer"]["fields"], lines[0]["answer"]["fields"]);
    assert!(fs::read_to_string(&out).expect("lines").starts_with(&before[..100]));
}

#[test]
fn the_lines_are_what_the_command_prints_of_one() {
    let folder = folder_of(1);
    fs::remove_file(folder.path().join("broken.png")).expect("removed");
    let output = command(folder.path(), "-", &[]).output().expect("the binary starts");
    assert!(output.status.success(), "{}", told(&output));
    let line: Value = serde_json::from_slice(&output.stdout).expect("one line");
    let root = shipped_root();
    let one = Command::new(DOSSIER)
        .args(["extract", "--json", "--document-type", PASSPORT, "--today", TODAY, "--data-root"])
        .arg(root)
        .arg(folder.path().join("000.png"))
        .output()
        .expect("the binary starts");
    let one: Value = serde_json::from_slice(&one.stdout).expect("JSON");
    for part in ["fields", "checks", "verdict", "served_by", "pages"] {
        assert_eq!(line["answer"][part], one[part], "{part}");
    }
}

#[test]
fn a_table_has_a_row_a_document() {
    let folder = folder_of(2);
    let out = folder.path().join("results.csv");
    run(folder.path(), &out, &["--fields", "surname,sex"]);
    let table = fs::read_to_string(&out).expect("a table");
    let mut rows = table.lines();
    let header = rows.next().expect("a header");
    assert!(header.starts_with("_document,_document_type,_verdict,"), "{header}");
    assert!(header.ends_with("surname,_confidence_surname,sex,_confidence_sex"), "{header}");
    assert_eq!(rows.count(), 3);
    assert!(!out.with_extension("csv.partial").exists());
    let again = run(folder.path(), &out, &[]);
    assert!(told(&again).contains("--afresh"), "{}", told(&again));
    assert_eq!(fs::read_to_string(&out).expect("a table"), table, "untouched");
}

#[test]
fn the_pages_of_a_folder_are_one_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = &samples_of(ID_CARD).expect("samples")[0];
    let card = folder.path().join("card");
    fs::create_dir(&card).expect("made");
    for (index, file) in sample.files.iter().enumerate() {
        fs::copy(file, card.join(format!("{index}.png"))).expect("copied");
    }
    let output = Command::new(DOSSIER)
        .args(["extract", "--each", "folder", "--out", "-", "--today", TODAY, "--data-root"])
        .arg(shipped_root())
        .arg(folder.path())
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{}", told(&output));
    let line: Value = serde_json::from_slice(&output.stdout).expect("one line");
    assert_eq!(line["files"].as_array().expect("files").len(), 2);
    assert_eq!(line["answer"]["document_type"], ID_CARD);
}

#[test]
fn what_was_stopped_goes_on() {
    let folder = folder_of(120);
    fs::remove_file(folder.path().join("broken.png")).expect("removed");
    let out = folder.path().join("results.csv");
    let partial = PathBuf::from(format!("{}.partial", out.display()));
    let mut first = command(folder.path(), out.to_str().expect("UTF-8"), &[]);
    let mut first = first.stderr(Stdio::piped()).spawn().expect("the binary starts");
    let patience = Instant::now() + Duration::from_secs(120);
    while fs::metadata(&partial).map_or(0, |metadata| metadata.len()) == 0 {
        assert!(Instant::now() < patience, "nothing is read");
        sleep(Duration::from_millis(5));
    }
    let told_to_stop = Command::new("kill").args(["-INT", &first.id().to_string()]).status();
    assert!(told_to_stop.expect("kill").success());
    assert_eq!(first.wait().expect("ends").code(), Some(130));
    assert!(!out.exists());
    let before = lines_of(&partial).len();
    assert!((1..120).contains(&before), "{before}");

    let output = run(folder.path(), &out, &[]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(
        told(&output).contains(&format!("{before}  read by an earlier run")),
        "{}",
        told(&output)
    );
    let table = fs::read_to_string(&out).expect("a table");
    // The lines of a zone are lines of the table, too.
    let documents = table.lines().filter_map(|row| row.split(',').next());
    let documents = documents.filter(|name| name.ends_with(".png"));
    assert_eq!(documents.collect::<BTreeSet<_>>().len(), 120, "each once");
    assert!(!partial.exists());
}

#[test]
fn a_folder_alone_says_what_to_add() {
    let folder = folder_of(1);
    let output = Command::new(DOSSIER).arg("extract").arg(folder.path()).output().expect("starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains("--out"), "{}", told(&output));
}
