//! Hosts in one process that share a catalogue of this file's own.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use dossier_store::{
    Answer, Catalogue, Change, Committed, Followed, Package, PackageLimits, SharedArtifacts,
    SharedCatalogue, SharedError,
};
use tempfile::TempDir;

use super::*;
use crate::reload::step::Step;
use crate::reload::tests::{RULES, rules_package, team, unsigned};
use crate::settings::{SharedSettings, StoreSettings};
use crate::start::Engine;
use crate::testing::{FakeAdapters, PASSPORT, blind, data_root};

/// A catalogue and a place of packages that may be away.
#[derive(Debug)]
struct FakeShared {
    kept: Mutex<(Catalogue, u64)>,
    packages: Mutex<BTreeMap<PackageDigest, Package>>,
    is_away: AtomicBool,
}

impl FakeShared {
    fn new() -> Arc<Self> {
        let kept = Mutex::new((Catalogue::in_memory().expect("opens"), 0));
        Arc::new(Self { kept, packages: Mutex::default(), is_away: AtomicBool::new(false) })
    }

    fn with<T>(&self, work: impl FnOnce(&Catalogue, &mut u64) -> T) -> Result<T, SharedError> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(SharedError::Catalogue { source: "it is away".into() });
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (catalogue, position) = &mut *kept;
        Ok(work(catalogue, position))
    }

    fn packages(&self) -> std::sync::MutexGuard<'_, BTreeMap<PackageDigest, Package>> {
        self.packages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn all(catalogue: &Catalogue, position: u64) -> Delta {
    let followed = Followed { catalogue: "fake".to_owned(), position };
    Delta { followed, ..catalogue.exported().expect("reads") }
}

impl SharedCatalogue for FakeShared {
    fn since(&self, since: u64) -> Answer<'_, Delta> {
        let delta = self.with(|catalogue, position| {
            let whole = all(catalogue, *position);
            let nothing = Delta { generations: Vec::new(), ..whole.clone() };
            if since == *position { nothing } else { whole }
        });
        Box::pin(async move { delta })
    }

    fn begin(&self, first: Delta) -> Answer<'_, bool> {
        let begun = self.with(|catalogue, position| {
            if *position > 0 {
                return false;
            }
            *position = 1;
            catalogue.follow(&first).expect("is written");
            true
        });
        Box::pin(async move { begun })
    }

    fn commit(&self, _: u64, change: Change) -> Answer<'_, Committed> {
        let committed = self.with(|catalogue, position| match catalogue.write(change) {
            Ok(()) => {
                *position += 1;
                Committed::Made(Box::new(all(catalogue, *position)))
            }
            Err(_) => Committed::Behind,
        });
        Box::pin(async move { committed })
    }

    fn remove_unknown<'a>(
        &'a self,
        packages: &'a [PackageDigest],
        artifacts: &'a dyn SharedArtifacts,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            for package in packages {
                artifacts.remove(*package).await?;
            }
            Ok(())
        })
    }

    fn heard(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(sleep(Duration::from_millis(20)))
    }
}

impl SharedArtifacts for FakeShared {
    fn put(&self, package: Package) -> Answer<'_, ()> {
        self.packages().insert(package.digest(), package);
        Box::pin(async { Ok(()) })
    }

    fn fetch(&self, digest: PackageDigest, _: PackageLimits) -> Answer<'_, Package> {
        let found = self.packages().get(&digest).cloned();
        Box::pin(async move { found.ok_or(SharedError::Missing { digest }) })
    }

    fn has(&self, digest: PackageDigest) -> Answer<'_, bool> {
        let has = self.packages().contains_key(&digest);
        Box::pin(async move { Ok(has) })
    }

    fn remove(&self, digest: PackageDigest) -> Answer<'_, ()> {
        self.packages().remove(&digest);
        Box::pin(async { Ok(()) })
    }
}

/// A host's folder, and the host in it.
async fn host(shared: &Arc<FakeShared>, root: &TempDir, own: &TempDir) -> Engine {
    start(shared, root, own).await.expect("starts")
}

async fn start(
    shared: &Arc<FakeShared>,
    root: &TempDir,
    own: &TempDir,
) -> Result<Engine, EngineError> {
    let mut settings = unsigned(root.path());
    let (catalogue, artifacts) = (Arc::clone(shared), Arc::clone(shared));
    let most_stale = Some(Duration::from_millis(200));
    settings.store = StoreSettings::Kept {
        data_dir: own.path().to_owned(),
        shared: Some(SharedSettings { catalogue, artifacts, most_stale }),
    };
    Engine::start_with(settings, blind(&FakeAdapters::default())).await
}

fn generation(engine: &Engine) -> u64 {
    engine.reader.snapshot().pin().generation
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        sleep(Duration::from_millis(10)).await;
    }
}

fn folders() -> (TempDir, [TempDir; 2]) {
    let own = || tempfile::tempdir().expect("a folder");
    (data_root(&[(PASSPORT, "small", RULES)]), [own(), own()])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_through_one_host_serves_on_all() {
    let (shared, (root, [a, b])) = (FakeShared::new(), folders());
    let (one, other) = (host(&shared, &root, &a).await, host(&shared, &root, &b).await);
    assert_eq!((generation(&one), generation(&other)), (1, 1), "one begins, and the other follows");
    let version = one.reload.publish(rules_package(1), &team()).await.expect("published");
    // Through the other one, at once: it catches up first.
    let step = Step::Activate(version.package);
    let applied = other.reload.apply_for(RULES, step, &team()).await.expect("activated");
    assert_eq!((applied.generation, applied.active), (2, Some(version.package)));
    until("the first host follows", || generation(&one) == 2).await;
    let served = one.reader.snapshot().pin();
    assert!(served.document_types.values().all(|served| served.rules.package == version.package));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_through_both_hosts_at_once_each_make_a_generation() {
    let (shared, (root, [a, b])) = (FakeShared::new(), folders());
    let hosts = [host(&shared, &root, &a).await, host(&shared, &root, &b).await];
    let mut packages = Vec::new();
    for number in 1..=2 {
        let published = hosts[0].reload.publish(rules_package(number), &team()).await;
        packages.push(published.expect("published").package);
    }
    let changes = hosts.iter().enumerate().map(|(host, engine)| {
        let (reload, packages) = (engine.reload.clone(), packages.clone());
        tokio::spawn(async move {
            let mut made = Vec::new();
            for change in 0..6 {
                let step = Step::Activate(packages[(host + change) % 2]);
                let applied = reload.apply(RULES, step, "team").await.expect("is made");
                made.push(applied.generation);
            }
            made
        })
    });
    let mut made = Vec::new();
    for change in changes.collect::<Vec<_>>() {
        made.extend(change.await.expect("ends"));
    }
    made.sort_unstable();
    assert_eq!(made, (2..=13).collect::<Vec<_>>());
    until("both follow", || hosts.iter().all(|host| generation(host) == 13)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_that_cant_be_had_leaves_a_host_where_it_is() {
    let (shared, (root, [a, b])) = (FakeShared::new(), folders());
    let one = host(&shared, &root, &a).await;
    let version = one.reload.publish(rules_package(1), &team()).await.expect("published");
    let other = host(&shared, &root, &b).await;
    // It was published before the other came, who needs it only now.
    let package = shared.packages().remove(&version.package).expect("is there");
    one.reload.apply(RULES, Step::Activate(version.package), "team").await.expect("activated");
    let following = other.reload.following().expect("it follows");
    until("it says so", || following.standing().is_too_stale).await;
    assert_eq!(following.standing().code, Some("artifacts.unavailable"));
    assert_eq!((generation(&one), generation(&other)), (2, 1));
    shared.packages().insert(version.package, package);
    until("it follows once it can", || generation(&other) == 2).await;
    until("and says so", || following.standing().stale.is_zero()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_cut_off_serves_its_last_generation_through_a_restart() {
    let (shared, (root, [a, b])) = (FakeShared::new(), folders());
    let one = host(&shared, &root, &a).await;
    let version = one.reload.publish(rules_package(1), &team()).await.expect("published");
    let step = Step::Activate(version.package);
    one.reload.apply(RULES, step, "team").await.expect("activated");
    shared.is_away.store(true, Ordering::SeqCst);
    let following = one.reload.following().expect("it follows");
    until("it says so", || following.standing().is_too_stale).await;
    let error = one.reload.apply(RULES, Step::RollBack, "team").await.expect_err("is cut off");
    assert_eq!(error.code(), "catalogue.unavailable", "{error}");
    assert_eq!(generation(&one), 2);
    let Engine { reader, reload, store } = one;
    drop((reader, reload, following));
    store.ended().await;
    let again = host(&shared, &root, &a).await;
    assert_eq!(generation(&again), 2, "its own disk tells it what to serve");
    // One that has nothing serves nothing else.
    assert!(b.path().read_dir().expect("a folder").next().is_none());
    shared.is_away.store(false, Ordering::SeqCst);
    let following = again.reload.following().expect("it follows");
    until("it follows again", || following.standing().stale.is_zero()).await;
    again.reload.apply(RULES, Step::RollBack, "team").await.expect("is made");
    assert_eq!(generation(&again), 3);
}

#[tokio::test]
async fn a_host_with_a_history_of_its_own_begins_and_never_joins() {
    let (shared, (root, [a, b])) = (FakeShared::new(), folders());
    let mut alone = unsigned(root.path());
    for own in [&a, &b] {
        alone.store = StoreSettings::Kept { data_dir: own.path().to_owned(), shared: None };
        let engine = Engine::start_with(alone.clone(), blind(&FakeAdapters::default())).await;
        let Engine { reader, reload, store } = engine.expect("starts");
        drop((reader, reload));
        store.ended().await;
    }
    let one = host(&shared, &root, &a).await;
    assert_eq!(generation(&one), 1);
    assert!(!shared.packages().is_empty(), "it brings its packages");
    let error = start(&shared, &root, &b).await.expect_err("refused");
    assert!(
        matches!(error, EngineError::Sharing(SharingError::Own { own: 1, shared: 1 })),
        "{error}"
    );
}
