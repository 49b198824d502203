//! How many hosts some traffic takes: the pool's own books on a virtual clock, with costs that were measured.
//!
//! Nothing is read. Every host is its adapter pool's ledger and host tier (the code that serves), a loader, and a
//! model that takes a batch as long as one was measured to take; a router sends each document to one of them.

use std::path::Path;

use dossier::cli::table;
use serde::Serialize;

mod costs;
pub(crate) use costs::Costs;

mod host;

mod plan;
pub(crate) use plan::{Plan, Wanted};

mod plot;

mod router;
use router::Routing;

mod run;
use run::{Event, Figures, Scenario};

/// The answer of `dossier-bench capacity --json`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// What was measured, and of what.
    pub(crate) costs: Costs,
    /// Document types.
    pub(crate) types: usize,
    /// A row a traffic.
    pub(crate) plans: Vec<Plan>,
}

impl Report {
    /// For people: a table of the hosts, one of what happens, one of what else could be done.
    pub(crate) fn text(&self) -> String {
        let costs = &self.costs;
        let mut text = format!(
            "a host reads {:.1} documents a second at most: {:.1} ms a batch and {:.1} ms a document in it\n\n",
            costs.most_per_s(),
            costs.batch_ms,
            costs.document_ms,
        );
        let rows = self.plans.iter().map(|plan| {
            [
                format!("{}", plan.documents_per_s),
                plan.hosts.to_string(),
                format!("{:.0} %", 100.0 * plan.utilisation),
                format!("{:.1} GB", plan.host_bytes as f64 / 1e9),
                format!("{:.0} / {:.0}", plan.calm.p50_ms, plan.calm.p99_ms),
                format!("{:.0} ({} lost)", plan.loss.p99_after_ms, plan.loss.lost),
                format!("{:.0}", plan.rollout.p99_after_ms),
                format!("{:.1} / {:.1}", plan.calm.loads_per_1000, plan.in_turn.loads_per_1000),
            ]
        });
        let header = [
            "documents/s",
            "hosts",
            "busy",
            "memory",
            "p50 / p99 ms",
            "p99, host lost",
            "p99, rollout",
            "loads in 1000, by type / in turn",
        ];
        text += &table(header, rows);
        let rows = self.plans.iter().map(|plan| {
            let instead = &plan.instead;
            let usd = |index: usize| match instead.usd_a_month {
                Some(usd) => format!(" ({:.0} $)", usd[index]),
                None => String::new(),
            };
            [
                format!("{}", plan.documents_per_s),
                format!("{}{}", plan.hosts, usd(0)),
                format!("{}{}", instead.hosts_with_a_model_a_type, usd(1)),
                format!("{}{}", instead.hosts_of_a_joint_model, usd(2)),
            ]
        });
        text += "\nhosts, and what they cost in a month where that was said\n";
        text + &table(["documents/s", "adapters", "a model a type", "one joint model"], rows)
    }
}

/// Plans for each traffic, and draws the latency against the number of hosts for the last.
///
/// # Errors
/// When the costs make no sense, or the plot can't be drawn.
pub(crate) fn run(
    costs: Costs,
    wanted: &Wanted,
    traffics: &[f64],
    plot: Option<&Path>,
) -> anyhow::Result<Report> {
    let mut plans = Vec::new();
    for documents_per_s in traffics {
        plans.push(Plan::make(&costs, wanted, *documents_per_s)?);
    }
    if let (Some(path), Some(last)) = (plot, plans.last()) {
        plot::latency_by_hosts(path, last, wanted.p99_ms)?;
    }
    Ok(Report { costs, types: wanted.types, plans })
}

#[cfg(test)]
mod tests;
