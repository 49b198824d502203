//! The fewest hosts that hold what is wanted.

use serde::Serialize;

use super::host::HostSize;
use super::{Costs, Event, Figures, Routing, Scenario};

/// What is wanted of the hosts together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Document types.
    pub(crate) types: usize,
    /// How unevenly they are asked for.
    pub(crate) skew: f64,
    /// Milliseconds within which 99 of 100 documents are answered, a host lost or a rollout under way.
    pub(crate) p99_ms: f64,
    /// Of all adapters, how many fit into a host's memory.
    pub(crate) resident: f64,
    /// Types a second that get a new version in a rollout.
    pub(crate) rollout_per_s: f64,
    /// Seconds of each scenario.
    pub(crate) seconds: f64,
    /// Types of a host that has one model a type, instead.
    pub(crate) models_a_host: usize,
    /// Hosts at most.
    pub(crate) most_hosts: usize,
    /// What a host costs in a month, in dollars, where that is known.
    pub(crate) host_usd: Option<f64>,
}

/// Hosts for some traffic.
#[derive(Debug, Serialize)]
pub(crate) struct Plan {
    /// Documents a second.
    pub(crate) documents_per_s: f64,
    /// The fewest hosts; one of them may be lost.
    pub(crate) hosts: usize,
    /// Of all that they could read.
    pub(crate) utilisation: f64,
    /// Bytes of memory of a host, for the base, adapters, files of adapters and documents in work.
    pub(crate) host_bytes: usize,
    /// Nothing happens.
    pub(crate) calm: Figures,
    /// A host is lost.
    pub(crate) loss: Figures,
    /// Every type gets a new version.
    pub(crate) rollout: Figures,
    /// The same hosts, documents sent in turn.
    pub(crate) in_turn: Figures,
    /// Fewer and more hosts, and their 99 in 100, in milliseconds, with a host lost.
    pub(crate) by_hosts: Vec<(usize, f64)>,
    /// What else could be done.
    pub(crate) instead: Instead,
}

/// What else could be done.
#[derive(Debug, Serialize)]
pub(crate) struct Instead {
    /// Hosts with one model a type, each once: a host has room for so many, whatever the traffic.
    pub(crate) hosts_with_a_model_a_type: usize,
    /// Hosts of one joint model, which no country can change for itself.
    pub(crate) hosts_of_a_joint_model: usize,
    /// What they cost in a month, in dollars: adapters, a model a type, a joint model.
    pub(crate) usd_a_month: Option<[f64; 3]>,
}

/// No number of hosts holds what is wanted.
#[derive(Debug, thiserror::Error)]
#[error(
    "{most} hosts don't answer {documents_per_s} documents a second within {p99_ms} ms: allow more time or hosts"
)]
pub(crate) struct NoPlan {
    most: usize,
    documents_per_s: f64,
    p99_ms: f64,
}

/// What is shipped for HAProxy.
const BY_TYPE: Routing = Routing::ByType { balance: 2.0 };
/// Documents that wait at a host at most, as shipped.
const QUEUE: usize = 256;

impl Plan {
    /// The fewest hosts for this traffic.
    ///
    /// # Errors
    /// When no number of hosts does.
    pub(crate) fn make(
        costs: &Costs,
        wanted: &Wanted,
        documents_per_s: f64,
    ) -> Result<Self, NoPlan> {
        let scenario = |hosts: usize, event| Scenario {
            hosts,
            size: size(costs, wanted),
            routing: BY_TYPE,
            types: wanted.types,
            skew: wanted.skew,
            documents_per_s,
            seconds: wanted.seconds,
            event,
            seed: 11,
        };
        let rollout = Event::Rollout { types_per_s: wanted.rollout_per_s };
        let holds = |figures: &Figures| {
            figures.refused == 0 && figures.p99_ms.max(figures.p99_after_ms) <= wanted.p99_ms
        };
        // Fewer can't read it all once one is lost.
        let least = (documents_per_s / costs.most_per_s()).ceil() as usize + 1;
        let mut by_hosts = Vec::new();
        for hosts in least..=wanted.most_hosts {
            let loss = scenario(hosts, Event::Loss).run(costs);
            by_hosts.push((hosts, loss.p99_after_ms));
            if !holds(&loss) {
                continue;
            }
            let rolled = scenario(hosts, rollout).run(costs);
            if !holds(&rolled) {
                continue;
            }
            for more in hosts + 1..=(hosts + 3).min(wanted.most_hosts) {
                by_hosts.push((more, scenario(more, Event::Loss).run(costs).p99_after_ms));
            }
            let in_turn = Scenario { routing: Routing::InTurn, ..scenario(hosts, Event::Nothing) };
            return Ok(Self {
                documents_per_s,
                hosts,
                utilisation: documents_per_s / (hosts as f64 * costs.most_per_s()),
                host_bytes: host_bytes(costs, wanted),
                calm: scenario(hosts, Event::Nothing).run(costs),
                loss,
                rollout: rolled,
                in_turn: in_turn.run(costs),
                by_hosts,
                instead: Instead::of(costs, wanted, documents_per_s, hosts),
            });
        }
        Err(NoPlan { most: wanted.most_hosts, documents_per_s, p99_ms: wanted.p99_ms })
    }
}

impl Instead {
    fn of(costs: &Costs, wanted: &Wanted, documents_per_s: f64, hosts: usize) -> Self {
        // Each model once: a host that is lost takes its types with it.
        let with_a_model = wanted.types.div_ceil(wanted.models_a_host);
        let with_a_model =
            with_a_model.max((documents_per_s / costs.most_per_s()).ceil() as usize + 1);
        let joint = ((hosts - 1) as f64 / costs.joint_speed).ceil() as usize + 1;
        let usd = |hosts: usize| wanted.host_usd.map(|usd| usd * hosts as f64);
        let usd_a_month = match (usd(hosts), usd(with_a_model), usd(joint)) {
            (Some(ours), Some(theirs), Some(joint)) => Some([ours, theirs, joint]),
            _ => None,
        };
        Self { hosts_with_a_model_a_type: with_a_model, hosts_of_a_joint_model: joint, usd_a_month }
    }
}

fn size(costs: &Costs, wanted: &Wanted) -> HostSize {
    let all = wanted.types * costs.adapter_bytes;
    // Room for a batch of as many adapters as it may have, whatever is wanted.
    let least = costs.batch * costs.adapter_bytes;
    let adapters = ((all as f64 * wanted.resident) as usize).max(least);
    HostSize { adapters, files: all.saturating_sub(adapters), queue: QUEUE }
}

fn host_bytes(costs: &Costs, wanted: &Wanted) -> usize {
    let size = size(costs, wanted);
    let documents = (QUEUE + costs.batch) * costs.document_bytes;
    costs.base_bytes + size.adapters + size.files + documents
}
