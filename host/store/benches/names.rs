//! What it costs to tell how names stand: `cargo bench --workspace --profile dev --bench names`.
//!
//! The catalogue has 1,000 names with 100 versions each, and as many events as are kept of ten publishers.

use std::sync::LazyLock;

use divan::{Bencher, black_box};
use dossier_store::{Action, Catalogue, Change, Event, Generation, Origin, PackageDigest, Version};

const NAMES: u32 = 1000;
const VERSIONS: u32 = 100;
const PUBLISHERS: u32 = 10;
const EVENTS: u32 = 10_000;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let catalogue = Catalogue::in_memory().expect("memory");
    let mut generation = Generation { number: 1, ..Generation::default() };
    for name in 0..NAMES {
        let versions = (0..VERSIONS).map(|number| version(name, number)).collect::<Vec<_>>();
        generation.activate(&name_of(name), versions[0].package);
        catalogue.write(Change { versions, ..Change::default() }).expect("is written");
    }
    for publisher in 0..PUBLISHERS {
        let events = (0..EVENTS).map(|_| event(publisher)).collect();
        catalogue.write(Change { events, ..Change::default() }).expect("is written");
    }
    catalogue
        .write(Change { generation: Some(generation), ..Change::default() })
        .expect("is written");
    catalogue
});

fn name_of(name: u32) -> String {
    format!("state/document/{name:04}")
}

fn digest(number: u64) -> PackageDigest {
    format!("sha256:{number:064x}").parse().expect("a digest")
}

fn version(name: u32, number: u32) -> Version {
    Version {
        package: digest(u64::from(name) << 32 | u64::from(number)),
        sequence: 0,
        kind: "adapter".to_owned(),
        name: name_of(name),
        version: Some(format!("1.0.{number}")),
        document_types: vec![name_of(name)],
        artifact: digest(u64::from(number)).to_string(),
        publisher: format!("publisher-{}", name % PUBLISHERS),
        signed_by: Some("team".to_owned()),
        signed_with: Some(format!("ed25519:{}", "ab".repeat(32))),
        origin: Origin::Publish,
        published_at: "2026-11-24T10:00:00.123456789Z".to_owned(),
    }
}

fn event(publisher: u32) -> Event {
    Event {
        sequence: 0,
        at: "2026-11-24T10:00:00.123456789Z".to_owned(),
        generation: 1,
        action: Action::Publish,
        plugin: "state/document/0001".to_owned(),
        package: Some(digest(1)),
        actor: format!("publisher-{publisher}"),
        code: None,
        detail: None,
    }
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn one_name(bencher: Bencher<'_, '_>) {
    bencher.bench(|| CATALOGUE.of_name(black_box("state/document/0500"), 100).expect("reads"));
}

/// A page of the default length, and the longest.
#[divan::bench(args = [100, 1000], sample_count = 20, sample_size = 1)]
fn names(bencher: Bencher<'_, '_>, limit: usize) {
    bencher.bench(|| CATALOGUE.of_names(None, limit, 10, |_| true).expect("reads"));
}

/// For a publisher who reaches the last name alone.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn one_of_all_names(bencher: Bencher<'_, '_>) {
    let wanted = |name: &str| name == "state/document/0999";
    bencher.bench(|| CATALOGUE.of_names(None, 100, 10, wanted).expect("reads"));
}

/// Before every upload.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn packages_of_one_publisher(bencher: Bencher<'_, '_>) {
    bencher.bench(|| CATALOGUE.packages_of(black_box("publisher-3")).expect("reads"));
}

/// As a prune reads them: what reading each version would cost everything else.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn all_versions(bencher: Bencher<'_, '_>) {
    bencher.bench(|| CATALOGUE.versions().expect("reads"));
}

/// A history in which nothing is found.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn whole_history(bencher: Bencher<'_, '_>) {
    bencher.bench(|| CATALOGUE.history(1, |event| event.generation == 2).expect("reads"));
}

fn main() {
    LazyLock::force(&CATALOGUE);
    divan::main();
}
