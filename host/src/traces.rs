//! Traces: what a request took, sent to a collector by OpenTelemetry's protocol.
//!
//! A request has a span of its own, in its client's trace where the client has one, and a span below it for each
//! stage of its document. They tell names, codes and times; never a value. Nobody waits for the collector: what
//! it does not take in time is dropped, and counted.

use std::time::{Duration, SystemTime};

use dossier_engine::Extraction;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::config::TracesConfig;

mod otlp;

mod exporter;
use exporter::Exporter;

/// Requests that wait to be sent: a few seconds of a busy host.
const WAITING: usize = 4_096;

/// Takes what requests took, and sends it. Clones send to the same collector.
#[derive(Clone, Debug)]
pub(crate) struct Traces {
    waiting: mpsc::Sender<Told>,
    dropped: Counter,
    percent: u64,
}

/// What the exporter is told.
enum Told {
    Request(Box<RequestSpan>),
    /// Everything before this is to be sent now.
    Flush(oneshot::Sender<()>),
}

/// What a request took.
#[derive(Debug)]
pub(crate) struct RequestSpan {
    /// 32 hexadecimal digits.
    pub(crate) trace_id: String,
    /// The client's span, of 16 digits, if it told one.
    pub(crate) parent_id: Option<String>,
    /// Its own, of 16 digits.
    pub(crate) span_id: String,
    pub(crate) method: &'static str,
    pub(crate) route: String,
    pub(crate) status: u16,
    /// `ok`, or that of the problem.
    pub(crate) code: &'static str,
    pub(crate) request_id: String,
    pub(crate) began: SystemTime,
    pub(crate) ended: SystemTime,
    /// Where a document was read.
    pub(crate) document: Option<DocumentSpans>,
}

/// What the stages of a document took, which was read.
#[derive(Clone, Debug)]
pub(crate) struct DocumentSpans {
    tenant: String,
    document_type: String,
    verdict: &'static str,
    began: SystemTime,
    /// One after the other, those that took any time.
    stages: Vec<(&'static str, Duration)>,
}

impl DocumentSpans {
    /// Of a document of a tenant that was read just now.
    pub(crate) fn of(extraction: &Extraction, tenant: &str) -> Self {
        let now = SystemTime::now();
        Self {
            tenant: tenant.to_owned(),
            document_type: extraction.document_type.to_string(),
            verdict: extraction.verdict.as_str(),
            began: now.checked_sub(extraction.timings.total).unwrap_or(now),
            stages: extraction
                .timings
                .stages()
                .into_iter()
                .filter(|(_, time)| !time.is_zero())
                .collect(),
        }
    }
}

impl Traces {
    /// Sends to a collector, on the runtime that this is called on.
    ///
    /// # Errors
    /// When the client for its address can't be made.
    pub(crate) fn start(config: &TracesConfig, dropped: Counter) -> Result<Self, reqwest::Error> {
        let (waiting, taken) = mpsc::channel(WAITING);
        let exporter = Exporter::new(config.endpoint.clone(), taken, dropped.clone())?;
        tokio::spawn(exporter.run());
        Ok(Self { waiting, dropped, percent: config.percent })
    }

    /// Of requests whose clients don't say whether theirs is kept, so many of a hundred are.
    pub(crate) fn percent(&self) -> u64 {
        self.percent
    }

    /// Sends what a request took, when its turn comes.
    pub(crate) fn tell(&self, request: RequestSpan) {
        if self.waiting.try_send(Told::Request(Box::new(request))).is_err() {
            self.dropped.inc();
        }
    }

    /// Waits until what was told is sent, or so long.
    pub(crate) async fn flush(&self, longest: Duration) {
        let (sent, is_sent) = oneshot::channel();
        let flushing = async {
            if self.waiting.send(Told::Flush(sent)).await.is_ok() {
                let _ = is_sent.await;
            }
        };
        let _ = timeout(longest, flushing).await;
    }
}

#[cfg(test)]
mod tests;
