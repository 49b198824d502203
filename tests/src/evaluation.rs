//! Posting many documents, scoring and comparing the answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::samples::corners;
use crate::{Client, Sample, overlap};

/// Confidences are sums of many products: another batch adds them in another order.
const CONFIDENCE_TOLERANCE: f64 = 1e-3;

/// Fields read exactly, by name.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// By field: how many were exact, of how many.
    pub fields: BTreeMap<String, (usize, usize)>,
    /// Of fields whose place is known: how well the answer's polygon covers it, 0 to 1.
    pub places: Vec<f64>,
}

impl Score {
    /// Counts one document: `raw` by name against its truth. A field that is missing is wrong.
    pub fn add(&mut self, sample: &Sample, raw: impl Fn(&str) -> Option<String>) {
        for (name, value) in &sample.truth {
            let (exact, of) = self.fields.entry(name.clone()).or_default();
            *of += 1;
            *exact += usize::from(raw(name).as_deref() == Some(value));
        }
    }

    /// Counts one answer of `POST /v1/extract`.
    pub fn add_answer(&mut self, sample: &Sample, body: &Value) {
        let fields = body["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        self.add(sample, |name| {
            let field = fields.iter().find(|field| field["name"] == name)?;
            field["raw"].as_str().map(str::to_owned)
        });
        for (name, place) in &sample.places {
            let field = fields.iter().find(|field| field["name"] == *name);
            let told = field.filter(|field| field["page"] == place.page);
            let polygon = told.and_then(|field| corners(&field["polygon"]));
            // A place that is not told covers nothing.
            self.places.push(polygon.map_or(0.0, |polygon| overlap(&polygon, &place.corners)));
        }
    }

    /// How well places are told on average; none where none is known.
    #[must_use]
    pub fn mean_overlap(&self) -> Option<f64> {
        let sum = self.places.iter().sum::<f64>();
        (!self.places.is_empty()).then(|| sum / self.places.len() as f64)
    }

    /// How many fields were exact, of how many.
    #[must_use]
    pub fn total(&self) -> (usize, usize) {
        self.fields.values().fold((0, 0), |(exact, of), field| (exact + field.0, of + field.1))
    }

    /// The share of exact fields, 0 to 1.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let (exact, of) = self.total();
        exact as f64 / of.max(1) as f64
    }
}

/// Posts every document with `clients` clients at once, and returns the answers in the documents'
/// order.
///
/// # Errors
/// When one is not answered with 200.
pub async fn post_all(
    client: &Client,
    documents: &Arc<Vec<(String, Sample)>>,
    clients: usize,
) -> anyhow::Result<Vec<Value>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        // A client of its own: connections are part of what is tried.
        let client = Client::new(client.address());
        let (documents, next) = (Arc::clone(documents), Arc::clone(&next));
        tasks.spawn(async move {
            let mut answers = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some((document_type, sample)) = documents.get(index) else { break };
                let answer = client.extract(document_type, &sample.pages).await?;
                let (status, code) = (answer.status, answer.code());
                ensure!(status == 200, "{}: {status} {code}", sample.folder.display());
                answers.push((index, answer.body));
            }
            anyhow::Ok(answers)
        });
    }
    let mut answers = vec![None; documents.len()];
    while let Some(done) = tasks.join_next().await {
        for (index, body) in done?? {
            answers[index] = Some(body);
        }
    }
    answers.into_iter().collect::<Option<_>>().context("a document was not posted")
}

/// What an answer says of its document: everything but times, the request's id, confidences and places.
#[must_use]
pub fn comparable(body: &Value) -> Value {
    let field = |field: &Value| {
        let mut field = field.clone();
        if let Some(field) = field.as_object_mut() {
            field.remove("confidence");
            // Follows from sums that are rounded in another order, as the confidence does.
            field.remove("polygon");
            let other = field.get_mut("other_reading").and_then(Value::as_object_mut);
            other.map(|other| other.remove("confidence"));
        }
        field
    };
    let fields = body["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
    json!({
        "document_type": body["document_type"],
        "fields": fields.iter().map(field).collect::<Vec<_>>(),
        "checks": body["checks"],
        "verdict": body["verdict"],
        "served_by": body["served_by"],
    })
}

/// The indices of answers that differ in what they say, or in a confidence by more than rounding.
#[must_use]
pub fn differences(one_by_one: &[Value], together: &[Value]) -> Vec<usize> {
    let confidences = |body: &Value| {
        let fields = body["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        fields.iter().map(|field| field["confidence"].as_f64()).collect::<Vec<_>>()
    };
    let near = |(a, b): (Option<f64>, Option<f64>)| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= CONFIDENCE_TOLERANCE,
        (a, b) => a == b,
    };
    let same = |a: &Value, b: &Value| {
        comparable(a) == comparable(b) && confidences(a).into_iter().zip(confidences(b)).all(near)
    };
    let pairs = one_by_one.iter().zip(together).enumerate();
    pairs.filter(|(_, (a, b))| !same(a, b)).map(|(index, _)| index).collect()
}
