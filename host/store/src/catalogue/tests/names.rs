//! Names by the page, and packages by publisher.

use super::*;

pub(super) fn all_names(catalogue: &Catalogue) -> Vec<String> {
    let names = catalogue.of_names(None, usize::MAX, 1, |_| true).expect("reads");
    names.into_iter().map(|records| records.name).collect()
}

fn attempt(catalogue: &Catalogue, name: &str) {
    let attempt = Attempt {
        at: "2026-11-24T10:00:00Z".to_owned(),
        package: package(0),
        actor: "test".to_owned(),
        refused: Some(Refusal::new("plugin.trap", "it traps")),
    };
    let attempt = Some((name.to_owned(), attempt));
    catalogue.write(Change { attempt, ..Change::default() }).expect("is written");
}

#[test]
fn names_come_by_the_page_whether_published_or_refused() {
    let catalogue = Catalogue::in_memory().expect("opens");
    for (name, number) in [("b", 1), ("a/b", 2), ("d", 3), ("b", 4)] {
        publish(&catalogue, version(name, number));
    }
    for name in ["c", "b", "a"] {
        attempt(&catalogue, name);
    }
    let expected = ["a", "a/b", "b", "c", "d"];
    assert_eq!(all_names(&catalogue), expected);
    for limit in 1..=6 {
        let (mut found, mut after) = (Vec::<String>::new(), None::<String>);
        loop {
            let page = catalogue.of_names(after.as_deref(), limit, 9, |_| true).expect("reads");
            let Some(last) = page.last() else { break };
            assert!(page.len() <= limit);
            after = Some(last.name.clone());
            found.extend(page.into_iter().map(|records| records.name));
        }
        assert_eq!(found, expected, "{limit} at a time");
    }
    let wanted = catalogue.of_names(Some("a/b"), 2, 9, |name| name != "c").expect("reads");
    assert_eq!(wanted.iter().map(|records| &records.name).collect::<Vec<_>>(), ["b", "d"]);
    assert_eq!((wanted[0].versions.len(), wanted[0].attempt.is_some()), (2, true));
}

#[test]
fn the_newest_versions_of_a_name_are_told_and_that_there_are_older_ones() {
    let catalogue = Catalogue::in_memory().expect("opens");
    for number in 1..=5 {
        publish(&catalogue, version("a", number));
    }
    let of = |most| {
        let records = catalogue.of_name("a", most).expect("reads");
        let versions = records.versions.iter().map(|version| version.package).collect::<Vec<_>>();
        (versions, records.has_older)
    };
    assert_eq!(of(2), ([4, 5].map(package).to_vec(), true));
    assert_eq!(of(5), ([1, 2, 3, 4, 5].map(package).to_vec(), false));
    assert!(catalogue.of_name("b", 5).expect("reads").is_empty());
}

#[test]
fn packages_are_told_by_publisher() {
    let catalogue = Catalogue::in_memory().expect("opens");
    let by = |publisher: &str, number| {
        publish(&catalogue, Version { publisher: publisher.to_owned(), ..version("name", number) });
    };
    for (publisher, number) in [("a", 1), ("ab", 2), ("a", 3), ("b", 4)] {
        by(publisher, number);
    }
    let of = |publisher: &str| {
        let packages = catalogue.packages_of(publisher).expect("reads");
        packages.into_iter().collect::<BTreeSet<_>>()
    };
    assert_eq!(of("a"), [1, 3].map(package).into());
    // Published again by somebody else, it is somebody else's.
    by("b", 3);
    assert_eq!((of("a"), of("b")), ([1].map(package).into(), [3, 4].map(package).into()));
    let removed = vec![package(4)];
    catalogue.write(Change { removed, ..Change::default() }).expect("nothing names it");
    assert_eq!((of("b"), of("nobody")), ([3].map(package).into(), BTreeSet::new()));
}

#[test]
fn a_catalogue_of_format_2_is_brought_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.redb");
    publish(&Catalogue::open(&file).expect("opens"), version("a", 1));
    let database = Database::open(&file).expect("opens");
    let transaction = database.begin_write().expect("begins");
    transaction.delete_table(tables::PUBLISHERS).expect("is there");
    let mut meta = transaction.open_table(tables::META).expect("opens");
    meta.insert("format", 2).expect("is written");
    drop(meta);
    transaction.commit().expect("is written");
    drop(database);
    let catalogue = Catalogue::open(&file).expect("is brought up");
    assert_eq!(catalogue.packages_of("test").expect("reads"), [package(1)]);
}

#[test]
fn a_catalogue_of_format_3_is_brought_up_and_takes_dry_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.redb");
    publish(&Catalogue::open(&file).expect("opens"), version("a", 1));
    let set_format = |from: u64, to: u64| {
        let database = Database::open(&file).expect("opens");
        let transaction = database.begin_write().expect("begins");
        let mut meta = transaction.open_table(tables::META).expect("opens");
        let before = meta.insert("format", to).expect("is written");
        assert_eq!(before.map(|before| before.value()), Some(from));
        drop(meta);
        transaction.commit().expect("is written");
    };
    set_format(FORMAT, 3);
    let catalogue = Catalogue::open(&file).expect("is brought up");
    let events = vec![event(Action::DryRun, 0)];
    catalogue.write(Change { events, ..Change::default() }).expect("is written");
    let newest = catalogue.history(1, |_| true).expect("reads");
    assert_eq!(newest[0].action, Action::DryRun);
    drop(catalogue);
    set_format(FORMAT, FORMAT);
}

#[test]
fn a_later_format_is_refused_by_its_number_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.redb");
    publish(&Catalogue::open(&file).expect("opens"), version("a", 1));
    let database = Database::open(&file).expect("opens");
    let transaction = database.begin_write().expect("begins");
    let mut meta = transaction.open_table(tables::META).expect("opens");
    meta.insert("format", FORMAT + 1).expect("is written");
    drop(meta);
    transaction.commit().expect("is written");
    drop(database);
    for _ in 0..2 {
        let error = Catalogue::open(&file).expect_err("a later format");
        assert!(matches!(error, CatalogueError::Format { found } if found == FORMAT + 1));
    }
}
