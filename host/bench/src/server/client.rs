//! A client of the host, and what it learns of an answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use super::ServerBenchError;
use super::documents::{Document, content_type};

/// A client; clones share its connections.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    token: Option<String>,
}

/// An answer to a document.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    /// From the first byte sent to the last one received.
    pub(super) took: Duration,
    /// The stages that the answer tells, together; nothing where it tells none.
    pub(super) stages: Duration,
    /// What the answer says that the document took, from its files to its checks.
    pub(super) document: Duration,
    /// Bytes of the answer.
    pub(super) bytes: usize,
    text: String,
}

impl Client {
    pub(super) fn new(http: reqwest::Client, address: SocketAddr) -> Self {
        Self { http, address, token: None }
    }

    pub(super) fn with_token(self, token: String) -> Self {
        Self { token: Some(token), ..self }
    }

    /// Sends a document.
    ///
    /// # Errors
    /// When there is no answer.
    pub(super) async fn extract(&self, document: &Document) -> Result<Answered, ServerBenchError> {
        let url = format!("http://{}/v1/extract", self.address);
        let request = self.http.post(url).header(CONTENT_TYPE, content_type());
        self.answered(request.body(document.body.clone())).await
    }

    /// Asks anything else; the answer is JSON.
    ///
    /// # Errors
    /// When there is no answer, or it is a refusal.
    pub(super) async fn ask(
        &self,
        what: &'static str,
        method: reqwest::Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Value, ServerBenchError> {
        let url = format!("http://{}{path}", self.address);
        let request = self.http.request(method, url).header(CONTENT_TYPE, "application/json");
        let answer = self.answered(request.body(body)).await?;
        match answer.status {
            200..300 => Ok(serde_json::from_str(&answer.text).unwrap_or(Value::Null)),
            status => Err(ServerBenchError::Refused { what, status, answer: answer.text }),
        }
    }

    async fn answered(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<Answered, ServerBenchError> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let begun = Instant::now();
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        let took = begun.elapsed();
        let (stages, document) = times_of(&text);
        Ok(Answered { status, took, stages, document, bytes: text.len(), text })
    }
}

impl Answered {
    /// The answer, where the document was read.
    pub(super) fn read(self) -> Result<Self, ServerBenchError> {
        match self.status {
            200 => Ok(self),
            status => {
                Err(ServerBenchError::Refused { what: "a document", status, answer: self.text })
            }
        }
    }
}

/// What an answer says that its stages took together, and the whole document.
fn times_of(answer: &str) -> (Duration, Duration) {
    let answer = serde_json::from_str::<Value>(answer).unwrap_or(Value::Null);
    let Some(timings) = answer["timings_ms"].as_object() else { return Default::default() };
    let time =
        |milliseconds: f64| Duration::try_from_secs_f64(milliseconds / 1e3).unwrap_or_default();
    let stages = timings.iter().filter(|(name, _)| *name != "total");
    let stages = stages.filter_map(|(_, time)| time.as_f64()).sum::<f64>();
    (time(stages), time(timings.get("total").and_then(Value::as_f64).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
