//! Who may ask, over real connections and with the real model: tokens, tenants, and the command that makes
//! them.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use dossier_tests::{Client, TODAY, TestRoot, config, samples_of};

const PASSPORT: &str = "utopia/passport/2024";
/// How long a busy machine may take for what takes a second otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

fn token_command(arguments: &[&str], file: &Path) -> Output {
    let mut command = Command::new(crate::DOSSIER);
    command.arg("token").args(arguments).arg("--tokens-file").arg(file);
    command.output().expect("the command runs")
}

fn new_token(id: &str, tenant: &str, file: &Path) -> String {
    let arguments = ["new", id, "--tenant", tenant, "--document-types", "utopia/*,norvaria/*"];
    let output = token_command(&arguments, file);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
}

fn passport() -> Vec<Vec<u8>> {
    samples_of(PASSPORT).expect("samples").swap_remove(0).pages
}

#[tokio::test]
async fn tokens_come_and_go_while_the_host_serves() {
    let root = TestRoot::with_base().expect("a root");
    root.add_shipped(PASSPORT).expect("a document type");
    let file = root.path().join("tokens.json");
    let first = new_token("first", "utopia", &file);
    let mut config = config(root.path()).expect("a configuration");
    config.access.tokens_file = Some(file.clone());
    let server = dossier::serve(config).await.expect("starts");
    let client = Client::new(server.address());

    let refused = client.extract(PASSPORT, &passport()).await.expect("answered");
    assert_eq!((refused.status, refused.code()), (401, "auth.missing"));
    assert_eq!(client.get("/readyz").await.expect("answered").status, 200);
    let first = client.clone().bearing(&first);
    let read = first.extract(PASSPORT, &passport()).await.expect("answered");
    assert_eq!(read.status, 200, "{}", read.text);

    // Another follows it, and then the first is gone; nobody restarts anything.
    let second = client.clone().bearing(&new_token("second", "utopia", &file));
    becomes(&second, 200, &server).await;
    assert!(token_command(&["revoke", "first"], &file).status.success());
    becomes(&first, 401, &server).await;
    becomes(&second, 200, &server).await;

    // What can't be used changes nothing.
    let good = std::fs::read(&file).expect("the file");
    std::fs::write(&file, "{").expect("written");
    server.reload_files();
    becomes(&second, 200, &server).await;
    std::fs::write(&file, good).expect("written");
    server.shutdown().await;
}

/// Waits until a client is answered so.
async fn becomes(client: &Client, status: u16, server: &dossier::RunningServer) {
    let changed = async {
        while client.get("/v1/document-types").await.expect("answered").status != status {
            server.reload_files();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, changed).await.expect("in time");
}

#[test]
fn a_token_is_printed_once_and_no_list_shows_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokens.json");
    let token = new_token("first", "utopia", &file);
    assert!(token.starts_with("dossier_") && token.len() == 72, "{token}");
    for arguments in [&["list"][..], &["list", "--json"]] {
        let output = token_command(arguments, &file);
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success() && text.contains("utopia") && text.contains("first"));
        assert!(!text.contains(&token) && !text.contains("sha256\": \""), "{text}");
    }
    let again = ["new", "first", "--tenant", "utopia", "--document-types", "*"];
    let output = token_command(&again, &file);
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.code() == Some(1) && told.contains("id stands twice"), "{told}");
    let output = token_command(&["revoke", "another"], &file);
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.code() == Some(1) && told.contains("no token `another`"), "{told}");
}

#[test]
fn a_public_address_without_anything_that_tells_who_may_ask_is_refused() {
    let root = TestRoot::with_base().expect("a root");
    let serve = |arguments: &[&str]| {
        let mut command = Command::new(crate::DOSSIER);
        command.args(["serve", "--today", TODAY, "--listen", "0.0.0.0:0"]).args(arguments);
        let output = command.arg("--data-root").arg(root.path()).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let (code, told) = serve(&[]);
    assert!(code == Some(64) && told.contains("listen: others than this machine"), "{told}");
    // A file that is not there stops the start too, by name.
    let (code, told) = serve(&["--tokens-file", "no-such-file.json"]);
    assert!(code == Some(64) && told.contains("no-such-file.json: can't be read"), "{told}");
}
