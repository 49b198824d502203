//! A data directory to an archive and back, with the host at work and without.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use dossier::config::Token;
use dossier_engine::settings::Publisher;
use dossier_store::Scope;
use dossier_tests::{TOKEN, TestRoot};
use sha2::{Digest as _, Sha256};

use super::command_line::{path, text};
use super::{Host, PAPER, paper, version_of};
use crate::DOSSIER;

const CLERK: &str = "a token that reaches one name";

/// Runs the binary off the async threads, with a host's admin API and a token.
async fn run(host: &Host, token: &str, arguments: &[&str]) -> Output {
    let url = format!("http://{}", host.server.admin_address().expect("listens"));
    let mut command = Command::new(DOSSIER);
    command.args(arguments).env("DOSSIER_ADMIN_URL", url).env("DOSSIER_ADMIN_TOKEN", token);
    let running = tokio::task::spawn_blocking(move || command.output().expect("starts"));
    running.await.expect("ends")
}

fn run_alone(arguments: &[&str]) -> Output {
    Command::new(DOSSIER).args(arguments).output().expect("the binary starts")
}

fn told(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A root like that of [`Host::start`].
fn root() -> TestRoot {
    let root = TestRoot::with_base().expect("the shipped base");
    root.add_document_type(PAPER, "paper", &paper(1).component()).expect("is written");
    root
}

async fn host_on(backup: &Path) -> Host {
    let data_dir = tempfile::tempdir().expect("a folder");
    let restored = run_alone(&["restore", path(backup), "--data-dir", path(data_dir.path())]);
    assert!(text(&restored).contains("serves at the next start"));
    Host::open(root(), data_dir, |_| {}).await
}

async fn generation(host: &Host) -> u64 {
    host.admin.status("paper").await.expect("a status")["generation"].as_u64().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_served_serves_again_from_a_backup() {
    let folder = tempfile::tempdir().expect("a folder");
    let [live, stopped] = ["live.tar", "stopped.tar"].map(|name| folder.path().join(name));
    let host = Host::start_with(|platform| {
        let admin = platform.admin.as_mut().expect("an admin API");
        let scope = Scope {
            document_types: vec!["*".parse().expect("a pattern")],
            plugins: vec!["paper".parse().expect("a pattern")],
        };
        let publisher = Publisher { name: "clerk".to_owned(), scope };
        admin.tokens.push(Token { sha256: Sha256::digest(CLERK).into(), publisher });
    })
    .await;
    let second = host.publish(2).await;
    let of_second = host.activate(&second).await;

    // The host serves on, and its folder is nobody else's.
    let data_dir = host.data_dir.path();
    let locked =
        run(&host, TOKEN, &["backup", "--data-dir", path(data_dir), "--out", "x.tar"]).await;
    assert!(told(&locked).contains("a host runs on it"), "{}", told(&locked));
    let forbidden = run(&host, CLERK, &["backup", "--out", path(&live)]).await;
    assert!(told(&forbidden).contains("admin.forbidden"), "{}", told(&forbidden));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    text(&run(&host, TOKEN, &["backup", "--out", path(&live)]).await);
    let again = run(&host, TOKEN, &["backup", "--out", path(&live)]).await;
    assert!(told(&again).contains("live.tar"), "a backup is never overwritten");

    // What comes after it is not in it.
    let third = host.publish(3).await;
    let of_third = host.activate(&third).await;
    let Host { root: _root, data_dir, server, .. } = host;
    server.shutdown().await;
    let data_dir = path(data_dir.path());
    text(&run_alone(&["backup", "--data-dir", data_dir, "--out", path(&stopped)]));

    for (backup, version, of, rules) in
        [(&live, 2, of_second, &second.artifact), (&stopped, 3, of_third, &third.artifact)]
    {
        let host = host_on(backup).await;
        assert_eq!(version_of(&host.read().await), (version, rules.clone()));
        assert_eq!(generation(&host).await, of);
        host.end().await;
    }

    let into = folder.path().join("restored");
    let mut bytes = fs::read(&stopped).expect("is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = folder.path().join("damaged.tar");
    fs::write(&damaged, &bytes[..]).expect("is written");
    let refused = run_alone(&["restore", path(&damaged), "--data-dir", path(&into)]);
    assert!(told(&refused).contains("the archive: `"), "{}", told(&refused));
    assert!(!into.exists());
    let refused = run_alone(&["restore", path(&live), "--data-dir", data_dir]);
    assert!(told(&refused).contains("is not empty"), "{}", told(&refused));
}
