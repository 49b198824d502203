//! What is followed is there as it was, numbers and all, and a catalogue that changes by itself follows nothing.

use super::super::tests;
use super::*;
use crate::{Action, Change};

fn package(number: u8) -> PackageDigest {
    PackageDigest::of(&[number])
}

fn version(number: u8) -> Version {
    tests::version("utopia", number)
}

fn event(action: Action) -> Event {
    Event {
        sequence: 0,
        at: "2026-11-24T10:00:00Z".to_owned(),
        generation: 1,
        action,
        plugin: "utopia".to_owned(),
        package: None,
        actor: "test".to_owned(),
        code: None,
        detail: None,
    }
}

/// A catalogue with a little of everything.
fn other() -> Catalogue {
    let catalogue = Catalogue::in_memory().expect("opens");
    let settings = TypeSettings::new(serde_json::Map::new()).expect("is short");
    let mut generation = Generation::default();
    for number in 1..=3 {
        generation = generation.next();
        generation.activate("utopia", package(number));
        generation.set("utopia", Some(settings.digest()));
        let at = "2026-11-24T10:00:00Z".to_owned();
        let attempt =
            Attempt { at, package: package(number), actor: "test".to_owned(), refused: None };
        let change = Change {
            generation: Some(generation.clone()),
            settings: vec![settings.clone()],
            versions: vec![version(number)],
            attempt: Some(("utopia".to_owned(), attempt)),
            events: vec![event(Action::Publish), event(Action::Activate)],
            removed: Vec::new(),
        };
        catalogue.write(change).expect("is written");
    }
    catalogue
}

fn delta_of(catalogue: &Catalogue, position: u64) -> Delta {
    let followed = Followed { catalogue: "id".to_owned(), position };
    Delta { followed, ..catalogue.exported().expect("reads") }
}

#[test]
fn what_is_followed_is_the_same_and_outlives_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("c.redb");
    let delta = delta_of(&other(), 7);
    {
        let catalogue = Catalogue::open(&file).expect("opens");
        assert_eq!(catalogue.followed().expect("reads"), None);
        catalogue.follow_packages(&delta).expect("is written");
        assert_eq!(catalogue.current().expect("reads"), None, "packages alone change nothing");
        assert_eq!(catalogue.followed().expect("reads"), None);
        catalogue.follow(&delta).expect("is written");
        // Twice is once.
        catalogue.follow(&delta).expect("is written");
    }
    let catalogue = Catalogue::open(&file).expect("opens");
    assert_eq!(delta_of(&catalogue, 7), delta);
    assert_eq!(catalogue.followed().expect("reads"), Some(delta.followed.clone()));
    assert_eq!(super::super::copied_generation(&file).expect("a copy").number, 3);
}

#[test]
fn what_was_forgotten_there_is_forgotten_here() {
    let catalogue = Catalogue::in_memory().expect("opens");
    catalogue.follow(&delta_of(&other(), 1)).expect("is written");
    let kept = Some([package(3)].into());
    let followed = Followed { catalogue: "id".to_owned(), position: 2 };
    catalogue.follow(&Delta { followed, kept, ..Delta::default() }).expect("is written");
    let left = catalogue.versions().expect("reads");
    assert_eq!(left.iter().map(|version| version.package).collect::<Vec<_>>(), [package(3)]);
    assert_eq!(catalogue.of_name("utopia", 10).expect("reads").versions.len(), 1);
}

#[test]
fn old_generations_make_room_and_numbers_may_be_left_out() {
    let catalogue = Catalogue::in_memory().expect("opens");
    catalogue.follow(&delta_of(&other(), 1)).expect("is written");
    let last = Generation { number: 3 + tables::KEPT_GENERATIONS, ..Generation::default() };
    let followed = Followed { catalogue: "id".to_owned(), position: 9 };
    let delta = Delta { followed, generations: vec![last.clone()], ..Delta::default() };
    catalogue.follow(&delta).expect("is written");
    assert_eq!(catalogue.current().expect("reads"), Some(last));
    assert_eq!(catalogue.generation(3).expect("reads"), None);
}

#[test]
fn another_generation_of_the_same_number_is_refused_and_nothing_is_written() {
    let catalogue = Catalogue::in_memory().expect("opens");
    catalogue.follow(&delta_of(&other(), 1)).expect("is written");
    let before = catalogue.exported().expect("reads");
    let mut delta = delta_of(&other(), 2);
    delta.generations[1].active.clear();
    let error = catalogue.follow(&delta).expect_err("differs");
    assert!(matches!(error, CatalogueError::OutOfOrder { .. }), "{error}");
    assert_eq!(catalogue.exported().expect("reads"), before);
    assert_eq!(catalogue.followed().expect("reads").map(|followed| followed.position), Some(1));
}

#[test]
fn a_catalogue_that_changes_by_itself_follows_no_more() {
    let catalogue = Catalogue::in_memory().expect("opens");
    catalogue.follow(&delta_of(&other(), 1)).expect("is written");
    catalogue.write(Change::default()).expect("the disk takes it");
    assert!(catalogue.followed().expect("reads").is_some(), "nothing was changed");
    let change = Change { events: vec![event(Action::Refuse)], ..Change::default() };
    catalogue.write(change).expect("is written");
    assert_eq!(catalogue.followed().expect("reads"), None);
}
