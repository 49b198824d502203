//! The command line, as a process.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use dossier_tests::{
    Client, Sample, TODAY, comparable, samples_of, serve, shipped_root, shipped_types,
};
use serde_json::{Value, json};

use crate::{DOSSIER, ID_CARD, PASSPORT};

fn dossier(arguments: &[&str], paths: &[&Path]) -> Output {
    let mut command = Command::new(DOSSIER);
    command.args(arguments).args(paths);
    command.output().expect("the binary starts")
}

fn json_of(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn extract(sample: &Sample, document_type: &str, more: &[&str]) -> Output {
    let root = shipped_root();
    let mut arguments = vec!["extract", "--document-type", document_type, "--today", TODAY];
    arguments.extend(more);
    arguments.extend(["--data-root", root.to_str().expect("UTF-8"), "--"]);
    let files = sample.files.iter().map(|file| file.as_path()).collect::<Vec<_>>();
    dossier(&arguments, &files)
}

#[tokio::test(flavor = "multi_thread")]
async fn extract_answers_as_the_server_does() {
    let sample = &samples_of(ID_CARD).expect("samples")[0];
    let printed = json_of(&extract(sample, ID_CARD, &["--json"]));
    let server = serve(&shipped_root()).await.expect("starts");
    let client = Client::new(server.address());
    let answer = client.extract(ID_CARD, &sample.pages).await.expect("an answer");
    assert_eq!(comparable(&printed), comparable(&answer.body));
    server.shutdown().await;
}

#[test]
fn extract_prints_a_table_for_people() {
    let sample = &samples_of(PASSPORT).expect("samples")[0];
    let output = extract(sample, PASSPORT, &["--fields", "sex,mrz"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8(output.stdout).expect("text");
    for part in ["mrz", "sex", "verdict", "sha256:"] {
        assert!(table.contains(part), "{table}");
    }
}

#[test]
fn the_base_alone_names_no_adapter() {
    let sample = &samples_of(PASSPORT).expect("samples")[0];
    let printed =
        json_of(&extract(sample, PASSPORT, &["--json", "--base-only", "--fields", "sex"]));
    assert!(printed["served_by"]["adapter"].is_null() && printed["served_by"]["base"].is_string());
}

#[test]
fn a_refusal_is_one_line_and_an_exit_code() {
    let sample = &samples_of(PASSPORT).expect("samples")[0];
    let output = extract(sample, "utopia/passport/1824", &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8(output.stderr).expect("text");
    assert!(message.contains("did you mean `utopia/passport/2024`?"), "{message}");

    let output =
        dossier(&["extract", "--document-type", PASSPORT], &[Path::new("no-such-file.png")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-file.png"));

    assert_eq!(dossier(&["extract"], &[]).status.code(), Some(2));
    let output = dossier(&["serve", "--data-root", "no-such-folder"], &[]);
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn every_shell_is_told_the_commands_and_keys() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = dossier(&["completions", shell], &[]);
        let script = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success() && script.contains("check-config"), "{shell}");
        assert!(script.contains("max-body-bytes"), "{shell}");
    }
    assert_eq!(dossier(&["completions", "tcsh"], &[]).status.code(), Some(2));
}

#[test]
fn plugin_run_reports_on_values_of_no_model() {
    let sample = &samples_of(PASSPORT).expect("samples")[0];
    let folder = tempfile::tempdir().expect("a folder");
    let values = folder.path().join("values.json");
    let truth = sample.truth.iter().map(|(name, value)| (name.clone(), json!(value)));
    let mut fields = truth.collect::<serde_json::Map<_, _>>();
    let report = run_rules(&values, &fields);
    assert_eq!(report["fields"]["surname"], sample.value("surname").expect("a surname"));
    let failed = |report: &Value| {
        let checks = report["checks"].as_array().expect("checks");
        checks.iter().filter(|check| check["outcome"] == "failed").count()
    };
    assert_eq!(failed(&report), 0, "{report:#}");

    // One digit of the number's check digit's line, read wrongly.
    let mrz = sample.value("mrz").expect("a zone");
    let (first, second) = mrz.split_once('\n').expect("two lines");
    let digit = if second.as_bytes()[9] == b'0' { '1' } else { '0' };
    let wrong = format!("{first}\n{}{digit}{}", &second[..9], &second[10..]);
    fields.insert("mrz".to_owned(), json!(wrong));
    assert!(failed(&run_rules(&values, &fields)) > 0);
}

fn run_rules(values: &Path, fields: &serde_json::Map<String, Value>) -> Value {
    fs::write(values, json!({ "fields": fields }).to_string()).expect("is written");
    let root = shipped_root();
    let root = root.to_str().expect("UTF-8");
    let arguments = ["plugin", "run", "utopia", "--document-type", PASSPORT, "--today", TODAY];
    let arguments = [&arguments[..], &["--data-root", root, "--values"]].concat();
    json_of(&dossier(&arguments, &[values]))
}

#[test]
fn debug_prints_logits_and_tokens() {
    let base = shipped_root().join("adapters/base/dossier-small");
    let base = base.to_str().expect("UTF-8");
    let image = &samples_of(PASSPORT).expect("samples")[0].files[0];
    let image = image.to_str().expect("UTF-8");
    let common = ["--base", base, "--image", image, "--json"];
    let forward = [&["debug", "forward", "--tokens", "1,6,40"], &common[..]].concat();
    let printed = json_of(&dossier(&forward, &[]));
    let logits = printed["logits"].as_array().expect("logits of each step");
    assert_eq!(logits.len(), 3);
    for step in logits {
        let step = step.as_array().expect("a number a token");
        assert!(step.len() > 100 && step.iter().all(|logit| logit.is_number()));
    }
    let generate =
        [&["debug", "generate", "--prompt-tokens", "1,6", "--max-new-tokens", "4"], &common[..]]
            .concat();
    let printed = json_of(&dossier(&generate, &[]));
    let tokens = printed["tokens"].as_array().expect("tokens");
    assert!((1..=6).contains(&tokens.len()) && tokens.iter().all(|token| token.is_u64()));
}

#[test]
fn document_types_are_listed() {
    let root = shipped_root();
    let root = root.to_str().expect("UTF-8");
    let printed = json_of(&dossier(&["document-types", "--json", "--data-root", root], &[]));
    let shipped = shipped_types().expect("manifests").len();
    let listed = printed["document_types"].as_array().expect("a list");
    let is_of_any_issuer = |listed: &&Value| {
        listed["document_type"].as_str().is_some_and(|name| name.starts_with("icao/"))
    };
    let of_any_issuer = listed.iter().filter(is_of_any_issuer).count();
    assert_eq!((listed.len() - of_any_issuer, of_any_issuer), (shipped, 5));
}

#[test]
fn a_doctor_finds_this_machine_able_to_read() {
    let root = shipped_root();
    let root = root.to_str().expect("UTF-8");
    let printed = json_of(&dossier(&["doctor", "--json", "--data-root", root], &[]));
    assert_eq!(printed["healthy"], true, "{printed}");
    let looks = printed["looks"].as_array().expect("looks");
    let finding = |what: &str| {
        let look = looks.iter().find(|look| look["what"] == what);
        look.unwrap_or_else(|| panic!("{what}: {printed}"))["finding"].clone()
    };
    for what in ["model, adapters, rules", "page finder", "reading a sample"] {
        assert_eq!(finding(what), "good", "{what}: {printed}");
    }

    let empty = tempfile::tempdir().expect("a folder");
    let output = dossier(&["doctor", "--data-root"], &[empty.path()]);
    assert_eq!(output.status.code(), Some(1));
    let table = String::from_utf8(output.stdout).expect("text");
    assert!(table.contains("failed") && table.contains("--data-root"), "{table}");
    assert!(!table.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn colours_are_for_those_who_want_them() {
    let root = shipped_root();
    let shown = |variable: &str| {
        let mut command = Command::new(DOSSIER);
        command.args(["document-types", "--data-root"]).arg(&root).env(variable, "1");
        command.output().expect("the binary starts").stdout
    };
    let has_colours = |text: Vec<u8>| text.contains(&0x1b);
    assert!(has_colours(shown("CLICOLOR_FORCE")));
    assert!(!has_colours(shown("NO_COLOR")));
}
