//! Where adapters are, under the names that routers know from vLLM.
//!
//! `gpu` is the model's memory, wherever the model computes; `cpu` is that of files which were kept in the
//! host's memory. A family that could not be whole is left out: to a router, an absent one means "not told",
//! and a missing series "not there".

use std::collections::BTreeSet;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use dossier_document::Digest;
use dossier_engine::snapshot::Snapshot;
use dossier_engine::statistics::AdapterStatistics;
use dossier_model::{AdapterPlace, LoadTimes};

use super::writer::{Classes, Writer};

/// Writes them; where each adapter is only where no more than so many document types have one.
pub(super) fn write(
    to: &mut Writer<'_>,
    snapshot: &Snapshot,
    statistics: &AdapterStatistics,
    most_series: usize,
) -> fmt::Result {
    let AdapterStatistics { pool, places } = statistics;
    let base = snapshot.base.to_string();
    let of_base = || [("model_name", base.as_str())];
    let resident =
        |is: fn(&AdapterPlace) -> bool| places.values().filter(|place| is(place)).count();
    let in_memory = resident(|place| place.is_resident);
    let in_host_memory = resident(|place| place.is_in_host_memory);
    let fit = slots(pool.memory_bytes, pool.largest_bytes);
    to.gauges(
        "vllm:num_gpu_loaded_lora_adapters",
        "Adapters in the model's memory",
        [(of_base(), in_memory as f64)],
    )?;
    to.gauges(
        "vllm:num_cpu_loaded_lora_adapters",
        "Adapters whose files are kept in the host's memory",
        [(of_base(), in_host_memory as f64)],
    )?;
    if let Some(fit) = fit {
        to.gauges(
            "vllm:max_gpu_lora_adapters",
            "Adapters as large as the largest that fit into the model's memory",
            [(of_base(), fit as f64)],
        )?;
    }
    write_requests(to, snapshot, statistics, fit, most_series)?;
    to.histograms(
        "vllm:lora_adapter_load_seconds",
        "Loads: load from the disk into the model's memory, activate of files that were kept",
        [("load", &pool.disk_loads), ("activate", &pool.host_loads)]
            .map(|(transition, times)| ([("transition", transition)], times.into())),
    )?;
    if snapshot.document_types.len() > most_series {
        return Ok(());
    }
    let mut series = Vec::new();
    for (id, document_type) in &snapshot.document_types {
        let Some(place) = places.get(&document_type.adapter_digest()) else { continue };
        let pinned = if place.is_pinned { "true" } else { "false" };
        let levels = [("gpu", place.is_resident), ("cpu", place.is_in_host_memory)];
        let levels = levels.into_iter().filter(|(_, is_there)| *is_there);
        series.extend(levels.map(|(level, _)| {
            ([("adapter_name", id.as_str()), ("level", level), ("pinned", pinned)], 1.0)
        }));
    }
    to.gauges("vllm:lora_adapter_loaded", "1 while an adapter is there", series)
}

/// The document types whose adapters are in memory, and those whose adapters are waited for, as lists
/// separated by commas, which no identifier has. The value is the time. llm-d's protocol wants those that are
/// loaded and ready as running, whether they are asked for now or not.
fn write_requests(
    to: &mut Writer<'_>,
    snapshot: &Snapshot,
    statistics: &AdapterStatistics,
    fit: Option<usize>,
    most_names: usize,
) -> fmt::Result {
    let names_of = |is: fn(&AdapterPlace) -> bool| {
        let places = statistics.places.iter().filter(|(_, place)| is(place));
        let digests = places.map(|(digest, _)| *digest).collect::<BTreeSet<Digest>>();
        let types = snapshot.document_types.iter();
        let types = types.filter(|(_, served)| digests.contains(&served.adapter_digest()));
        types.map(|(id, _)| id.as_str()).collect::<Vec<_>>()
    };
    let running = names_of(|place| place.is_resident);
    let waiting = names_of(|place| place.waiting > 0);
    if running.len() > most_names {
        return Ok(());
    }
    let (running, waiting) = (running.join(","), waiting.join(","));
    let slots = fit.unwrap_or(statistics.places.len()).to_string();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let labels = [
        ("max_lora", slots.as_str()),
        ("running_lora_adapters", running.as_str()),
        ("waiting_lora_adapters", waiting.as_str()),
    ];
    let help = "Document types whose adapters are in memory, and waited for; the value is the time";
    to.gauges("vllm:lora_requests_info", help, [(labels, now.as_secs_f64())])
}

/// None where there is no adapter to measure by, or no budget.
fn slots(memory_bytes: usize, largest_bytes: usize) -> Option<usize> {
    memory_bytes.checked_div(largest_bytes).filter(|_| memory_bytes < usize::MAX)
}

impl From<&LoadTimes> for Classes {
    fn from(times: &LoadTimes) -> Self {
        Self { classes: times.classes(), sum: times.sum_seconds() }
    }
}
