//! The pages for readers: those the program writes are as it would write them, and no link leads nowhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dossier::cli::docs::pages;
use dossier_tests::repository;

const DOCS: &str = "host/docs";
/// The first page is for everybody, so it is short.
const README_LINES: usize = 150;

#[test]
fn pages_that_follow_from_the_program_are_as_it_writes_them() {
    for page in pages() {
        let file = repository().join(DOCS).join(page.name);
        let written = fs::read_to_string(&file).unwrap_or_default();
        let differs = written.lines().zip(page.text.lines()).find(|(is, should)| is != should);
        assert!(
            written == page.text,
            "{DOCS}/{} is not what the program says; `cargo run -- docs` writes it anew. \
             First difference: {differs:?}",
            page.name
        );
    }
}

#[test]
fn the_readme_is_short() {
    let lines = read(&repository().join("README.md")).lines().count();
    assert!(lines <= README_LINES, "README.md has {lines} lines");
}

#[test]
fn every_link_leads_somewhere() {
    let mut checked = 0;
    for file in documents() {
        for link in links(&read(&file)) {
            if link.contains("://") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let folder = file.parent().expect("a file has a folder");
            let target = if path.is_empty() { file.clone() } else { folder.join(path) };
            assert!(target.exists(), "{}: there is no {path}", file.display());
            if !heading.is_empty() {
                let anchors = anchors(&read(&target));
                assert!(anchors.contains(heading), "{}: no heading for {link}", file.display());
            }
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked} links: they are not where this test looks");
}

#[test]
fn a_link_is_found_and_a_heading_has_its_anchor() {
    let text = "See [a](b.md#c-d) and [`e`](f).\n\n```\n[no](link)\n```\n`[no](link)`\n\n## C, d!\n## C, d!\n";
    assert_eq!(links(text), ["b.md#c-d", "f"]);
    assert_eq!(anchors(text), BTreeSet::from(["c-d".to_owned(), "c-d-1".to_owned()]));
}

/// Every page that is written for readers.
fn documents() -> Vec<PathBuf> {
    let root = repository();
    let mut files = ["README.md", "host/ARCHITECTURE.md", "host/CHANGELOG.md"]
        .map(|file| root.join(file))
        .to_vec();
    for folder in [
        ".github",
        DOCS,
        "host/docs/explanation",
        "host/docs/guides",
        "host/docs/reference",
        "host/docs/tutorials",
        "host/clients/python",
        "host/clients/typescript",
        "host/decisions",
        "plugins",
        "adapters",
        "adapters/training",
        "wit",
    ] {
        let below = fs::read_dir(root.join(folder)).expect("a folder");
        let below = below.map(|entry| entry.expect("an entry").path());
        files.extend(below.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    files.extend(
        [
            "adapters/serving/README.md",
            "host/SECURITY.md",
            "tests/console/README.md",
            "tests/gpu/README.md",
            "tests/handbook/README.md",
            "tests/peers/README.md",
            "tests/routing/README.md",
            "tests/surfaces/README.md",
        ]
        .map(|file| root.join(file)),
    );
    files
}

/// Lines outside of blocks of code, without what stands between backticks in them.
fn prose(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let outside = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        is_code ^= fence;
        !is_code && !fence
    };
    text.lines().filter(outside).collect()
}

/// The targets of Markdown's links: `[text](target)`.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        for (at, _) in line.match_indices("](") {
            let is_code = line[..at].matches('`').count() % 2 == 1;
            let target = line[at + 2..].split(')').next().unwrap_or_default();
            if !is_code {
                found.push(target.to_owned());
            }
        }
    }
    found
}

/// What headings are called in links, as GitHub makes it.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in prose(text).into_iter().filter(|line| line.starts_with('#')) {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let anchor = heading.chars().filter(kept).collect::<String>().replace(' ', "-");
        let numbered = (1..).map(|number| format!("{anchor}-{number}"));
        let mut names = std::iter::once(anchor.clone()).chain(numbered);
        let free = names.find(|name| !anchors.contains(name));
        anchors.extend(free);
    }
    anchors
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
