//! Generations as data, and the database that keeps them.

use proptest::prelude::*;

use super::*;

fn package(number: u8) -> PackageDigest {
    PackageDigest::of(&[number])
}

fn event(action: Action, generation: u64) -> Event {
    Event {
        sequence: 0,
        at: "2026-11-24T10:00:00Z".to_owned(),
        generation,
        action,
        plugin: "utopia".to_owned(),
        package: Some(package(1)),
        actor: "test".to_owned(),
        code: None,
        detail: None,
    }
}

fn commit(catalogue: &Catalogue, generation: &Generation) -> Result<(), CatalogueError> {
    let events = vec![event(Action::Activate, generation.number)];
    catalogue.write(Change { generation: Some(generation.clone()), events, ..Change::default() })
}

#[test]
fn a_generation_outlives_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.redb");
    let mut generation = Generation { number: 1, ..Generation::default() };
    generation.activate("utopia", package(1));
    {
        let catalogue = Catalogue::open(&file).expect("opens");
        assert_eq!(catalogue.current().expect("reads"), None);
        commit(&catalogue, &generation).expect("is written");
        let second = Catalogue::open(&file).expect_err("one process at a time");
        assert!(matches!(second, CatalogueError::Locked), "{second}");
    }
    let catalogue = Catalogue::open(&file).expect("opens");
    assert_eq!(catalogue.current().expect("reads"), Some(generation));
    assert_eq!(catalogue.history(10, |_| true).expect("reads").len(), 1);
}

#[test]
fn two_writers_are_noticed_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let catalogue = Catalogue::open(&folder.path().join("c.redb")).expect("opens");
    let first = Generation { number: 1, ..Generation::default() };
    commit(&catalogue, &first).expect("is written");
    for number in [1, 3] {
        let error = commit(&catalogue, &Generation { number, ..first.clone() }).expect_err("again");
        assert!(matches!(error, CatalogueError::OutOfOrder { last: 1, .. }), "{error}");
    }
    assert_eq!(catalogue.history(10, |_| true).expect("reads").len(), 1);
}

#[test]
fn history_is_newest_first_and_filtered() {
    let folder = tempfile::tempdir().expect("a folder");
    let catalogue = Catalogue::open(&folder.path().join("c.redb")).expect("opens");
    for action in [Action::Import, Action::Publish, Action::Activate] {
        let events = vec![event(action, 0)];
        catalogue.write(Change { events, ..Change::default() }).expect("is written");
    }
    let newest = catalogue.history(2, |_| true).expect("reads");
    assert_eq!(newest.iter().map(|event| event.sequence).collect::<Vec<_>>(), [3, 2]);
    let imports = catalogue.history(2, |event| event.action == Action::Import).expect("reads");
    assert_eq!(imports[0].sequence, 1);
}

#[test]
fn rollbacks_go_back_step_by_step() {
    let mut generation = Generation::default();
    for number in 1..=3 {
        generation.activate("utopia", package(number));
    }
    generation.start_canary("utopia", Canary { package: package(4), percent: 5 });
    assert_eq!(generation.roll_back("utopia"), Some(package(3)), "the canary ends");
    assert_eq!(generation.roll_back("utopia"), Some(package(2)));
    assert_eq!(generation.roll_back("utopia"), Some(package(1)));
    assert_eq!(generation.roll_back("utopia"), None);
    assert_eq!(generation.active["utopia"], package(1));
}

fn settings(days: u64) -> TypeSettings {
    let values = serde_json::json!({"days_after_expiry": days}).as_object().cloned();
    TypeSettings::new(values.expect("an object")).expect("is short")
}

#[test]
fn rollbacks_take_back_settings_and_packages_in_their_order() {
    let set = |days| Some(settings(days).digest());
    let mut generation = Generation::default();
    assert!(!generation.set("utopia", set(1)), "nothing is active");
    generation.activate("utopia", package(1));
    assert!(generation.set("utopia", set(1)));
    generation.activate("utopia", package(2));
    assert_eq!(generation.settings.get("utopia").copied(), set(1), "they outlive a new package");
    assert!(generation.set("utopia", set(2)) && generation.set("utopia", set(2)));
    assert!(generation.set("utopia", None));
    let json = serde_json::to_vec(&generation).expect("JSON");
    assert_eq!(serde_json::from_slice::<Generation>(&json).expect("what was written"), generation);
    let mut back = || {
        let package = generation.roll_back("utopia");
        (package, generation.settings.get("utopia").copied())
    };
    assert_eq!(back(), (Some(package(2)), set(2)));
    assert_eq!(back(), (Some(package(2)), set(1)));
    assert_eq!(back(), (Some(package(1)), set(1)));
    assert_eq!(back(), (Some(package(1)), None));
    assert_eq!(back(), (None, None));
}

#[test]
fn a_generation_without_settings_is_written_as_ever() {
    let mut generation = Generation { number: 1, ..Generation::default() };
    generation.activate("utopia", package(1));
    generation.activate("utopia", package(2));
    let json = serde_json::to_value(&generation).expect("JSON");
    assert_eq!(json["previous"]["utopia"], serde_json::json!([package(1)]));
    assert!(json.get("settings").is_none());
}

#[test]
fn settings_are_kept_as_long_as_a_kept_generation_names_them() {
    let catalogue = Catalogue::in_memory().expect("memory");
    let write = |generation: &Generation, settings: Option<TypeSettings>| {
        let generation = Some(generation.clone());
        catalogue.write(Change { generation, settings, ..Change::default() }).expect("is written");
    };
    let mut generation = Generation { number: 1, ..Generation::default() };
    generation.activate("utopia", package(1));
    generation.set("utopia", Some(settings(1).digest()));
    write(&generation, Some(settings(1)));
    assert_eq!(catalogue.settings(settings(1).digest()).expect("is kept"), settings(1));
    assert!(catalogue.settings(settings(2).digest()).is_err());
    assert_eq!(catalogue.generation(1).expect("reads"), Some(generation.clone()));
    // More changes than a rollback goes back, so that none names the first settings any more.
    for days in 2..=18 {
        generation = generation.next();
        generation.set("utopia", Some(settings(days).digest()));
        write(&generation, Some(settings(days)));
    }
    while generation.number < 1 + KEPT_GENERATIONS {
        assert!(catalogue.settings(settings(1).digest()).is_ok(), "generation 1 names them");
        generation = generation.next();
        write(&generation, None);
    }
    assert_eq!(catalogue.generation(1).expect("reads"), None);
    while generation.number < 18 + KEPT_GENERATIONS {
        generation = generation.next();
        write(&generation, None);
    }
    assert!(catalogue.settings(settings(1).digest()).is_err(), "nothing names them");
    for days in 2..=18 {
        assert!(catalogue.settings(settings(days).digest()).is_ok(), "{days}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Activate(u8),
    Canary(u8),
    Shadow(u8),
    Promote,
    RollBack,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0_u8..5).prop_map(Step::Activate),
        (0_u8..5).prop_map(Step::Canary),
        (0_u8..5).prop_map(Step::Shadow),
        Just(Step::Promote),
        Just(Step::RollBack),
    ];
    proptest::collection::vec(step, 0..40)
}

proptest! {
    #[test]
    fn whatever_is_done_a_name_keeps_serving_and_has_one_candidate(steps in steps()) {
        let mut generation = Generation::default();
        generation.activate("utopia", package(9));
        for step in steps {
            let before = generation.active["utopia"];
            match step {
                Step::Activate(number) => {
                    generation.activate("utopia", package(number));
                    prop_assert_eq!(generation.active["utopia"], package(number));
                    if before != package(number) {
                        let mut undone = generation.clone();
                        prop_assert_eq!(undone.roll_back("utopia"), Some(before));
                    }
                }
                Step::Canary(number) => {
                    let canary = Canary { package: package(number), percent: 10 };
                    generation.start_canary("utopia", canary);
                    prop_assert_eq!(generation.active["utopia"], before);
                }
                Step::Shadow(number) => generation.start_shadow("utopia", package(number)),
                Step::Promote => {
                    let candidate = generation.candidate("utopia");
                    prop_assert_eq!(generation.promote("utopia"), candidate);
                    prop_assert_eq!(generation.active["utopia"], candidate.unwrap_or(before));
                }
                Step::RollBack => {
                    generation.roll_back("utopia");
                }
            }
            let has_both = generation.canary.len() + generation.shadow.len() > 1;
            prop_assert!(!has_both);
            let json = serde_json::to_vec(&generation).expect("JSON");
            let again: Generation = serde_json::from_slice(&json).expect("what was written");
            prop_assert_eq!(&again, &generation);
        }
    }
}

#[test]
fn only_what_no_kept_generation_names_is_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let catalogue = Catalogue::open(&folder.path().join("c.redb")).expect("opens");
    let mut generation = Generation { number: 1, ..Generation::default() };
    generation.activate("utopia", package(1));
    generation.activate("utopia", package(2));
    generation.start_canary("utopia", Canary { package: package(3), percent: 1 });
    commit(&catalogue, &generation).expect("is written");
    let mut next = generation.next();
    next.roll_back("utopia");
    next.start_shadow("utopia", package(4));
    commit(&catalogue, &next).expect("is written");
    let named = catalogue.named().expect("reads");
    assert_eq!(named, (1..=4).map(package).collect());

    let version = |number| Version {
        package: package(number),
        kind: "rules".to_owned(),
        name: "utopia".to_owned(),
        version: None,
        document_types: Vec::new(),
        artifact: String::new(),
        publisher: "test".to_owned(),
        signed_by: None,
        origin: Origin::Publish,
        published_at: "2026-11-24T10:00:00Z".to_owned(),
    };
    let versions = (1..=6).map(version).collect();
    catalogue.write(Change { versions, ..Change::default() }).expect("is written");
    let forget = |numbers: &[u8]| {
        let removed = numbers.iter().copied().map(package).collect();
        let events = vec![event(Action::Prune, 2)];
        catalogue.write(Change { removed, events, ..Change::default() })
    };
    for used in 1..=4 {
        let error = forget(&[5, used]).expect_err("is named");
        assert!(matches!(error, CatalogueError::InUse { .. }), "{error}");
    }
    assert_eq!(catalogue.versions().expect("reads").len(), 6);
    forget(&[5]).expect("nothing names it");
    assert_eq!(catalogue.version(&package(5)).expect("reads"), None);
    assert_eq!(catalogue.versions().expect("reads").len(), 5);
}
