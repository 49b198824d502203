//! Settings of document types: in generations, in their table and beside the catalogue.

use super::*;

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
        let (generation, settings) = (Some(generation.clone()), settings.into_iter().collect());
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

#[test]
fn settings_are_found_again_whatever_their_numbers_are() {
    let mut number = 1e-9_f64;
    for _ in 0..5000 {
        number = number * 1.006_7 + 1e-10;
        let values = serde_json::json!({"number": number}).as_object().cloned();
        let settings = TypeSettings::new(values.expect("an object")).expect("is short");
        let kept = TypeSettings::kept(settings.digest(), settings.text().as_bytes());
        assert_eq!(kept.expect("is the same").text(), settings.text());
    }
    assert!(TypeSettings::kept(settings(1).digest(), settings(2).text().as_bytes()).is_none());
}

#[test]
fn settings_are_copied_beside_and_their_loss_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.redb");
    let mut generation = Generation { number: 1, ..Generation::default() };
    generation.activate("utopia", package(1));
    generation.set("utopia", Some(settings(1).digest()));
    generation.set("utopia", Some(settings(2).digest()));
    let write = |generation: &Generation, settings| {
        let generation = Some(generation.clone());
        let change = Change { generation, settings, ..Change::default() };
        Catalogue::open(&file).expect("opens").write(change).expect("is written");
    };
    write(&generation, vec![settings(1), settings(2)]);
    for days in 1..=2 {
        let copied = copied_settings(&file, settings(days).digest());
        assert_eq!(copied.expect("a copy"), settings(days));
    }
    let mut next = generation.next();
    next.roll_back("utopia");
    write(&next, Vec::new());
    assert!(copied_settings(&file, settings(2).digest()).is_err(), "nothing copied names it");
    let copy = folder.path().join("last-settings");
    for entry in std::fs::read_dir(&copy).expect("a folder") {
        std::fs::write(entry.expect("a file").path(), "{}").expect("is written");
    }
    assert!(copied_settings(&file, settings(1).digest()).is_err(), "others are not those");

    let mut lost = next.next();
    lost.set("utopia", Some(settings(3).digest()));
    write(&lost, Vec::new());
    let error = Catalogue::open(&file).expect_err("their text is nowhere");
    assert!(matches!(error, CatalogueError::Damaged { .. }), "{error}");
}

#[test]
fn what_serves_with_lost_settings_does_not_serve_and_no_rollback_leads_there() {
    let digest = |days| settings(days).digest();
    let mut generation = Generation::default();
    for name in ["lost", "kept"] {
        generation.activate(name, package(1));
        generation.set(name, Some(digest(1)));
        generation.set(name, Some(digest(2)));
        generation.activate(name, package(2));
    }
    generation.set("lost", Some(digest(3)));
    generation.start_shadow("lost", package(3));
    let names = generation.lose_settings(&BTreeSet::from([digest(1), digest(3)]));
    assert_eq!(names, ["lost"]);
    assert!(!generation.active.contains_key("lost") && generation.shadow.is_empty());
    assert_eq!(generation.roll_back("lost"), None);
    assert_eq!(generation.settings["kept"], digest(2));
    assert_eq!(generation.roll_back("kept"), Some(package(1)));
    assert_eq!(generation.settings["kept"], digest(2));
    assert_eq!(generation.roll_back("kept"), None, "settings 1 are lost");
    assert!(generation.named_settings().all(|named| named == digest(2)));
}
