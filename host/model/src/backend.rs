//! Documents in work, from pages to field readings.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use candle_core::Tensor;
use dossier_document::{Embedding, FieldReading, FieldRequest, FieldText};
use dossier_inference::{
    Backend, BackendError, BackendLost, DocumentNumber, Prepared, Preparer, ReadOutput,
    ReadRequest, ReadTimings, Residency,
};
use rayon::prelude::*;

use crate::base::Parts;
use crate::decode::{DecodedField, FieldDecoders};
use crate::device::is_out_of_memory;
use crate::kernels::map_on_cores;
use crate::lora::AdapterRows;
use crate::model::PageMemory;
use crate::page_form::PageForm;
use crate::{Adapter, AdapterPool, Base, DeviceKind, ModelError, device};

mod passes;

mod plan;
use plan::{DocumentPlan, PlannedPage, Planner, Print};

mod polygons;

/// Reads documents with one base and any number of adapters.
pub struct ModelBackend {
    planner: Arc<Planner>,
    decoder: FieldDecoders<FieldKey>,
    /// Pages of the base's own form in one pass of the encoder.
    pages_at_once: usize,
    documents: HashMap<DocumentNumber, InWork>,
    answers: Vec<(DocumentNumber, Result<ReadOutput, BackendError>)>,
}

/// A field of a document in work.
#[derive(Clone, Copy, Debug)]
struct FieldKey {
    document: DocumentNumber,
    field: usize,
}

/// A document in work.
struct InWork {
    request: ReadRequest,
    /// One a requested field, in order; there once it is read.
    fields: Vec<Option<DecodedField>>,
    embedding: Option<Embedding>,
    /// Of the pages that fields stand on, each with its number.
    prints: Vec<(usize, Print)>,
    preprocess: Duration,
    encode: Duration,
    decode_started: Instant,
}

impl ModelBackend {
    /// A backend over `base` that finds its adapters in `adapters`. On a device it reads a blank page
    /// first: whatever that compiles or allocates, no document waits for, and what the device can't do is
    /// told at the start.
    ///
    /// # Errors
    /// When the base has no tokenizer, its generation configuration names no start or end token, or
    /// asks for anything but greedy decoding; when the device does not read the blank page.
    pub fn new(base: Base, adapters: AdapterPool) -> Result<Self, ModelError> {
        let planner = Arc::new(Planner::new(base, adapters)?);
        let decoder = FieldDecoders::new(&planner.parts().model, planner.device())?;
        let own = planner.parts().forms.own();
        let pages_at_once = passes::pages_at_once(planner.device(), own)?;
        let (documents, answers) = (HashMap::new(), Vec::new());
        let mut backend = Self { planner, decoder, pages_at_once, documents, answers };
        if !backend.planner.device().is_cpu() {
            backend.read_blank_page().map_err(|error| match error {
                ModelError::Compute(error) => backend.device_kind().refused(&error),
                error => error,
            })?;
        }
        Ok(backend)
    }

    fn device_kind(&self) -> DeviceKind {
        DeviceKind::of(self.planner.device())
    }

    fn read_blank_page(&mut self) -> Result<(), ModelError> {
        let blank = self.planner.blank_page()?;
        let key = FieldKey { document: DocumentNumber::MAX, field: 0 };
        let form = Arc::clone(self.planner.parts().forms.own());
        for page in self.encode(&[PageToEncode { pixels: &blank, form: &form, adapter: None }])? {
            self.decoder.add([vec![(key, self.planner.first_row(page)?)]])?;
        }
        let parts = self.planner.parts();
        while self.decoder.step(&parts.model, self.planner.vocabulary())?.is_empty() {}
        Ok(())
    }

    /// Begins to read documents whose plans are there, or answers why they are not.
    fn begin_planned(
        &mut self,
        plans: Vec<(DocumentNumber, Result<DocumentPlan, BackendError>, ReadRequest)>,
    ) {
        let mut planned = Vec::with_capacity(plans.len());
        for (number, plan, request) in plans {
            match plan {
                Ok(plan) => planned.push(Planned { number, plan, request }),
                Err(error) => self.answers.push((number, Err(error))),
            }
        }
        // Inside rayon's pool this thread takes part in the work, and need not be woken for every
        // product.
        rayon::scope(|_| self.begin(planned));
    }

    /// Begins to read documents that were planned; where that fails, each of them alone.
    fn begin(&mut self, mut planned: Vec<Planned>) {
        // Pages of one size become neighbours, and of these documents of one adapter.
        planned.sort_by_key(|planned| (planned.plan.prepared.form.size, planned.plan.digest));
        match self.begin_together(&planned) {
            Ok(()) => {}
            Err(error) if planned.len() == 1 => self.fail(planned[0].number, error),
            Err(_) => planned.into_iter().for_each(|planned| self.begin(vec![planned])),
        }
    }

    /// Encodes the pages of some documents in one pass, and gives their fields to the decoder.
    fn begin_together(&mut self, planned: &[Planned]) -> Result<(), ModelError> {
        if planned.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let pages = planned.iter().flat_map(|Planned { plan, .. }| {
            plan.prepared.pages.iter().map(|PlannedPage { pixels, .. }| PageToEncode {
                pixels,
                form: &plan.prepared.form,
                adapter: plan.adapter.as_ref(),
            })
        });
        let pages = pages.collect::<Vec<_>>();
        let passes =
            map_on_cores(self.planner.device(), self.passes(&pages)?, |pages| self.encode(pages));
        let mut encoded = Vec::with_capacity(pages.len());
        for pass in passes {
            encoded.extend(pass?);
        }
        let mut embeddings = self.embed(planned)?;
        let encode = started.elapsed();

        let mut encoded = encoded.into_iter();
        let documents = planned.iter().map(|Planned { number, plan, .. }| {
            let pages = plan.prepared.pages.iter().zip(&mut encoded);
            let rows = pages.flat_map(|(page, memory)| {
                plan.prepared.fields_on(page.number).map(move |(field, field_plan)| {
                    let key = FieldKey { document: *number, field };
                    (key, field_plan.row(memory.clone(), plan.adapter.clone()))
                })
            });
            rows.collect()
        });
        self.decoder.add(documents)?;
        for (document, Planned { number, plan, request }) in planned.iter().enumerate() {
            let in_work = InWork {
                request: request.clone(),
                embedding: embeddings.remove(&document),
                fields: vec![None; plan.prepared.fields.len()],
                prints: plan.prepared.prints().collect(),
                preprocess: plan.prepared.preprocess,
                encode,
                decode_started: Instant::now(),
            };
            match in_work.fields.is_empty() {
                true => self.answers.push((*number, Ok(in_work.answer()))),
                false => _ = self.documents.insert(*number, in_work),
            }
        }
        Ok(())
    }

    /// Embeds the first page of those documents that ask for it, by the base alone.
    fn embed(&self, planned: &[Planned]) -> Result<HashMap<usize, Embedding>, ModelError> {
        let Parts { model, forms, type_embedding, .. } = self.planner.parts();
        let Some(type_embedding) = type_embedding else { return Ok(HashMap::new()) };
        let asked = planned.iter().enumerate();
        let asked = asked
            .filter_map(|(document, planned)| {
                Some((document, planned.plan.prepared.to_embed.as_ref()?))
            })
            .collect::<Vec<_>>();
        let form = forms.own();
        let of_pass = |pass: &[(usize, &Tensor)]| -> Result<_, ModelError> {
            let pixels = pass.iter().map(|(_, pixels)| *pixels).collect::<Vec<_>>();
            let pixels = self.planner.parts().to_model(&pixels)?;
            let nobody = AdapterRows::new(pass.iter().map(|_| None));
            let states = model.encoder_states(&pixels, &*forms.layout(form)?, &nobody)?;
            let embeddings = type_embedding.of(&states, form.grid)?;
            Ok(pass.iter().map(|(document, _)| *document).zip(embeddings).collect::<Vec<_>>())
        };
        let passes = asked.chunks(self.pages_at_once).collect();
        let mut embeddings = HashMap::new();
        for pass in map_on_cores(self.planner.device(), passes, of_pass) {
            for (document, embedding) in pass? {
                embeddings.extend(embedding.map(|embedding| (document, embedding)));
            }
        }
        Ok(embeddings)
    }

    /// Parts pages into passes of the encoder: each of neighbours of one size.
    fn passes<'a, 'b>(
        &self,
        pages: &'a [PageToEncode<'b>],
    ) -> Result<Vec<&'a [PageToEncode<'b>]>, ModelError> {
        let mut passes = Vec::new();
        for of_a_size in pages.chunk_by(|one, next| one.form.size == next.form.size) {
            let form = of_a_size[0].form;
            // Of most pages it is known since the start: a device is not asked for its memory again.
            let pages_at_once = match form.size == self.planner.parts().forms.own().size {
                true => self.pages_at_once,
                false => passes::pages_at_once(self.planner.device(), form)?,
            };
            passes.extend(of_a_size.chunks(pages_at_once));
        }
        Ok(passes)
    }

    /// Encodes some pages of one size in one pass.
    fn encode(
        &self,
        pages: &[PageToEncode<'_>],
    ) -> Result<impl Iterator<Item = PageMemory> + use<>, ModelError> {
        let Parts { model, forms, .. } = self.planner.parts();
        let Some(PageToEncode { form, .. }) = pages.first() else {
            return Err(candle_core::Error::msg("a pass without a page").into());
        };
        let pixels = pages.iter().map(|page| page.pixels).collect::<Vec<_>>();
        let adapters = AdapterRows::new(pages.iter().map(|page| page.adapter.cloned()));
        let pixels = self.planner.parts().to_model(&pixels)?;
        let states = model.encoder_states(&pixels, &*forms.layout(form)?, &adapters)?;
        let encoded = Arc::new(model.encoded_pages(&states, form, &adapters)?);
        Ok((0..pages.len()).map(move |index| PageMemory { pages: encoded.clone(), index }))
    }

    /// Takes all documents one step further; where that fails, each of them is read alone, from its
    /// beginning to its end.
    fn step_together(&mut self) {
        let Err(error) = self.decode() else { return };
        let documents = std::mem::take(&mut self.documents);
        self.decoder.forget(|_| true);
        if let (1, Some(number)) = (documents.len(), documents.keys().next()) {
            return self.fail(*number, error.into());
        }
        if let Err(lost) = self.probe() {
            // Whoever steps this backend asks it, too; to read on would fail a document at a time.
            for number in documents.into_keys() {
                let problem = lost.to_string();
                let device = self.device_kind().to_string();
                self.fail(number, ModelError::Device { device, problem });
            }
            return;
        }
        for (number, InWork { request, .. }) in documents {
            self.admit(vec![(number, request)]);
            while self.documents.contains_key(&number) {
                self.step_together();
            }
        }
    }

    fn decode(&mut self) -> candle_core::Result<()> {
        let model = &self.planner.parts().model;
        for (key, field) in self.decoder.step(model, self.planner.vocabulary())? {
            let Entry::Occupied(mut document) = self.documents.entry(key.document) else {
                continue;
            };
            document.get_mut().fields[key.field] = Some(field);
            if document.get().fields.iter().all(Option::is_some) {
                self.answers.push((key.document, Ok(document.remove().answer())));
            }
        }
        Ok(())
    }

    fn fail(&mut self, number: DocumentNumber, error: ModelError) {
        let error = match &error {
            ModelError::Compute(cause) if is_out_of_memory(cause) => {
                BackendError::OutOfMemory(error.into())
            }
            _ => BackendError::Compute(error.into()),
        };
        self.answers.push((number, Err(error)));
    }
}

impl Backend for ModelBackend {
    fn residency(&self) -> Arc<dyn Residency> {
        Arc::new(self.planner.adapters().clone())
    }

    fn preparer(&self) -> Arc<dyn Preparer> {
        self.planner.clone()
    }

    fn pages_at_once(&self) -> usize {
        match self.planner.device().is_cpu() {
            true => rayon::current_num_threads().saturating_mul(self.pages_at_once),
            false => self.pages_at_once,
        }
    }

    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>) {
        let planner = &self.planner;
        // On all cores wherever the model computes: pages are prepared in the host's memory.
        let plans = documents.into_par_iter().map(|(number, request)| {
            let plan = planner.plan(&request, None);
            (number, plan, request)
        });
        let plans = plans.collect();
        self.begin_planned(plans);
    }

    fn admit_prepared(&mut self, documents: Vec<(DocumentNumber, ReadRequest, Prepared)>) {
        let plans = documents.into_iter().map(|(number, request, prepared)| {
            let plan = self.planner.plan(&request, prepared.take());
            (number, plan, request)
        });
        let plans = plans.collect();
        self.begin_planned(plans);
    }

    fn step(&mut self) -> Vec<(DocumentNumber, Result<ReadOutput, BackendError>)> {
        rayon::scope(|_| self.step_together());
        std::mem::take(&mut self.answers)
    }

    fn probe(&mut self) -> Result<(), BackendLost> {
        match device::probe(self.planner.device()) {
            Ok(()) => Ok(()),
            // Others may use the same memory; the device computes.
            Err(error) if is_out_of_memory(&error) => Ok(()),
            Err(error) => {
                let device = self.device_kind();
                Err(BackendLost(format!("the device {device} does not answer any more: {error}")))
            }
        }
    }

    fn rows(&self) -> Option<usize> {
        Some(self.decoder.rows())
    }

    fn is_idle(&self) -> bool {
        self.documents.is_empty() && self.answers.is_empty()
    }

    fn forget(&mut self, document: DocumentNumber) {
        self.documents.remove(&document);
        self.answers.retain(|(number, _)| *number != document);
        self.decoder.forget(|key| key.document == document);
    }

    fn reset(&mut self) {
        self.documents.clear();
        self.answers.clear();
        self.decoder.forget(|_| true);
    }
}

impl fmt::Debug for ModelBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let documents = self.documents.len();
        f.debug_struct("ModelBackend").field("documents", &documents).finish_non_exhaustive()
    }
}

/// A page for the encoder.
struct PageToEncode<'a> {
    pixels: &'a Tensor,
    form: &'a PageForm,
    adapter: Option<&'a Arc<Adapter>>,
}

/// A document whose plan is made.
struct Planned {
    number: DocumentNumber,
    plan: DocumentPlan,
    request: ReadRequest,
}

impl InWork {
    /// The answer, once all fields are there.
    fn answer(self) -> ReadOutput {
        let timings = ReadTimings {
            preprocess: self.preprocess,
            encode: self.encode,
            decode: self.decode_started.elapsed(),
            ..Default::default()
        };
        let fields = self.request.fields.iter().zip(self.fields.into_iter().flatten());
        let print_of = |page: usize| self.prints.iter().find(|(number, _)| *number == page);
        let reading = |(field, decoded): (&FieldRequest, DecodedField)| FieldReading {
            polygon: print_of(field.page).and_then(|(_, print)| print.polygon(&decoded)),
            name: field.name.clone(),
            page: field.page,
            raw: FieldText::new(decoded.text),
            confidence: decoded.confidence,
        };
        ReadOutput {
            readings: fields.map(reading).collect(),
            embedding: self.embedding,
            timings,
            batch_documents: 0,
        }
    }
}

#[cfg(test)]
mod tests;
