//! Which crate may depend on which, and that no modules go in circles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use dossier_tests::repository;
use serde_json::Value;

/// Each crate of the workspace, and the crates of the workspace it may use.
const ARROWS: [(&str, &[&str]); 31] = [
    (
        "dossier",
        &[
            "dossier-document",
            "dossier-engine",
            "dossier-image-decode",
            "dossier-inference",
            "dossier-jobs",
            "dossier-model",
            "dossier-plugin",
            "dossier-postgres",
            "dossier-shared",
            "dossier-store",
        ],
    ),
    (
        "dossier-bench",
        &[
            "dossier",
            "dossier-document",
            "dossier-engine",
            "dossier-inference",
            "dossier-model",
            "dossier-plugin",
            "dossier-store",
            "icao",
        ],
    ),
    ("dossier-barcode", &["dossier-document"]),
    ("dossier-document", &[]),
    (
        "dossier-engine",
        &[
            "dossier-barcode",
            "dossier-document",
            "dossier-image-decode",
            "dossier-inference",
            "dossier-model",
            "dossier-plugin",
            "dossier-store",
        ],
    ),
    ("dossier-image-decode", &["dossier-document"]),
    ("dossier-inference", &["dossier-document"]),
    ("dossier-jobs", &["dossier-document", "dossier-postgres"]),
    ("dossier-model", &["dossier-document", "dossier-inference"]),
    ("dossier-plugin", &["dossier-document"]),
    ("dossier-postgres", &[]),
    ("dossier-shared", &["dossier-document", "dossier-postgres", "dossier-store"]),
    ("dossier-store", &["dossier-document"]),
    (
        "dossier-tests",
        &[
            "dossier",
            "dossier-document",
            "dossier-engine",
            "dossier-image-decode",
            "dossier-jobs",
            "dossier-model",
            "dossier-postgres",
            "dossier-shared",
            "dossier-store",
        ],
    ),
    ("dossier-rules-sdk", &[]),
    ("dossier-rules-declaration", &[]),
    ("icao", &["dossier-rules-sdk"]),
    ("marked", &["dossier-rules-sdk"]),
    ("noop", &["dossier-rules-sdk"]),
    ("anatolis", DECLARED),
    ("costaluz", DECLARED),
    ("helvetara", DECLARED),
    ("hokuto", DECLARED),
    ("karvonia", DECLARED),
    ("kumasia", DECLARED),
    ("meridia", DECLARED),
    ("norvaria", DECLARED),
    ("parsavand", DECLARED),
    ("siamara", DECLARED),
    ("utopia", DECLARED),
    ("veligrad", DECLARED),
];

/// What the rules of a state that declares its documents may use, while they are built and after.
const DECLARED: &[&str] = &["dossier-rules-declaration", "dossier-rules-sdk"];

/// Crates that must be nowhere below a crate of the workspace.
const FORBIDDEN: [(&str, &[&str]); 13] = [
    ("dossier", &["plotters", "icao", "hdrhistogram"]),
    ("dossier-document", &["serde", "tokio", "tracing"]),
    ("dossier-engine", &["axum", "clap", "hyper", "reqwest", "toml"]),
    ("dossier-barcode", &["candle-core", "wasmtime", "hyper", "tokio", "image"]),
    ("dossier-image-decode", &["candle-core", "wasmtime", "hyper", "tokio", "serde"]),
    ("dossier-inference", &["candle-core", "wasmtime", "hyper", "serde", "tokio"]),
    ("dossier-jobs", &["candle-core", "wasmtime", "hyper", "axum", "reqwest"]),
    ("dossier-model", &["tokio", "hyper", "wasmtime", "reqwest", "hf-hub"]),
    ("dossier-plugin", &["candle-core", "hyper", "axum"]),
    ("dossier-store", &["candle-core", "wasmtime", "hyper", "tokio"]),
    ("dossier-postgres", &["candle-core", "wasmtime", "hyper", "reqwest", "serde_json"]),
    ("dossier-shared", &["candle-core", "wasmtime", "axum", "clap"]),
    ("dossier-rules-sdk", &["tokio", "wasmtime", "toml"]),
];

/// The names of packages and what each depends on; development and build dependencies apart.
struct Graph {
    members: BTreeSet<String>,
    normal: BTreeMap<String, BTreeSet<String>>,
    development: BTreeMap<String, BTreeSet<String>>,
    build: BTreeMap<String, BTreeSet<String>>,
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
        let mut build = BTreeMap::new();
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
            let of_build = with_kind("build".into());
            build.entry(name.clone()).or_insert_with(BTreeSet::new).extend(of_build);
            development.entry(name).or_insert_with(BTreeSet::new).extend(with_kind("dev".into()));
        }
        Self { members, normal, development, build }
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
        let used = used.chain(&graph.build[name]);
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
    let decode = ["dossier-document", "flate2", "image", "thiserror"].map(str::to_owned);
    assert_eq!(graph.normal["dossier-image-decode"], BTreeSet::from(decode));
}

/// Crates whose modules must use each other in one direction only, by their folders.
const WITHOUT_CIRCLES: [&str; 3] = ["host/src", "host/engine/src", "host/bench/src"];

#[test]
fn no_modules_of_a_crate_go_in_circles() {
    for folder in WITHOUT_CIRCLES {
        let used = uses_of(&repository().join(folder));
        assert!(used.len() > 5, "{folder}: the modules are not where this test looks");
        for (module, uses) in &used {
            for name in uses {
                assert!(
                    used.contains_key(name),
                    "{folder}: `{module}` says crate::{name}: name the module it stands in"
                );
            }
        }
        // What uses only modules that are gone through goes next; in a circle nothing does.
        let mut left = used;
        while !left.is_empty() {
            let free =
                left.iter().find(|(_, uses)| uses.iter().all(|name| !left.contains_key(name)));
            let free = free.map(|(module, _)| module.clone());
            let Some(free) = free else { panic!("{folder}: a circle among {left:#?}") };
            left.remove(&free);
        }
    }
}

/// The modules right below the root of a crate, and which of each other they use. Tests may use all.
fn uses_of(sources: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut used = BTreeMap::new();
    for file in rust_files(sources) {
        let path = file.strip_prefix(sources).expect("below");
        let module = path.iter().next().expect("a name").to_string_lossy().replace(".rs", "");
        let is_test = path.iter().any(|part| part == "tests.rs") || module == "testing";
        if matches!(module.as_str(), "lib" | "main") || is_test {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("readable");
        // Unit tests at the end of a file.
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let uses = used.entry(module.clone()).or_insert_with(BTreeSet::new);
        for after in text.split("crate::").skip(1) {
            let names = match after.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
                None => vec![after],
            };
            let names = names.into_iter().map(|name| {
                let end = name.trim().find(|c: char| !c.is_alphanumeric() && c != '_');
                let name = name.trim();
                name[..end.unwrap_or(name.len())].to_owned()
            });
            uses.extend(names.filter(|name| !name.is_empty() && *name != module));
        }
    }
    used
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
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
