//! A length of time on a virtual clock.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use dossier_document::Digest;
use rand::SeedableRng as _;
use rand::distr::Distribution as _;
use rand::rngs::StdRng;
use rand_distr::{Exp, Zipf};
use serde::Serialize;
use sha2::Digest as _;

use super::host::{Begun, Document, Host, HostSize};
use super::router::Router;
use super::{Costs, Routing};

/// What happens besides documents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    /// Nothing.
    Nothing,
    /// Half-way a host is gone.
    Loss,
    /// From half-way on, so many types a second get a new version of their adapter.
    Rollout {
        /// Types a second.
        types_per_s: f64,
    },
}

/// Hosts, traffic, and what happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) hosts: usize,
    pub(crate) size: HostSize,
    pub(crate) routing: Routing,
    pub(crate) types: usize,
    /// How unevenly types are asked for: the n-th as often as n to the power of minus this.
    pub(crate) skew: f64,
    pub(crate) documents_per_s: f64,
    pub(crate) seconds: f64,
    pub(crate) event: Event,
    pub(crate) seed: u64,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Figures {
    /// Documents that came.
    pub(crate) documents: usize,
    /// Half of the documents took no longer, in milliseconds, from the second tenth on.
    pub(crate) p50_ms: f64,
    /// The same of 99 in 100.
    pub(crate) p99_ms: f64,
    /// 99 in 100 of those that came after the event.
    pub(crate) p99_after_ms: f64,
    /// Loads of adapters for 1,000 documents.
    pub(crate) loads_per_1000: f64,
    /// Documents that hosts had no room for.
    pub(crate) refused: usize,
    /// Documents that went with the host that was lost.
    pub(crate) lost: usize,
}

/// What the clock comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Tick {
    Arrival,
    Loaded(usize),
    Read(usize),
    Lose,
    Replace,
}

/// The order of time, and of beginning where times are equal.
#[derive(Clone, Copy, Debug, PartialEq)]
struct At(f64, u64, Tick);

impl Eq for At {}

impl Ord for At {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

struct Clock {
    due: BinaryHeap<Reverse<At>>,
    entered: u64,
}

impl Clock {
    fn enter(&mut self, at_ms: f64, tick: Tick) {
        self.entered += 1;
        self.due.push(Reverse(At(at_ms, self.entered, tick)));
    }
}

impl Scenario {
    /// Runs it to its end.
    ///
    /// # Panics
    /// Never: rates and numbers of types are positive where arguments are read.
    pub(crate) fn run(&self, costs: &Costs) -> Figures {
        let mut random = StdRng::seed_from_u64(self.seed);
        let (Ok(popular), Ok(gap)) =
            (Zipf::new(self.types as f64, self.skew), Exp::new(self.documents_per_s / 1e3))
        else {
            return Figures::none();
        };
        let mut adapters = (0..self.types).map(|index| digest(index, 0)).collect::<Vec<_>>();
        let new_host = || Host::new(self.size, costs, adapters.iter().copied());
        let mut hosts = (0..self.hosts).map(|_| new_host()).collect::<Vec<_>>();
        let mut router = Router::new(self.routing, self.hosts);
        let mut clock = Clock { due: BinaryHeap::new(), entered: 0 };
        let (end_ms, half_ms) = (self.seconds * 1e3, self.seconds * 500.0);
        clock.enter(0.0, Tick::Arrival);
        match self.event {
            Event::Nothing => {}
            Event::Loss => clock.enter(half_ms, Tick::Lose),
            Event::Rollout { .. } => clock.enter(half_ms, Tick::Replace),
        }
        let mut taken = Taken::default();
        let mut gone = None;
        let mut replaced = 0;
        while let Some(Reverse(At(now, _, tick))) = clock.due.pop() {
            let touched = match tick {
                Tick::Arrival if now >= end_ms => continue,
                Tick::Arrival => {
                    clock.enter(now + gap.sample(&mut random), Tick::Arrival);
                    taken.documents += 1;
                    let document_type = popular.sample(&mut random) as usize - 1;
                    let Some(host) = router.send(document_type) else { continue };
                    let document = Document { came_ms: now, adapter: adapters[document_type] };
                    if !hosts[host].take(document) {
                        taken.refused += 1;
                        router.done(host);
                    }
                    host
                }
                Tick::Loaded(host) | Tick::Read(host) if gone == Some(host) => continue,
                Tick::Loaded(host) => {
                    hosts[host].loaded();
                    host
                }
                Tick::Read(host) => {
                    for document in hosts[host].read() {
                        router.done(host);
                        taken.latencies.push((document.came_ms, now - document.came_ms));
                    }
                    host
                }
                Tick::Lose => {
                    taken.lost = hosts[0].unanswered();
                    router.lose(0);
                    gone = Some(0);
                    continue;
                }
                Tick::Replace => {
                    let Event::Rollout { types_per_s } = self.event else { continue };
                    let new = digest(replaced, 1);
                    for host in &mut hosts {
                        host.replace(&adapters[replaced], new, costs);
                    }
                    adapters[replaced] = new;
                    replaced += 1;
                    if replaced < self.types && now < end_ms {
                        clock.enter(now + 1e3 / types_per_s, Tick::Replace);
                    }
                    continue;
                }
            };
            for begun in hosts[touched].begin(costs) {
                match begun {
                    Begun::Load { takes_ms } => clock.enter(now + takes_ms, Tick::Loaded(touched)),
                    Begun::Batch { takes_ms } => clock.enter(now + takes_ms, Tick::Read(touched)),
                }
            }
        }
        taken.figures(end_ms, half_ms, hosts.iter().map(|host| host.loads).sum())
    }
}

#[derive(Default)]
struct Taken {
    documents: usize,
    refused: usize,
    lost: usize,
    /// When they came, and how long they took, in milliseconds.
    latencies: Vec<(f64, f64)>,
}

impl Taken {
    fn figures(self, end_ms: f64, half_ms: f64, loads: u64) -> Figures {
        let since = |from: f64| {
            let mut took = self.latencies.iter().filter(|(came, _)| *came >= from);
            let mut took = took.by_ref().map(|(_, took)| *took).collect::<Vec<_>>();
            took.sort_by(f64::total_cmp);
            took
        };
        let at = |took: &[f64], share: f64| {
            took.get(((took.len() as f64 * share) as usize).min(took.len().saturating_sub(1)))
                .copied()
                .unwrap_or(f64::NAN)
        };
        // Pools are full of the wrong adapters at first.
        let warm = since(end_ms * 0.1);
        Figures {
            documents: self.documents,
            p50_ms: at(&warm, 0.5),
            p99_ms: at(&warm, 0.99),
            p99_after_ms: at(&since(half_ms), 0.99),
            loads_per_1000: loads as f64 / self.documents.max(1) as f64 * 1e3,
            refused: self.refused,
            lost: self.lost,
        }
    }
}

impl Figures {
    fn none() -> Self {
        Taken::default().figures(1.0, 0.5, 0)
    }
}

/// The digest of a type's adapter in a version.
fn digest(index: usize, version: u64) -> Digest {
    let hashed =
        sha2::Sha256::new().chain_update(index.to_le_bytes()).chain_update(version.to_le_bytes());
    Digest::from_sha256(hashed.finalize().into())
}
