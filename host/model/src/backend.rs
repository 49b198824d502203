//! A batch of documents, from pages to field readings.

use std::sync::Arc;
use std::time::Instant;

use candle_core::Tensor;
use dossier_document::{FieldReading, FieldText};
use dossier_inference::{Backend, BackendError, ReadOutput, ReadRequest, ReadTimings, Residency};

use crate::decode::{DecodedField, decode_fields};
use crate::lora::AdapterRows;
use crate::{AdapterPool, Base, ModelError};

mod plan;
use plan::{DocumentPlan, Planner};

/// Reads batches of documents with one base and any number of adapters.
#[derive(Debug)]
pub struct ModelBackend {
    planner: Planner,
}

impl ModelBackend {
    /// A backend over `base` that finds its adapters in `adapters`.
    ///
    /// # Errors
    /// When the base has no tokenizer, its generation configuration names no start or end token, or
    /// asks for anything but greedy decoding.
    pub fn new(base: Base, adapters: AdapterPool) -> Result<Self, ModelError> {
        Ok(Self { planner: Planner::new(base, adapters)? })
    }

    /// Reads documents that were planned; where the batch fails, each of them alone.
    fn read_plans(&self, plans: &[&DocumentPlan]) -> Vec<Result<DecodedDocument, BackendError>> {
        match self.read_together(plans) {
            Ok(documents) => documents.into_iter().map(Ok).collect(),
            Err(error) if plans.len() == 1 => vec![Err(BackendError::Compute(error.into()))],
            Err(_) => plans.iter().flat_map(|plan| self.read_plans(&[plan])).collect(),
        }
    }

    /// Reads documents in one encoder pass and one decoder loop.
    fn read_together(&self, plans: &[&DocumentPlan]) -> Result<Vec<DecodedDocument>, ModelError> {
        if plans.is_empty() {
            return Ok(Vec::new());
        }
        // Documents of one adapter become neighbours.
        let mut order = (0..plans.len()).collect::<Vec<_>>();
        order.sort_by_key(|document| plans[*document].digest);

        let started = Instant::now();
        let model = &self.planner.parts().model;
        let ordered_pages = order.iter().flat_map(|document| {
            let plan = plans[*document];
            plan.pages.iter().map(|page| (page, plan.adapter.clone()))
        });
        let (pixels, adapters): (Vec<_>, Vec<_>) =
            ordered_pages.map(|(page, adapter)| (&page.pixels, adapter)).unzip();
        let adapters = AdapterRows::new(adapters);
        let states = model.encoder_states(&Tensor::cat(&pixels, 0)?, &adapters)?;
        let encoded = model.encoded_pages(&states, &adapters)?;
        let encode = started.elapsed();

        let started = Instant::now();
        let mut rows = Vec::new();
        // For each row its document and field.
        let mut places = Vec::new();
        let mut encoded_page = 0;
        for document in order {
            let plan = plans[document];
            for page in &plan.pages {
                for (index, field) in plan.fields_on(page.number) {
                    places.push((document, index));
                    rows.push(field.row(encoded_page, plan.adapter.clone()));
                }
                encoded_page += 1;
            }
        }
        let texts = decode_fields(&model.decoder, self.planner.vocabulary(), &encoded, rows)?;
        let decode = started.elapsed();

        let mut documents = plans
            .iter()
            .map(|plan| {
                let timings = ReadTimings {
                    preprocess: plan.preprocess,
                    encode,
                    decode,
                    ..Default::default()
                };
                DecodedDocument {
                    fields: vec![DecodedField::default(); plan.fields.len()],
                    timings,
                }
            })
            .collect::<Vec<_>>();
        for ((document, field), text) in places.into_iter().zip(texts) {
            documents[document].fields[field] = text;
        }
        Ok(documents)
    }
}

impl Backend for ModelBackend {
    fn residency(&self) -> Arc<dyn Residency> {
        Arc::new(self.planner.adapters().clone())
    }

    fn read_batch(&mut self, batch: &[ReadRequest]) -> Vec<Result<ReadOutput, BackendError>> {
        let plans = batch.iter().map(|request| self.planner.plan(request)).collect::<Vec<_>>();
        let planned = plans.iter().filter_map(|plan| plan.as_ref().ok()).collect::<Vec<_>>();
        let mut read = self.read_plans(&planned).into_iter();
        let mut answers = Vec::with_capacity(batch.len());
        for (request, plan) in batch.iter().zip(plans) {
            answers.push(match plan {
                Err(error) => Err(error),
                Ok(_) => match read.next() {
                    Some(document) => document.map(|document| document.answer(request)),
                    None => Err(BackendError::Panicked),
                },
            });
        }
        answers
    }
}

/// What was decoded of one document, field by field.
struct DecodedDocument {
    fields: Vec<DecodedField>,
    timings: ReadTimings,
}

impl DecodedDocument {
    fn answer(self, request: &ReadRequest) -> ReadOutput {
        let reading =
            |(field, decoded): (&dossier_document::FieldRequest, DecodedField)| FieldReading {
                name: field.name.clone(),
                page: field.page,
                raw: FieldText::new(decoded.text),
                confidence: decoded.confidence,
            };
        ReadOutput {
            readings: request.fields.iter().zip(self.fields).map(reading).collect(),
            timings: self.timings,
            batch_documents: 0,
        }
    }
}
