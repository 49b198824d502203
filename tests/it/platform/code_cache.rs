//! Compiled code outlives the process, and a touched file is never run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use dossier_tests::platform_config;
use reqwest::Method;
use serde_json::Value;

use super::{Host, version_of};

async fn counts(host: &Host) -> [u64; 3] {
    let (_, list) = host.admin.ask(Method::GET, "/v1/packages", Vec::new()).await.expect("told");
    ["taken", "compiled", "rejected"].map(|key| count(&list["compiled_code"][key]))
}

fn count(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_takes_kept_code_and_compiles_again_what_was_touched() {
    let host = Host::start().await;
    // Described before it is imported, and then made ready: compiled once.
    assert_eq!(counts(&host).await, [1, 1, 0]);
    let second = host.publish(2).await;
    host.activate(&second).await;
    let host = host.restart().await;
    assert_eq!(counts(&host).await, [1, 0, 0]);
    assert_eq!(version_of(&host.read().await), (2, second.artifact.clone()));

    let compiled = host.data_dir.path().join("compiled");
    for entry in fs::read_dir(&compiled).expect("a folder") {
        let file = entry.expect("an entry").path();
        let mut bytes = fs::read(&file).expect("is read");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&file, bytes).expect("is written");
    }
    let host = host.restart().await;
    assert_eq!(counts(&host).await, [0, 0, 1]);
    assert_eq!(version_of(&host.read().await), (2, second.artifact.clone()));
    let host = host.restart().await;
    assert_eq!(counts(&host).await, [1, 0, 0], "what was touched was replaced");
    assert_eq!(version_of(&host.read().await).0, 2);

    // With a key that others may read, nothing that is kept could be trusted.
    let Host { root, data_dir, server, .. } = host;
    server.shutdown().await;
    let key = data_dir.path().join("compiled.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("set");
    let config = platform_config(root.path(), data_dir.path()).expect("a configuration");
    let error = dossier::serve(config).await.expect_err("is refused").to_string();
    assert!(error.contains("compiled.key") && error.contains("chmod 600"), "{error}");
}
