//! One document to read, and what came of it.

use std::time::Duration;

use dossier_document::{Digest, Embedding, FieldReading, FieldRequest, PageImage};

/// One document to read.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// The pages, in the order of the form; [`FieldRequest::page`] counts them from 0.
    pub pages: Vec<PageImage>,
    /// The fields to read. The answer lists exactly these, in this order.
    pub fields: Vec<FieldRequest>,
    /// The LoRA adapter, or `None` for the base alone.
    pub adapter: Option<Digest>,
    /// Whether the first page is embedded too, by the base alone. Then there need not be a field.
    pub embed: bool,
}

/// What was read from one document.
#[derive(Clone, Debug)]
pub struct ReadOutput {
    /// One reading for every requested field, in the order of the request.
    pub readings: Vec<FieldReading>,
    /// What the first page looks like, where that was asked for.
    pub embedding: Option<Embedding>,
    /// Where the time went.
    pub timings: ReadTimings,
    /// Documents that were being read when this one joined, itself included. The
    /// [`InferenceThread`](crate::InferenceThread) writes it.
    pub batch_documents: usize,
}

/// Where the time of one read went. Documents share the stages they ran together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadTimings {
    /// From the caller to the start of the work, the load of the adapter included. The
    /// [`InferenceThread`](crate::InferenceThread) writes it.
    pub queue: Duration,
    /// Pixels to model input.
    pub preprocess: Duration,
    /// The vision encoder, with the keys and values of cross-attention.
    pub encode: Duration,
    /// The text decoder.
    pub decode: Duration,
}
