//! What the thread asks of a model.

use std::error::Error;
use std::sync::Arc;

use dossier_document::{Digest, FieldName};

use crate::preparation::NothingToPrepare;
use crate::residency::{AlwaysResident, Residency};
use crate::{Prepared, Preparer, ReadOutput, ReadRequest};

/// A model that reads documents step by step. It lives on one thread, so it needs no locks.
///
/// Documents join and leave between steps: one that has few words does not wait for one that has
/// many, and one that comes does not wait for either.
pub trait Backend: Send + 'static {
    /// Begins to read documents, each under a number that no other has before it is answered.
    /// Whatever is wrong with a document is its answer in a later step.
    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>);

    /// The same for documents that its [`Preparer`] has prepared.
    fn admit_prepared(&mut self, documents: Vec<(DocumentNumber, ReadRequest, Prepared)>) {
        self.admit(documents.into_iter().map(|(number, request, _)| (number, request)).collect());
    }

    /// Takes all documents one step further and hands out the answers that are there, good or bad.
    ///
    /// [`ReadOutput::batch_documents`] and the queue time are written by the caller of this method.
    fn step(&mut self) -> Vec<(DocumentNumber, Result<ReadOutput, BackendError>)>;

    /// Rows that the next step decodes; none where it does not know, and all fields in work count.
    fn rows(&self) -> Option<usize> {
        None
    }

    /// Whether no document is being read.
    fn is_idle(&self) -> bool;

    /// Gives up a document whose caller left. It is not answered any more.
    fn forget(&mut self, document: DocumentNumber);

    /// Gives up all documents, after a panic that may have left any of them half done.
    fn reset(&mut self);

    /// Looks whether anything can be read at all, after a document failed for want of the model or the
    /// backend panicked. A backend that is lost is asked for nothing more.
    ///
    /// # Errors
    /// When what it computes on is lost, and only a new process can have it back.
    fn probe(&mut self) -> Result<(), BackendLost> {
        Ok(())
    }

    /// What brings the adapters of queued documents into memory. Asked once, at the start.
    fn residency(&self) -> Arc<dyn Residency> {
        Arc::new(AlwaysResident)
    }

    /// What prepares documents before they are queued. Asked once, at the start.
    fn preparer(&self) -> Arc<dyn Preparer> {
        Arc::new(NothingToPrepare)
    }

    /// Pages that are encoded in about the time of one. Asked once, at the start.
    fn pages_at_once(&self) -> usize {
        usize::MAX
    }

    /// Reads `batch`, with nothing beside it, and answers every document at its own index.
    fn read_batch(&mut self, batch: &[ReadRequest]) -> Vec<Result<ReadOutput, BackendError>> {
        self.reset();
        self.admit(batch.iter().cloned().enumerate().collect());
        let mut answers = (0..batch.len()).map(|_| None).collect::<Vec<_>>();
        while !self.is_idle() {
            for (document, answer) in self.step() {
                answers[document] = Some(answer);
            }
        }
        answers.into_iter().map(|answer| answer.unwrap_or(Err(BackendError::Unanswered))).collect()
    }
}

/// What a document is called while it is read.
pub type DocumentNumber = usize;

/// What a backend computes on is lost, such as a device after an illegal access: it can read nothing any
/// more, and nothing that it computed last may be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BackendLost(pub String);

/// Why one document of a batch was not read. No text of it holds field values or pixels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The adapter is not loaded. The base never answers in its place.
    #[error("the adapter {0} is not loaded")]
    UnknownAdapter(Digest),
    /// The adapter was loaded once and can't be loaded any more.
    #[error("the adapter {adapter} can't be loaded")]
    AdapterLost {
        /// The adapter.
        adapter: Digest,
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Too many documents wait for adapters to be loaded.
    #[error("too many documents wait for adapters to be loaded")]
    TooManyLoads,
    /// A document without a page.
    #[error("the document has no page")]
    NoPages,
    /// A document without a field.
    #[error("no field is requested")]
    NoFields,
    /// The first page is to be embedded, and the base was not made for it.
    #[error("the base can't tell document types apart by how a page looks")]
    NoEmbedding,
    /// A field asks for a page that is not there.
    #[error("the field `{field}` stands on page {}, the document has {pages}", page + 1)]
    NoSuchPage {
        /// The field.
        field: FieldName,
        /// The page asked for, counted from 0.
        page: usize,
        /// Pages of the document.
        pages: usize,
    },
    /// The model's vocabulary can't ask for this field.
    #[error("the model's vocabulary has no way to ask for the field `{0}`")]
    UnsupportedField(FieldName),
    /// The value would be longer than the model can write.
    #[error("the field `{field}` needs {needed} decoder positions, the model has {available}")]
    FieldTooLong {
        /// The field.
        field: FieldName,
        /// Positions needed: prompt, value and end.
        needed: usize,
        /// Positions of the model.
        available: usize,
    },
    /// The field's shape asks for a character that the vocabulary or the character set lacks.
    #[error("the field `{0}` has a shape that its characters and the vocabulary can't fill")]
    UnfillableShape(FieldName),
    /// The page can't be brought into the model's input size.
    #[error("the page {} can't be prepared for the model", page + 1)]
    Preprocess {
        /// The page, counted from 0.
        page: usize,
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// What the model computes on has no memory left for the document, beside those that are read.
    #[error("the model has no memory left for the document")]
    OutOfMemory(#[source] Box<dyn Error + Send + Sync>),
    /// The arithmetic failed.
    #[error("the model failed")]
    Compute(#[source] Box<dyn Error + Send + Sync>),
    /// The model panicked while it read the batch that held this document.
    #[error("the model panicked")]
    Panicked,
    /// The model has no more work and did not answer this document.
    #[error("the model did not answer")]
    Unanswered,
}
