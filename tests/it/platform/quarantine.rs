//! Bad days: what can't serve is quarantined by name, and everybody else is served.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dossier::config::Config;
use dossier_engine::rebuild_catalogue;
use dossier_store::PackageDigest;
use dossier_tests::{AdminClient, Client, TOKEN, TestRoot, bad_images, platform_config};
use image::ImageFormat;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Host, PAPER, fixture, package_of, paper, read, version_of};
use crate::guest::{ALARM, Guest, LOOP, sleep};

/// A second document type, with rules of its own.
const OTHER: &str = "other/card/1";

async fn two_types() -> Host {
    let root = TestRoot::with_base().expect("the shipped base");
    root.add_document_type(PAPER, "paper", &paper(1).component()).expect("is written");
    let mut other = paper(9);
    other.describes("other", "1.0.9", &[OTHER]);
    root.add_document_type(OTHER, "other", &other.component()).expect("is written");
    Host::open(root, tempfile::tempdir().expect("a folder"), |_| {}).await
}

async fn stopped(host: Host) -> (TestRoot, TempDir) {
    let Host { root, data_dir, server, .. } = host;
    server.shutdown().await;
    (root, data_dir)
}

async fn start(
    root: &TestRoot,
    data_dir: &Path,
    change: impl FnOnce(&mut Config),
) -> dossier::RunningServer {
    let mut config = platform_config(root.path(), data_dir).expect("a configuration");
    change(&mut config);
    dossier::serve(config).await.expect("starts")
}

fn clients(server: &dossier::RunningServer) -> (Client, AdminClient) {
    let admin = server.admin_address().expect("listens");
    (Client::new(server.address()), AdminClient::new(admin, TOKEN))
}

async fn other_is_read(client: &Client) {
    let page = bad_images::blank(64, 48, ImageFormat::Png);
    let answer = client.extract_fields(OTHER, &[page], "surname").await.expect("an answer");
    assert_eq!(version_of(&answer).0, 9);
}

fn stored(data_dir: &Path, package: &str) -> PathBuf {
    let digest = package.parse::<PackageDigest>().expect("a digest");
    data_dir.join("packages").join(digest.hex())
}

fn flip(file: &Path) {
    let mut bytes = fs::read(file).expect("is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("is ours");
    fs::write(file, bytes).expect("is written");
}

/// Rules that do `harm` from the year 2027 on; `today` is the last parameter of `before`.
fn bad_from_2027(number: u32, harm: &str) -> Guest {
    let guest = paper(number);
    let is_2027 = "(i32.eq (i32.load8_u offset=3 (local.get 6)) (i32.const 0x37))";
    Guest { before: format!("(if {is_2027} (then {harm})) {}", guest.before), ..guest }
}

fn in_2027(config: &mut Config) {
    config.reader.today = Some("2027-03-01".parse().expect("a date"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_flipped_byte_stops_nobody_and_the_version_before_serves() {
    let host = two_types().await;
    let second = host.publish(2).await;
    host.activate(&second).await;
    let active = host.admin.status(OTHER).await.expect("a status")["active"].clone();
    let (root, data_dir) = stopped(host).await;
    flip(&stored(data_dir.path(), &second.package).join("component.wasm"));

    let server = start(&root, data_dir.path(), |_| {}).await;
    let (client, admin) = clients(&server);
    other_is_read(&client).await;
    assert_eq!(version_of(&read(&client).await).0, 1, "the version before stands in");
    let status = admin.status("paper").await.expect("a status");
    assert_eq!(status["active"], second.package, "the catalogue says what it said");
    assert_eq!(status["quarantine"]["code"], "package.damaged");
    assert_eq!(status["quarantine"]["earlier_serves"], true);
    let detail = status["quarantine"]["detail"].as_str().expect("a text");
    assert!(!detail.contains(&*data_dir.path().to_string_lossy()), "{detail}");
    // Its publisher goes on as if nothing was.
    admin.change("paper", "rollback", json!(null)).await.expect("back");
    let status = admin.status("paper").await.expect("a status");
    assert_eq!((&status["state"], &status["quarantine"]), (&json!("active"), &json!(null)));
    server.shutdown().await;

    // An adapter has no version before: its document type alone is not served.
    let adapter = stored(data_dir.path(), active.as_str().expect("a digest"));
    flip(&adapter.join("adapter_model.safetensors"));
    let server = start(&root, data_dir.path(), |_| {}).await;
    let (client, admin) = clients(&server);
    assert_eq!(version_of(&read(&client).await).0, 1);
    let page = bad_images::blank(64, 48, ImageFormat::Png);
    let answer = client.extract_fields(OTHER, &[page], "surname").await.expect("an answer");
    assert_eq!((answer.status, answer.code()), (503, "document_type.quarantined"));
    let status = admin.status(OTHER).await.expect("a status");
    assert_eq!(
        (&status["state"], &status["quarantine"]["code"]),
        (&json!("quarantined"), &json!("package.damaged"))
    );
    // Others change what is theirs.
    let third = admin.publish(&super::package(3)).await.expect("a good package");
    let body = json!({"package": third.package});
    admin.change("paper", "activate", body).await.expect("is activated");
    assert_eq!(version_of(&read(&client).await).0, 3);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_go_bad_at_a_date_stop_nobody_and_the_version_before_serves() {
    for (harm, code) in [("unreachable", "plugin.trap"), (LOOP, "plugin.timeout")] {
        let host = two_types().await;
        let bad = package_of(&bad_from_2027(2, harm), 2);
        let bad = host.admin.publish(&bad).await.expect("good until then");
        host.activate(&bad).await;
        assert_eq!(version_of(&host.read().await).0, 2);
        let (root, data_dir) = stopped(host).await;

        let server = start(&root, data_dir.path(), in_2027).await;
        let (client, admin) = clients(&server);
        other_is_read(&client).await;
        assert_eq!(version_of(&read(&client).await).0, 1, "{code}");
        let status = admin.status("paper").await.expect("a status");
        assert_eq!(status["quarantine"]["code"], code);
        assert_eq!(status["quarantine"]["earlier_serves"], true);
        // The date is right again, and so is everything.
        server.shutdown().await;
        let server = start(&root, data_dir.path(), |_| {}).await;
        assert_eq!(version_of(&read(&clients(&server).0).await).0, 2);
        server.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_without_a_version_before_are_quarantined_alone() {
    let root = TestRoot::with_base().expect("the shipped base");
    let bad = bad_from_2027(1, "unreachable").component();
    root.add_document_type(PAPER, "paper", &bad).expect("is written");
    let mut other = paper(9);
    other.describes("other", "1.0.9", &[OTHER]);
    root.add_document_type(OTHER, "other", &other.component()).expect("is written");
    let data_dir = tempfile::tempdir().expect("a folder");
    let server = start(&root, data_dir.path(), in_2027).await;
    let (client, admin) = clients(&server);
    other_is_read(&client).await;
    let answer = read(&client).await;
    assert_eq!((answer.status, answer.code()), (503, "document_type.quarantined"));
    let status = admin.status(PAPER).await.expect("a status");
    assert_eq!(
        (&status["state"], &status["quarantine"]["code"]),
        (&json!("quarantined"), &json!("plugin.trap"))
    );
    // A version that works ends it.
    let second = admin.publish(&super::package(2)).await.expect("a good package");
    admin.change("paper", "activate", json!({"package": second.package})).await.expect("activated");
    assert_eq!(version_of(&read(&client).await).0, 2);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_or_damaged_catalogue_is_refused_and_made_again() {
    let host = two_types().await;
    let second = host.publish(2).await;
    host.activate(&second).await;
    let (root, data_dir) = stopped(host).await;
    let file = data_dir.path().join("catalogue.redb");
    let refused = async || {
        let config = platform_config(root.path(), data_dir.path()).expect("a configuration");
        dossier::serve(config).await.expect_err("refused").to_string()
    };
    assert!(rebuild_catalogue(data_dir.path()).is_err(), "it is whole");

    fs::remove_file(&file).expect("is there");
    // Not only once: nothing is made in its place.
    for _ in 0..2 {
        let error = refused().await;
        assert!(error.contains("is gone") && error.contains("package rebuild"), "{error}");
    }
    let rebuilt = rebuild_catalogue(data_dir.path()).expect("is made again");
    assert!(rebuilt.is_what_served && rebuilt.unreadable.is_empty(), "{rebuilt:?}");
    let server = start(&root, data_dir.path(), |_| {}).await;
    let (client, admin) = clients(&server);
    assert_eq!(version_of(&read(&client).await).0, 2);
    other_is_read(&client).await;
    admin.change("paper", "rollback", json!(null)).await.expect("back");
    assert_eq!(version_of(&read(&client).await).0, 1);
    server.shutdown().await;

    fs::write(&file, b"no catalogue").expect("is written");
    let error = refused().await;
    assert!(error.contains("damaged") && error.contains("package rebuild"), "{error}");
    // Without its copy, the highest version of each name serves.
    fs::remove_file(data_dir.path().join("last-generation.json")).expect("is there");
    let rebuilt = rebuild_catalogue(data_dir.path()).expect("is made again");
    assert!(!rebuilt.is_what_served && rebuilt.set_aside.is_some_and(|aside| aside.is_file()));
    let server = start(&root, data_dir.path(), |_| {}).await;
    assert_eq!(version_of(&read(&clients(&server).0).await).0, 2);
    server.shutdown().await;
}

/// Rules whose `after` sleeps for an hour.
fn sleeps(number: u32) -> Vec<u8> {
    let guest = Guest {
        extra: ALARM.to_owned(),
        after: format!("{} unreachable", sleep(Duration::from_secs(3600))),
        ..paper(number)
    };
    guest.sleeping_component()
}

/// A host whose rules may sleep for ten minutes, and somebody who publishes such.
async fn somebody_publishes_rules_that_sleep(
    change: impl FnOnce(&mut Config),
) -> (TestRoot, TempDir, dossier::RunningServer, tokio::task::JoinHandle<String>) {
    let (root, data_dir) = stopped(two_types().await).await;
    let server = start(&root, data_dir.path(), |config| {
        config.reader.rules.call_timeout = Duration::from_secs(600);
        config.http.shutdown_timeout = Duration::from_secs(2);
        change(config);
    })
    .await;
    let (_, admin) = clients(&server);
    let before = fs::read_dir(data_dir.path().join("packages")).expect("a folder").count();
    let package =
        dossier_tests::rules_package("paper", "1.0.2", &[PAPER], sleeps(2), &[fixture(2)]);
    let package = package.expect("a package");
    let publishing = tokio::spawn(async move {
        admin.publish(&package).await.expect_err("it never passes").to_string()
    });
    // It is on disk before its fixtures are run.
    while fs::read_dir(data_dir.path().join("packages")).expect("a folder").count() == before {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (root, data_dir, server, publishing)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_rules_that_sleep_while_they_are_published() {
    let (_root, _data_dir, server, publishing) = somebody_publishes_rules_that_sleep(|_| {}).await;
    let (client, admin) = clients(&server);
    let mut other = paper(3);
    other.describes("other", "1.0.3", &[OTHER]);
    let mut about = fixture(3);
    about["document_type"] = json!(OTHER);
    let other =
        dossier_tests::rules_package("other", "1.0.3", &[OTHER], other.component(), &[about]);
    // The same token: its second package waits for its turn, but what serves is changed at once.
    let _waits = tokio::spawn({
        let (admin, other) = (admin.clone(), other.expect("a package"));
        async move { admin.publish(&other).await }
    });
    let body = json!({"package": admin.status("other").await.expect("a status")["active"]});
    admin.change("other", "activate", body).await.expect("is activated");
    other_is_read(&client).await;
    assert!(!publishing.is_finished(), "the first still sleeps");
    // The end of the host waits for neither.
    let ended = tokio::time::timeout(Duration::from_secs(60), server.shutdown()).await;
    assert!(ended.is_ok(), "the host waits for fixtures that run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_has_a_time_and_leaves_nothing() {
    let (_root, data_dir, server, publishing) = somebody_publishes_rules_that_sleep(|config| {
        let platform = config.platform.as_mut().expect("a data directory");
        platform.publisher.publish_timeout = Duration::from_secs(3);
    })
    .await;
    let error = publishing.await.expect("it is told");
    assert!(error.contains("package.timeout"), "{error}");
    let (_, admin) = clients(&server);
    let status = admin.status("paper").await.expect("a status");
    assert_eq!(status["reason"]["code"], "package.timeout");
    let left = fs::read_dir(data_dir.path().join("packages")).expect("a folder").count();
    assert_eq!(left, 4, "two adapters and two versions of rules");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_changes_are_taken_is_told_without_a_token() {
    let host = Host::start().await;
    let nobody = AdminClient::new(host.server.admin_address().expect("listens"), "nobody");
    let url =
        |path: &str| format!("http://{}{path}", host.server.admin_address().expect("listens"));
    for path in ["/livez", "/readyz"] {
        let answer = reqwest::get(url(path)).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
    }
    let (status, problem): (u16, Value) =
        nobody.ask(Method::GET, "/v1/packages", Vec::new()).await.expect("an answer");
    assert_eq!((status, &problem["code"]), (401, &json!("admin.unauthenticated")));
    host.end().await;
}
