//! The two texts that are scraped.

use std::fmt;
use std::sync::Arc;

use dossier_engine::Reload;
use dossier_inference::SizeCounts;
use dossier_jobs::JobsStanding;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text};
use prometheus_client::registry::Registry;

use super::writer::{Classes, Writer};
use super::{MOST_DOCUMENT_TYPES, Recorder, Source, Standing, adapters, jobs, packages};

/// Document types up to which the short text tells where each adapter is: it is scraped twenty times a
/// second, and a series takes a hundred bytes.
const MOST_ROUTED_TYPES: usize = 256;

/// Writes what is scraped.
#[derive(Debug)]
pub struct Exposition {
    source: Arc<dyn Source>,
    whole: Registry,
    routing: Registry,
}

impl Exposition {
    /// The content type of both texts.
    pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

    /// Shows what `recorder` counts, how `source` stands, and what `reload` has done; without that, nothing
    /// of packages and adapters.
    #[must_use]
    pub fn new(recorder: &Recorder, source: Arc<dyn Source>, reload: Option<Reload>) -> Self {
        let mut whole = Registry::default();
        recorder.register(&mut whole);
        let everything = Everything {
            recorder: recorder.clone(),
            source: Arc::clone(&source),
            reload: reload.clone(),
        };
        whole.register_collector(Box::new(everything));
        let mut routing = Registry::default();
        let for_routers = ForRouters { source: Arc::clone(&source), reload };
        routing.register_collector(Box::new(for_routers));
        Self { source, whole, routing }
    }

    /// How jobs stand, where there are any.
    #[must_use]
    pub fn jobs(&self) -> Option<JobsStanding> {
        self.source.standing().jobs
    }

    /// Everything there is.
    ///
    /// # Errors
    /// None that is known: a text takes whatever is written into it.
    pub fn whole(&self) -> Result<String, fmt::Error> {
        write(&self.whole)
    }

    /// What routers ask for many times a second.
    ///
    /// # Errors
    /// As [`Exposition::whole`].
    pub fn routing(&self) -> Result<String, fmt::Error> {
        write(&self.routing)
    }
}

fn write(registry: &Registry) -> Result<String, fmt::Error> {
    let mut text = String::new();
    prometheus_text::encode(&mut text, registry)?;
    Ok(text)
}

/// What is asked of its owners when somebody scrapes.
#[derive(Debug)]
struct Everything {
    recorder: Recorder,
    source: Arc<dyn Source>,
    reload: Option<Reload>,
}

#[derive(Debug)]
struct ForRouters {
    source: Arc<dyn Source>,
    reload: Option<Reload>,
}

impl Collector for Everything {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut to = Writer::new(encoder);
        let standing = self.source.standing();
        to.gauges(
            "dossier_build_info",
            "The program's version",
            [([("version", env!("CARGO_PKG_VERSION"))], 1.0)],
        )?;
        write_load(&mut to, &standing)?;
        let inference = &standing.reader.inference;
        let help = "Documents that were being read, by steps of the decoder";
        to.histogram("dossier_step_documents", help, &inference.documents_a_step)?;
        let help = "Rows that were decoded, one a field, by steps of the decoder";
        to.histogram("dossier_step_rows", help, &inference.rows_a_step)?;
        let bodies = standing.bodies;
        to.gauge("dossier_bodies_arriving", "Bodies that arrive", bodies.arriving)?;
        to.gauge("dossier_bodies_arriving_limit", "Bodies that may arrive", bodies.places)?;
        to.gauge("dossier_bodies_bytes", "Bytes of all bodies held", bodies.held_bytes)?;
        to.gauge("dossier_bodies_limit_bytes", "Bytes that they may have", bodies.limit_bytes)?;
        let documents = self.recorder.documents();
        let documents = documents.iter().flat_map(|(name, counts)| {
            let series = |(verdict, count): &(&'static str, u64)| {
                ([("document_type", name.as_str()), ("verdict", *verdict)], *count as f64)
            };
            counts.iter().map(series)
        });
        to.counters("dossier_documents", "Documents that were read, by verdict", documents)?;
        packages::write_rules(&mut to, &standing.reader.rules)?;
        packages::write_snapshot(&mut to, &standing.snapshot)?;
        if let Some(jobs) = standing.jobs {
            jobs::write(&mut to, jobs)?;
        }
        if let Some(waking) = standing.waking {
            jobs::write_waking(&mut to, waking)?;
        }
        let Some(reload) = &self.reload else { return Ok(()) };
        packages::write_reload(&mut to, reload)?;
        match reload.adapters() {
            None => Ok(()),
            Some(statistics) => {
                let pool = &statistics.pool;
                let help = "Bytes of adapters in the model's memory";
                to.gauge("dossier_adapters_bytes", help, pool.resident_bytes)?;
                let help = "Bytes that they may have";
                to.gauge("dossier_adapters_limit_bytes", help, pool.memory_bytes)?;
                let help = "Bytes of their files in the host's memory";
                to.gauge("dossier_adapters_host_bytes", help, pool.host_bytes)?;
                let help = "Documents that wait for an adapter";
                to.gauge("dossier_adapters_waiting", help, pool.waiting)?;
                let help = "Documents whose adapter was in memory, and that had to wait for it";
                let leases = [("hit", pool.hits), ("miss", pool.misses)];
                let series =
                    |(outcome, count): (&'static str, u64)| ([("outcome", outcome)], count as f64);
                to.counters("dossier_adapter_leases", help, leases.map(series))?;
                let help = "Adapters that went to make room";
                to.counter("dossier_adapter_evictions", help, pool.evictions)?;
                to.counter("dossier_adapter_load_failures", "Loads that failed", pool.failures)?;
                let most = MOST_DOCUMENT_TYPES;
                adapters::write(&mut to, &standing.snapshot, &statistics, most)
            }
        }
    }
}

impl Collector for ForRouters {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut to = Writer::new(encoder);
        let standing = self.source.standing();
        write_load(&mut to, &standing)?;
        match self.reload.as_ref().and_then(Reload::adapters) {
            None => Ok(()),
            Some(statistics) => {
                adapters::write(&mut to, &standing.snapshot, &statistics, MOST_ROUTED_TYPES)
            }
        }
    }
}

/// What a router weighs hosts by.
fn write_load(to: &mut Writer<'_>, standing: &Standing) -> fmt::Result {
    let inference = &standing.reader.inference;
    to.gauge("dossier_ready", "1 while requests are wanted", u64::from(standing.is_ready))?;
    to.gauge("dossier_documents_in_work", "Documents with a permit", standing.permits_used)?;
    to.gauge("dossier_documents_in_work_limit", "Documents that may have one", standing.permits)?;
    to.gauge("dossier_documents_queued", "Documents that wait for the model", inference.queued)?;
    let limit = inference.queue_documents;
    to.gauge("dossier_documents_queued_limit", "Documents that may wait", limit)?;
    to.gauge("dossier_documents_reading", "Documents that the model reads", inference.documents)?;
    let limit = inference.max_documents;
    to.gauge("dossier_documents_reading_limit", "Documents that it may read at a time", limit)?;
    to.gauge("dossier_rows_reading", "Fields that the model reads", inference.rows)
}

impl From<&SizeCounts> for Classes {
    fn from(sizes: &SizeCounts) -> Self {
        let classes = sizes.classes.iter().map(|(bound, count)| (*bound as f64, *count));
        let classes = classes.chain([(f64::INFINITY, sizes.beyond)]).collect();
        Self { classes, sum: sizes.sum as f64 }
    }
}
