//! Packages come and go while the host serves.

mod backup;
mod calibration;
mod code_cache;
mod command_line;
mod crash;
mod dry_run;
mod limits;
mod lora;
mod prune;
mod publishing;
mod quarantine;
mod registry;
mod rollout;
mod settings;
mod under_load;
mod watching;

use std::collections::BTreeMap;
use std::fs;

use dossier::RunningServer;
use dossier_store::Package;
use dossier_tests::{
    AdminClient, Answer, Client, TOKEN, TestRoot, bad_images, platform_config, rules_package,
    shipped_root,
};
use image::ImageFormat;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::guest::{Guest, RawCheck, RawRequest};

const PAPER: &str = "test/paper/1";

/// A host with one document type, `test/paper/1`, whose rules are `paper`.
struct Host {
    root: TestRoot,
    data_dir: TempDir,
    server: RunningServer,
    client: Client,
    admin: AdminClient,
}

impl Host {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut dossier::config::PlatformConfig)) -> Self {
        let root = TestRoot::with_base().expect("the shipped base");
        root.add_document_type(PAPER, "paper", &paper(1).component()).expect("is written");
        let data_dir = tempfile::tempdir().expect("a folder");
        Self::open(root, data_dir, change).await
    }

    async fn open(
        root: TestRoot,
        data_dir: TempDir,
        change: impl FnOnce(&mut dossier::config::PlatformConfig),
    ) -> Self {
        let mut config = platform_config(root.path(), data_dir.path()).expect("a configuration");
        change(config.platform.as_mut().expect("a data directory"));
        let server = dossier::serve(config).await.expect("starts");
        let client = Client::new(server.address());
        let admin = AdminClient::new(server.admin_address().expect("listens"), TOKEN);
        Self { root, data_dir, server, client, admin }
    }

    async fn restart(self) -> Self {
        let Self { root, data_dir, server, .. } = self;
        server.shutdown().await;
        Self::open(root, data_dir, |_| {}).await
    }

    async fn read(&self) -> Answer {
        read(&self.client).await
    }

    async fn publish(&self, number: u32) -> dossier_tests::Publication {
        self.admin.publish(&package(number)).await.expect("a good package")
    }

    async fn activate(&self, publication: &dossier_tests::Publication) -> u64 {
        let body = json!({"package": publication.package});
        self.admin.change("paper", "activate", body).await.expect("is activated")
    }

    async fn end(self) {
        self.server.shutdown().await;
    }
}

async fn read(client: &Client) -> Answer {
    let page = bad_images::blank(64, 48, ImageFormat::Png);
    client.extract_fields(PAPER, &[page], "surname").await.expect("an answer")
}

/// A package of a document type with the passport's adapter and the rules `paper`, but for `changes`.
fn adapter_package(document_type: &str, base: &str, changes: &[(&str, &[u8])]) -> Package {
    let passport = shipped_root().join("adapters/utopia/passport/2024");
    let manifest = json!({"document_type": document_type, "title": "Paper", "pages": 1,
                          "base": base, "rules": "paper"});
    let mut files =
        BTreeMap::from([("document-type.json".to_owned(), manifest.to_string().into_bytes())]);
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        files.insert(name.to_owned(), fs::read(passport.join(name)).expect("is shipped"));
    }
    files.extend(changes.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())));
    Package::new(files).expect("a package")
}

/// Version `number` of the rules: it asks for a surname of as many characters, and says its number
/// in a check, so that an answer tells which version's hooks made it.
fn paper(number: u32) -> Guest {
    let mut guest = Guest::good();
    guest.describes("paper", &format!("1.0.{number}"), &[PAPER]);
    let shape = Some((1, number));
    guest.requests(&[RawRequest { max_length: number, shape, ..RawRequest::default() }]);
    let code = format!("version.{number}");
    guest.reports(
        &[("surname", None, "visual")],
        &[RawCheck { code: &code, ..RawCheck::default() }],
    );
    guest
}

fn package(number: u32) -> Package {
    package_of(&paper(number), number)
}

/// A package of a variant of [`paper`], with the fixture that the original passes.
fn package_of(guest: &Guest, number: u32) -> Package {
    let version = format!("1.0.{number}");
    let fixtures = [fixture(number)];
    rules_package("paper", &version, &[PAPER], guest.component(), &fixtures).expect("a package")
}

fn fixture(number: u32) -> Value {
    let code = format!("version.{number}");
    json!({
        "document_type": PAPER,
        "today": "2026-11-24",
        "fields": {"surname": "ERIKSSON"},
        "expected": {
            "fields": {"surname": null},
            "checks": [{"code": code, "outcome": "passed"}],
        },
    })
}

/// The version whose `before` and `after` made an answer, and the digest of the rules. Fails when
/// they are of two versions.
fn version_of(answer: &Answer) -> (u32, String) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = &answer.body;
    let before = body["fields"][0]["raw"].as_str().expect("a reading").len();
    let after = body["checks"][0]["code"].as_str().expect("a code");
    let after = after.strip_prefix("version.").expect("a version").parse::<u32>();
    let after = after.expect("a number");
    assert_eq!(before, after as usize, "an answer of two versions: {}", answer.text);
    (after, body["served_by"]["rules"].as_str().expect("a digest").to_owned())
}
