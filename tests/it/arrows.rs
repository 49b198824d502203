//! Which crate may depend on which.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use dossier_tests::repository;
use serde_json::Value;

/// Each crate of the workspace, and the crates of the workspace it may use.
const ARROWS: [(&str, &[&str]); 14] = [
    (
        "dossier",
        &[
            "dossier-document",
            "dossier-image-decode",
            "dossier-inference",
            "dossier-model",
            "dossier-plugin",
            "dossier-store",
            "icao",
        ],
    ),
    ("dossier-document", &[]),
    ("dossier-image-decode", &["dossier-document"]),
    ("dossier-inference", &["dossier-document"]),
    ("dossier-model", &["dossier-document", "dossier-inference"]),
    ("dossier-plugin", &["dossier-document"]),
    ("dossier-store", &["dossier-document"]),
    ("dossier-tests", &["dossier", "dossier-store"]),
    ("dossier-rules-sdk", &[]),
    ("icao", &["dossier-rules-sdk"]),
    ("marked", &["dossier-rules-sdk"]),
    ("noop", &["dossier-rules-sdk"]),
    ("states", &["dossier-rules-sdk"]),
    ("utopia", &["dossier-rules-sdk"]),
];

/// Crates that must be nowhere below a crate of the workspace.
const FORBIDDEN: [(&str, &[&str]); 7] = [
    ("dossier-document", &["serde", "tokio", "tracing"]),
    ("dossier-image-decode", &["candle-core", "wasmtime", "hyper", "tokio", "serde"]),
    ("dossier-inference", &["candle-core", "wasmtime", "hyper", "serde", "tokio"]),
    ("dossier-model", &["tokio", "hyper", "wasmtime", "reqwest", "hf-hub"]),
    ("dossier-plugin", &["candle-core", "hyper", "axum"]),
    ("dossier-store", &["candle-core", "wasmtime", "hyper", "tokio"]),
    ("dossier-rules-sdk", &["tokio", "wasmtime"]),
];

/// The names of packages and what each depends on; development and build dependencies apart.
struct Graph {
    members: BTreeSet<String>,
    normal: BTreeMap<String, BTreeSet<String>>,
    development: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn read() -> Self {
        let host = command(env!("CARGO"), &["version", "--verbose"]);
        let platform = host.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
        // What is not for this platform was perhaps never downloaded.
        let arguments =
            ["metadata", "--format-version=1", "--offline", "--filter-platform", platform];
        let metadata = serde_json::from_str::<Value>(&command(env!("CARGO"), &arguments))
            .expect("cargo writes JSON");
        let names = array(&metadata["packages"])
            .iter()
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect::<BTreeMap<_, _>>();
        let name_of = |id: &Value| names[id.as_str().expect("an id")].clone();
        let members = array(&metadata["workspace_members"]).iter().map(name_of).collect();
        let (mut normal, mut development) = (BTreeMap::new(), BTreeMap::new());
        for node in array(&metadata["resolve"]["nodes"]) {
            let name = name_of(&node["id"]);
            let with_kind = |kind: Value| {
                array(&node["deps"])
                    .iter()
                    .filter(|dependency| {
                        array(&dependency["dep_kinds"]).iter().any(|is| is["kind"] == kind)
                    })
                    .map(|dependency| name_of(&dependency["pkg"]))
                    .collect::<BTreeSet<_>>()
            };
            // Two versions of one crate share a name: together they depend on all that either does.
            normal.entry(name.clone()).or_insert_with(BTreeSet::new).extend(with_kind(Value::Null));
            development.entry(name).or_insert_with(BTreeSet::new).extend(with_kind("dev".into()));
        }
        Self { members, normal, development }
    }

    /// Everything below a package.
    fn below(&self, package: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open = vec![package];
        while let Some(package) = open.pop() {
            for dependency in &self.normal[package] {
                if found.insert(dependency.as_str()) {
                    open.push(dependency);
                }
            }
        }
        found
    }
}

#[test]
fn crates_depend_along_the_arrows_only() {
    let graph = Graph::read();
    let known = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(graph.members, known, "a crate without arrows, or arrows without a crate");
    for (name, allowed) in ARROWS {
        let used = graph.normal[name].iter().chain(&graph.development[name]);
        let beyond = used
            .filter(|used| graph.members.contains(*used) && !allowed.contains(&used.as_str()))
            .collect::<Vec<_>>();
        assert!(beyond.is_empty(), "{name} must not depend on {beyond:?}");
    }
}

#[test]
fn no_crate_carries_what_it_must_not_know() {
    let graph = Graph::read();
    for (name, forbidden) in FORBIDDEN {
        let below = graph.below(name);
        let found = forbidden.iter().filter(|crate_name| below.contains(**crate_name));
        let found = found.collect::<Vec<_>>();
        assert!(found.is_empty(), "{name} carries {found:?}");
    }
}

#[test]
fn the_shared_data_needs_nothing_but_errors() {
    let graph = Graph::read();
    assert_eq!(graph.normal["dossier-document"], BTreeSet::from(["thiserror".to_owned()]));
    let decode = ["dossier-document", "image", "thiserror"].map(str::to_owned);
    assert_eq!(graph.normal["dossier-image-decode"], BTreeSet::from(decode));
}

fn command(program: &str, arguments: &[&str]) -> String {
    let output =
        Command::new(program).args(arguments).current_dir(repository()).output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
