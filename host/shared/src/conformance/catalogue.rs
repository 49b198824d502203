//! The rules of a shared catalogue.

use std::collections::BTreeSet;
use std::sync::Arc;

use dossier_store::{
    Action, Attempt, Canary, Catalogue, Change, Committed, Delta, Event, Generation, NameDelta,
    Origin, PackageDigest, SharedCatalogue, TypeSettings, Version,
};

use super::{Violation, ensure};

/// Hosts that change the catalogue at the same time, and how often each does.
const HOSTS: usize = 4;
const CHANGES: usize = 12;

fn package(number: u32) -> PackageDigest {
    let digest = format!("sha256:{number:064x}");
    digest.parse().expect("a digest")
}

fn version(name: &str, number: u32) -> Version {
    Version {
        package: package(number),
        sequence: 0,
        kind: "adapter".to_owned(),
        name: name.to_owned(),
        version: Some(format!("1.0.{number}")),
        document_types: vec![name.to_owned()],
        artifact: format!("artifact {number}"),
        publisher: "clerk".to_owned(),
        signed_by: None,
        signed_with: None,
        origin: Origin::Publish,
        published_at: "2026-12-01T00:00:00Z".to_owned(),
    }
}

fn event(action: Action, actor: &str, generation: u64) -> Event {
    Event {
        sequence: 0,
        at: "2026-12-01T00:00:00Z".to_owned(),
        generation,
        action,
        plugin: "*".to_owned(),
        package: None,
        actor: actor.to_owned(),
        code: None,
        detail: None,
    }
}

/// A host's own catalogue, which follows.
#[derive(Debug)]
struct Follower(Catalogue);

impl Follower {
    fn new() -> Result<Self, Violation> {
        Ok(Self(Catalogue::in_memory()?))
    }

    fn position(&self) -> Result<u64, Violation> {
        Ok(self.0.followed()?.map_or(0, |followed| followed.position))
    }

    fn generation(&self) -> Result<Generation, Violation> {
        Ok(self.0.current()?.unwrap_or_default())
    }

    async fn catch_up(&self, shared: &dyn SharedCatalogue) -> Result<Delta, Violation> {
        let delta = shared.since(self.position()?).await?;
        self.0.follow_packages(&delta)?;
        self.0.follow(&delta)?;
        Ok(delta)
    }

    /// Makes a change, and follows it; whether it was made.
    async fn commit(
        &self,
        shared: &dyn SharedCatalogue,
        change: Change,
    ) -> Result<bool, Violation> {
        match shared.commit(self.position()?, change).await? {
            Committed::Made(delta) => {
                self.0.follow(&delta)?;
                Ok(true)
            }
            Committed::Behind => Ok(false),
        }
    }

    async fn stage(
        &self,
        shared: &dyn SharedCatalogue,
        name: &str,
        number: u32,
    ) -> Result<bool, Violation> {
        let (at, actor) = ("now".to_owned(), "clerk".to_owned());
        let attempt = Attempt { at, package: package(number), actor, refused: None };
        let change = Change {
            versions: vec![version(name, number)],
            attempt: Some((name.to_owned(), attempt)),
            events: vec![event(Action::Publish, "clerk", 0)],
            ..Change::default()
        };
        self.commit(shared, change).await
    }

    async fn serve(
        &self,
        shared: &dyn SharedCatalogue,
        next: Generation,
    ) -> Result<bool, Violation> {
        let events = vec![event(Action::Activate, "clerk", next.number)];
        let change = Change { generation: Some(next), events, ..Change::default() };
        self.commit(shared, change).await
    }
}

/// Goes through the rules of a shared catalogue one by one, on an empty one.
///
/// # Errors
/// The first that does not hold.
pub async fn catalogue(shared: &Arc<dyn SharedCatalogue>) -> Result<(), Violation> {
    let (one, other) = (Follower::new()?, Follower::new()?);
    one_host_begins(shared.as_ref(), &one, &other).await?;
    changes_come_one_after_the_other(shared.as_ref(), &one, &other).await?;
    settings_come_with_what_names_them(shared.as_ref(), &one, &other).await?;
    what_serves_is_known_to_everybody(shared.as_ref(), &one, &other).await?;
    nothing_of_many_is_lost(shared).await?;
    same(shared.as_ref(), &[&one, &other, &Follower::new()?]).await
}

async fn one_host_begins(
    shared: &dyn SharedCatalogue,
    one: &Follower,
    other: &Follower,
) -> Result<(), Violation> {
    let empty = shared.since(0).await?;
    ensure(empty.generation == 0 && empty.generations.is_empty(), "it is empty at first")?;
    ensure(!empty.followed.catalogue.is_empty(), "it has an id")?;
    ensure(!shared.begin(Delta::default()).await?, "nothing is no beginning")?;
    let first = |name: &str, number| {
        let mut generation = Generation { number: 1, ..Generation::default() };
        generation.activate(name, package(number));
        let newest = format!("1.0.{number}").parse().ok();
        Delta {
            generation: 1,
            generations: vec![generation],
            versions: vec![Version { sequence: 1, ..version(name, number) }],
            names: vec![NameDelta { name: name.to_owned(), newest, attempt: None }],
            events: vec![Event { sequence: 1, ..event(Action::Import, "host", 1) }],
            ..Delta::default()
        }
    };
    ensure(shared.begin(first("utopia", 1)).await?, "the first host begins")?;
    ensure(!shared.begin(first("other", 2)).await?, "the second does not")?;
    one.catch_up(shared).await?;
    other.catch_up(shared).await?;
    let begun = other.generation()?;
    ensure(begun.active.get("utopia") == Some(&package(1)), "all have what the first began with")?;
    let again = one.catch_up(shared).await?;
    ensure(again.generations.is_empty() && again.events.is_empty(), "nothing comes twice")
}

async fn changes_come_one_after_the_other(
    shared: &dyn SharedCatalogue,
    one: &Follower,
    other: &Follower,
) -> Result<(), Violation> {
    ensure(one.stage(shared, "utopia", 3).await?, "a package is staged")?;
    // Nobody else's change of what serves came between: what was staged is no reason to be refused.
    ensure(other.stage(shared, "utopia", 4).await?, "another is, by a host that is behind")?;
    ensure(other.position()? == one.position()? + 1, "who changes has what came before")?;
    let mut next = one.generation()?.next();
    next.start_canary("utopia", Canary { package: package(3), percent: 5 });
    ensure(one.serve(shared, next.clone()).await?, "a generation follows the last")?;
    let late = other.serve(shared, next).await?;
    ensure(!late, "the same number again is refused")?;
    ensure(other.generation()?.number == 1, "who was refused stays where it is")?;
    other.catch_up(shared).await?;
    let mut next = other.generation()?.next();
    next.activate("utopia", package(4));
    ensure(other.serve(shared, next).await?, "and goes on once it has caught up")?;
    let mut gap = one.generation()?.next().next().next();
    gap.activate("utopia", package(4));
    ensure(!one.serve(shared, gap).await?, "no number is left out")?;
    same(shared, &[one, other]).await
}

async fn settings_come_with_what_names_them(
    shared: &dyn SharedCatalogue,
    one: &Follower,
    other: &Follower,
) -> Result<(), Violation> {
    let values = serde_json::from_str(r#"{"limit": 1.10, "names": ["é"]}"#).unwrap_or_default();
    let settings = TypeSettings::new(values)?;
    one.catch_up(shared).await?;
    let mut next = one.generation()?.next();
    next.set("utopia", Some(settings.digest()));
    let change =
        Change { generation: Some(next), settings: vec![settings.clone()], ..Change::default() };
    ensure(one.commit(shared, change).await?, "settings are set")?;
    other.catch_up(shared).await?;
    let there = other.0.settings(settings.digest())?;
    ensure(there.text() == settings.text(), "they are the same, byte for byte")
}

async fn what_serves_is_known_to_everybody(
    shared: &dyn SharedCatalogue,
    one: &Follower,
    other: &Follower,
) -> Result<(), Violation> {
    for host in [one, other] {
        host.catch_up(shared).await?;
    }
    let remove = |number: u32| Change {
        removed: vec![package(number)],
        events: vec![event(Action::Prune, "clerk", 0)],
        ..Change::default()
    };
    ensure(!one.commit(shared, remove(4)).await?, "what serves is not taken away")?;
    ensure(!one.commit(shared, remove(1)).await?, "nor what a rollback goes back to")?;
    ensure(one.stage(shared, "utopia", 5).await?, "a package is staged")?;
    other.catch_up(shared).await?;
    ensure(other.stage(shared, "utopia", 5).await?, "and staged again")?;
    ensure(!one.commit(shared, remove(5)).await?, "what came again is not taken away")?;
    one.catch_up(shared).await?;
    ensure(one.commit(shared, remove(5)).await?, "what nothing names is taken away")?;
    let mut next = other.generation()?.next();
    next.activate("utopia", package(5));
    ensure(!other.serve(shared, next).await?, "what is gone does not serve")?;
    other.catch_up(shared).await?;
    ensure(other.0.version(&package(5))?.is_none(), "everybody has forgotten it")?;
    let newest = other.0.newest("utopia")?;
    ensure(newest == "1.0.5".parse().ok(), "but not that there was such a version")
}

/// Hosts that change different names at the same time, each from what it has seen.
async fn nothing_of_many_is_lost(shared: &Arc<dyn SharedCatalogue>) -> Result<(), Violation> {
    let mut hosts = tokio::task::JoinSet::new();
    for host in 0..HOSTS {
        let shared = Arc::clone(shared);
        hosts.spawn(async move {
            let (follower, name) = (Follower::new()?, format!("host-{host}"));
            for change in 0..CHANGES {
                let number = u32::try_from(1000 + host * 100 + change).unwrap_or(u32::MAX);
                ensure(follower.stage(shared.as_ref(), &name, number).await?, "is staged")?;
                loop {
                    let mut next = follower.generation()?.next();
                    next.activate(&name, package(number));
                    if follower.serve(shared.as_ref(), next).await? {
                        break;
                    }
                    follower.catch_up(shared.as_ref()).await?;
                }
            }
            Ok::<_, Violation>(())
        });
    }
    while let Some(done) = hosts.join_next().await {
        done??;
    }
    let late = Follower::new()?;
    let delta = late.catch_up(shared.as_ref()).await?;
    let numbers = delta.generations.iter().map(|generation| generation.number);
    let numbers = numbers.collect::<Vec<_>>();
    let follow = numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    ensure(follow, "numbers follow each other")?;
    let last = late.generation()?;
    for host in 0..HOSTS {
        let name = format!("host-{host}");
        let number = u32::try_from(1000 + host * 100 + CHANGES - 1).unwrap_or(u32::MAX);
        ensure(last.active.get(&name) == Some(&package(number)), "each host's last change stands")?;
        let before = last.previous.get(&name).map_or(0, Vec::len);
        ensure(before == CHANGES - 1, "and each of those before can be gone back to")?;
    }
    let sequences = delta.events.iter().map(|event| event.sequence).collect::<BTreeSet<_>>();
    ensure(sequences.len() == delta.events.len(), "each event has a number of its own")
}

/// All have the same, whenever they came.
async fn same(shared: &dyn SharedCatalogue, hosts: &[&Follower]) -> Result<(), Violation> {
    let mut exported = Vec::new();
    for host in hosts {
        host.catch_up(shared).await?;
        exported.push(host.0.exported()?);
    }
    let is_same = exported.windows(2).all(|pair| pair[0] == pair[1]);
    ensure(is_same, "all have the same, numbers and all")
}
