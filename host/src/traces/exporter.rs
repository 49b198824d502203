//! The task that sends spans: some requests together, a few times where the collector is busy.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout_at};

use super::{RequestSpan, Told, otlp};
use crate::outgoing::client_of;

/// Requests that are sent together at most.
const TOGETHER: usize = 256;
/// The first of them waits no longer than this for others.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Time of one attempt.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Attempts, and the wait after the first; it doubles.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// What a collector asks for beyond this is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub(super) struct Exporter {
    client: reqwest::Client,
    endpoint: String,
    instance: String,
    taken: mpsc::Receiver<Told>,
    dropped: Counter,
}

/// What came of an attempt.
enum Outcome {
    Taken,
    /// It may be tried again, after what the collector asked for.
    Busy(Option<Duration>),
    Refused(StatusCode),
}

impl Exporter {
    pub(super) fn new(
        endpoint: String,
        taken: mpsc::Receiver<Told>,
        dropped: Counter,
    ) -> Result<Self, reqwest::Error> {
        // A redirect would take spans to whoever answers.
        let client = client_of(&endpoint).redirect(reqwest::redirect::Policy::none());
        let client = client.timeout(TIMEOUT).build()?;
        let instance = dossier_engine::RequestId::new().own().to_owned();
        Ok(Self { client, endpoint, instance, taken, dropped })
    }

    pub(super) async fn run(mut self) {
        while let Some((requests, flushed)) = self.next().await {
            if !requests.is_empty() {
                self.send(&requests).await;
            }
            if let Some(flushed) = flushed {
                let _ = flushed.send(());
            }
        }
    }

    /// What is to be sent together; none once nobody tells any more.
    async fn next(&mut self) -> Option<(Vec<RequestSpan>, Option<oneshot::Sender<()>>)> {
        let mut requests = Vec::new();
        let mut told = self.taken.recv().await?;
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            match told {
                Told::Request(request) => requests.push(*request),
                Told::Flush(flushed) => return Some((requests, Some(flushed))),
            }
            if requests.len() == TOGETHER {
                return Some((requests, None));
            }
            match timeout_at(until, self.taken.recv()).await {
                Ok(Some(next)) => told = next,
                Ok(None) | Err(_) => return Some((requests, None)),
            }
        }
    }

    async fn send(&self, requests: &[RequestSpan]) {
        let body = otlp::export(requests, &self.instance).to_string();
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            match self.attempt(body.clone()).await {
                Outcome::Taken => return,
                Outcome::Refused(status) => {
                    self.drop_all(requests, status.as_str());
                    return;
                }
                Outcome::Busy(_) if attempt == ATTEMPTS => {}
                Outcome::Busy(asked) => {
                    sleep(asked.unwrap_or(pause).min(LONGEST_PAUSE)).await;
                    pause *= 2;
                }
            }
        }
        self.drop_all(requests, "unreachable or busy");
    }

    async fn attempt(&self, body: String) -> Outcome {
        let request = self.client.post(&self.endpoint).header("content-type", "application/json");
        let Ok(response) = request.body(body).send().await else { return Outcome::Busy(None) };
        // What may be tried again, by the specification of OTLP/HTTP.
        match response.status() {
            status if status.is_success() => Outcome::Taken,
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let asked =
                    response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                Outcome::Busy(asked.and_then(|text| text.parse().ok()).map(Duration::from_secs))
            }
            status => Outcome::Refused(status),
        }
    }

    fn drop_all(&self, requests: &[RequestSpan], reason: &str) {
        self.dropped.inc_by(requests.len() as u64);
        tracing::warn!(
            requests = requests.len(),
            reason,
            "traces are not taken by their collector"
        );
    }
}
