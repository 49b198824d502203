//! Generations as data, and the database that keeps them.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use proptest::prelude::*;

use super::*;

mod names;
mod settings;

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

pub(super) fn version(name: &str, number: u8) -> Version {
    Version {
        package: package(number),
        sequence: 0,
        kind: "rules".to_owned(),
        name: name.to_owned(),
        version: Some(format!("1.0.{number}")),
        document_types: Vec::new(),
        artifact: String::new(),
        publisher: "test".to_owned(),
        signed_by: None,
        signed_with: None,
        origin: Origin::Publish,
        published_at: "2026-11-24T10:00:00Z".to_owned(),
    }
}

fn publish(catalogue: &Catalogue, version: Version) {
    let change = Change { versions: vec![version], ..Change::default() };
    catalogue.write(change).expect("is written");
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

    let versions = (1..=6).map(|number| version("utopia", number)).collect();
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

#[test]
fn what_is_published_later_is_later_whatever_the_clock_says() {
    let catalogue = Catalogue::in_memory().expect("opens");
    for (number, at) in [(1, "2026-11-24T10:00:00Z"), (2, "1969-12-31T23:59:59Z"), (3, "2001")] {
        publish(&catalogue, Version { published_at: at.to_owned(), ..version("a", number) });
    }
    publish(&catalogue, version("b", 9));
    let of = |name: &str| {
        let records = catalogue.of_name(name, usize::MAX).expect("reads");
        records.versions.iter().map(|version| version.package).collect::<Vec<_>>()
    };
    assert_eq!(of("a"), [1, 2, 3].map(package));
    // Published again, it is the last one.
    publish(&catalogue, version("a", 1));
    assert_eq!(of("a"), [2, 3, 1].map(package));
    assert_eq!((of("b"), of("nobody")), (vec![package(9)], Vec::new()));
    assert_eq!(names::all_names(&catalogue), ["a", "b"]);
    assert_eq!(catalogue.versions().expect("reads").len(), 4);
}

#[test]
fn the_newest_version_of_a_name_is_remembered_when_it_is_gone() {
    let catalogue = Catalogue::in_memory().expect("opens");
    publish(&catalogue, version("a", 7));
    publish(&catalogue, version("a", 3));
    let removed = vec![package(7)];
    catalogue.write(Change { removed, ..Change::default() }).expect("nothing names it");
    assert_eq!(catalogue.newest("a").expect("reads"), "1.0.7".parse().ok());
    assert_eq!(catalogue.newest("b").expect("reads"), None);
}

#[test]
fn one_publishers_events_push_out_no_others() {
    let catalogue = Catalogue::in_memory().expect("opens");
    let of = |actor: &str| Event { actor: actor.to_owned(), ..event(Action::Publish, 0) };
    let write = |events| catalogue.write(Change { events, ..Change::default() });
    write(vec![of("other")]).expect("is written");
    let most = usize::try_from(KEPT_EVENTS).expect("few");
    write(vec![of("flood"); most + 50]).expect("is written");
    let history = |actor: &'static str| {
        catalogue.history(usize::MAX, |event| event.actor == actor).expect("reads")
    };
    assert_eq!((history("other").len(), history("flood").len()), (1, most));
    assert_eq!(history("flood")[0].sequence, most as u64 + 51, "the newest are kept");
}

/// A disk that takes so many more writes, and then none.
#[derive(Clone, Debug)]
struct Disk {
    bytes: Arc<redb::backends::InMemoryBackend>,
    left: Arc<AtomicUsize>,
}

impl Disk {
    fn write_is_taken(&self) -> Result<(), io::Error> {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let taken = |left: usize| left.checked_sub(1);
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, taken);
        left.map(drop).map_err(|_| full())
    }
}

impl redb::StorageBackend for Disk {
    fn len(&self) -> Result<u64, io::Error> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.write_is_taken()?;
        self.bytes.set_len(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.write_is_taken()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.write_is_taken()?;
        self.bytes.write(offset, data)
    }
}

/// The disk fills at every write in turn: what is acknowledged is there, what is not is told, and once there
/// is space again the next change is made, without anybody's help.
#[test]
fn a_full_disk_is_told_and_nothing_is_lost_when_it_has_space_again() {
    let (mut refused, mut recovered) = (0, 0);
    for left in 0..40 {
        let disk = Disk { bytes: Arc::default(), left: Arc::new(AtomicUsize::new(usize::MAX)) };
        let made = disk.clone();
        let make = move || database::create(made.clone());
        let catalogue = Catalogue::over(Source::Made(Box::new(make)), None).expect("opens");
        let first = Generation { number: 1, ..Generation::default() };
        commit(&catalogue, &first).expect("is written");
        assert!(catalogue.is_writable());

        disk.left.store(left, Ordering::SeqCst);
        let mut next = first.next();
        next.activate("utopia", package(1));
        let written = commit(&catalogue, &next);
        let is_made = written.is_ok();
        if let Err(error) = written {
            assert!(error.is_of_the_disk(), "{error}");
            assert!(!catalogue.is_writable() && !catalogue.try_to_write());
            refused += 1;
        }
        disk.left.store(usize::MAX, Ordering::SeqCst);
        let current = catalogue.current().expect("reads").expect("is there");
        if is_made {
            assert_eq!(current, next, "after {left}");
            commit(&catalogue, &next.next()).expect("there is space again");
        } else {
            // What was refused at its very last step may be there: the next change takes its place.
            assert!(current == first || current == next, "after {left}: {current:?}");
            let other = first.next();
            commit(&catalogue, &other).expect("there is space again");
            assert_eq!(catalogue.current().expect("reads"), Some(other), "after {left}");
        }
        assert!(catalogue.is_writable());
        recovered += 1;
    }
    assert!(refused > 5 && recovered == 40, "{refused} refused");
}

#[test]
fn a_flipped_bit_is_found_at_the_start_or_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.redb");
    let mut generation = Generation { number: 1, ..Generation::default() };
    {
        let catalogue = Catalogue::open(&file).expect("opens");
        generation.activate("utopia", package(1));
        publish(&catalogue, version("utopia", 1));
        commit(&catalogue, &generation).expect("is written");
    }
    let whole = std::fs::read(&file).expect("is there");
    let (mut found, mut harmless) = (0, 0);
    // A prime apart, so that bits of every kind of page are met.
    for bit in (0..whole.len() * 8).step_by(15_013) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&file, &bytes).expect("is written");
        match Catalogue::open(&file) {
            Err(CatalogueError::Damaged { .. } | CatalogueError::Format { .. }) => found += 1,
            Err(error) => panic!("bit {bit}: {error}"),
            Ok(catalogue) => {
                assert_eq!(catalogue.current().expect("reads").as_ref(), Some(&generation));
                assert_eq!(names::all_names(&catalogue), ["utopia"]);
                harmless += 1;
            }
        }
    }
    assert!(found + harmless > 20, "{found} found, {harmless} harmless");
}

#[test]
fn a_catalogue_that_is_no_database_is_damaged() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.redb");
    for bytes in [b"no database".to_vec(), vec![0; 1 << 16], vec![0xff; 1 << 12]] {
        std::fs::write(&file, bytes).expect("is written");
        let error = Catalogue::open(&file).expect_err("damaged");
        assert!(matches!(error, CatalogueError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("dossier package rebuild"), "{error}");
    }
}

#[test]
fn an_older_catalogue_than_what_served_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.redb");
    let first = Generation { number: 1, ..Generation::default() };
    commit(&Catalogue::open(&file).expect("opens"), &first).expect("is written");
    let backup = std::fs::read(&file).expect("is there");
    commit(&Catalogue::open(&file).expect("opens"), &first.next()).expect("is written");
    assert_eq!(copied_generation(&file).expect("a copy"), first.next());
    std::fs::write(&file, backup).expect("is written");
    let error = Catalogue::open(&file).expect_err("it goes back").to_string();
    assert!(error.contains("generation 2 has served"), "{error}");
    std::fs::remove_file(folder.path().join("last-generation.json")).expect("is there");
    assert_eq!(Catalogue::open(&file).expect("opens").current().expect("reads"), Some(first));
}
