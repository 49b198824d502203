//! What requests come to, counted as they are answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dossier_document::{DocumentTypeId, Verdict};
use dossier_engine::Extraction;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::MOST_DOCUMENT_TYPES;
use crate::traces::Traces;

/// From a refusal to the longest that a request may take by default.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];
/// Document types beyond the bound.
const OTHER: &str = "other";

/// Counts what one listener answers. Clones count together.
#[derive(Clone, Debug)]
pub struct Recorder {
    listener: Listener,
    counted: Arc<Counted>,
    /// Where a listener's requests are traced.
    traces: Option<Traces>,
}

/// Which of the host's listeners answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listener {
    /// The one for documents.
    Documents,
    /// The admin API's.
    Admin,
    /// The one for metrics alone.
    Metrics,
}

#[derive(Debug)]
struct Counted {
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    queue_seconds: Histogram,
    compute_seconds: Histogram,
    stage_seconds: Family<StageLabels, Histogram, fn() -> Histogram>,
    untraced: Counter,
    documents: Mutex<BTreeMap<String, [u64; 3]>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    listener: &'static str,
    route: String,
    status: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    listener: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    stage: &'static str,
}

impl Listener {
    fn as_str(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Admin => "admin",
            Self::Metrics => "metrics",
        }
    }
}

impl Default for Recorder {
    /// Of the listener for documents.
    fn default() -> Self {
        let counted = Counted {
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            queue_seconds: seconds(),
            compute_seconds: seconds(),
            stage_seconds: Family::new_with_constructor(seconds),
            untraced: Counter::default(),
            documents: Mutex::default(),
        };
        Self { listener: Listener::Documents, counted: Arc::new(counted), traces: None }
    }
}

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

impl Recorder {
    /// The same counts, for what another listener answers.
    #[must_use]
    pub fn of(&self, listener: Listener) -> Self {
        Self { listener, counted: Arc::clone(&self.counted), traces: None }
    }

    /// The same, where requests of this listener are traced.
    pub(crate) fn traced(self, traces: Option<Traces>) -> Self {
        Self { traces, ..self }
    }

    /// Where requests are traced.
    pub(crate) fn traces(&self) -> Option<&Traces> {
        self.traces.as_ref()
    }

    /// Counts requests whose traces are dropped.
    pub(crate) fn untraced(&self) -> &Counter {
        &self.counted.untraced
    }

    /// Counts a request. `route` is one that the host has, as its router writes it, or `unknown`; `code` is
    /// that of the problem, `ok`, or `client_left`.
    pub fn request(&self, route: &str, status: u16, code: &'static str, time: Duration) {
        let listener = self.listener.as_str();
        let status = match status {
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            500..=599 => "5xx",
            _ => "1xx",
        };
        let labels = RequestLabels { listener, route: route.to_owned(), status, code };
        self.counted.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { listener, route: route.to_owned() };
        self.counted.request_seconds.get_or_create(&labels).observe(time.as_secs_f64());
    }

    /// Counts a document that was read: its verdict, and where its time went.
    pub fn document(&self, extraction: &Extraction) {
        let timings = &extraction.timings;
        let read = &timings.read;
        let counted = &self.counted;
        counted.queue_seconds.observe(read.queue.as_secs_f64());
        let compute = timings.total.saturating_sub(read.queue);
        counted.compute_seconds.observe(compute.as_secs_f64());
        for (stage, time) in timings.stages() {
            let labels = StageLabels { stage };
            counted.stage_seconds.get_or_create(&labels).observe(time.as_secs_f64());
        }
        self.count_verdict(&extraction.document_type, extraction.verdict);
    }

    fn count_verdict(&self, document_type: &DocumentTypeId, verdict: Verdict) {
        let mut documents = self.counted.documents();
        let name = document_type.as_str();
        let is_told_apart = documents.contains_key(name) || documents.len() < MOST_DOCUMENT_TYPES;
        let name = if is_told_apart { name } else { OTHER };
        let counts = match documents.get_mut(name) {
            Some(counts) => counts,
            None => documents.entry(name.to_owned()).or_default(),
        };
        let index = match verdict {
            Verdict::Accepted => 0,
            Verdict::Rejected => 1,
            Verdict::Incomplete => 2,
        };
        counts[index] += 1;
    }

    /// By document type: the counts of each verdict.
    pub(super) fn documents(&self) -> Vec<(String, [(&'static str, u64); 3])> {
        let documents = self.counted.documents();
        let verdicts = [Verdict::Accepted, Verdict::Rejected, Verdict::Incomplete];
        let of_type = |(name, counts): (&String, &[u64; 3])| {
            let [accepted, rejected, incomplete] = verdicts.map(Verdict::as_str);
            let counts = [(accepted, counts[0]), (rejected, counts[1]), (incomplete, counts[2])];
            (name.clone(), counts)
        };
        documents.iter().map(of_type).collect()
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let Counted {
            requests,
            request_seconds,
            queue_seconds,
            compute_seconds,
            stage_seconds,
            untraced,
            documents: _,
        } = &*self.counted;
        registry.register(
            "dossier_requests",
            "Requests answered, by route, class of status and code",
            requests.clone(),
        );
        registry.register(
            "dossier_request_duration_seconds",
            "From the head of a request to its answer",
            request_seconds.clone(),
        );
        registry.register(
            "dossier_document_queue_seconds",
            "Of documents that were read: the wait for the model and for its adapter",
            queue_seconds.clone(),
        );
        registry.register(
            "dossier_document_compute_seconds",
            "Of documents that were read: everything but the wait",
            compute_seconds.clone(),
        );
        registry.register(
            "dossier_document_stage_seconds",
            "Of documents that were read: each stage",
            stage_seconds.clone(),
        );
        registry.register(
            "dossier_untraced_requests",
            "Requests whose traces the collector did not take in time",
            untraced.clone(),
        );
    }
}

impl Counted {
    /// No step that counts can panic half-way.
    fn documents(&self) -> MutexGuard<'_, BTreeMap<String, [u64; 3]>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_beyond_the_bound_are_counted_together() {
        let recorder = Recorder::default();
        for number in 0..MOST_DOCUMENT_TYPES + 3 {
            let document_type = format!("test/paper/{number}").parse().expect("an identifier");
            recorder.count_verdict(&document_type, Verdict::Rejected);
        }
        let documents = recorder.documents();
        assert_eq!(documents.len(), MOST_DOCUMENT_TYPES + 1);
        let (_, counts) = documents.iter().find(|(name, _)| name == OTHER).expect("the others");
        assert_eq!(counts[1], ("rejected", 3));
    }
}
