//! How much may be read at a time.

use std::fmt;

use crate::{InferenceError, ReadRequest};

/// How much may be read at a time. A document that breaks a limit by itself is refused at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchBudget {
    /// Most documents.
    pub max_documents: usize,
    /// Most pages: the memory of cross-attention grows with them.
    pub max_pages: usize,
    /// Most rows: a row is one field, and the decoder's memory grows with them.
    pub max_rows: usize,
}

impl Default for BatchBudget {
    /// 16 documents, 32 pages, 256 rows.
    fn default() -> Self {
        Self { max_documents: 16, max_pages: 32, max_rows: 256 }
    }
}

/// What a load is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Documents.
    Documents,
    /// Pages.
    Pages,
    /// Rows: one a field.
    Rows,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Documents => "documents",
            Self::Pages => "pages",
            Self::Rows => "fields",
        })
    }
}

impl BatchBudget {
    /// Refuses a document that breaks a limit alone.
    pub(crate) fn check_alone(&self, request: &ReadRequest) -> Result<(), InferenceError> {
        let Some((resource, requested, limit)) = BatchLoad::default().plus(request).excess(self)
        else {
            return Ok(());
        };
        Err(InferenceError::TooLarge { resource, requested, limit })
    }
}

/// What is being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BatchLoad {
    documents: usize,
    pages: usize,
    rows: usize,
}

impl BatchLoad {
    pub(crate) fn documents(self) -> usize {
        self.documents
    }

    pub(crate) fn rows(self) -> usize {
        self.rows
    }

    /// The load with one more document.
    pub(crate) fn plus(self, request: &ReadRequest) -> Self {
        Self {
            documents: self.documents + 1,
            pages: self.pages + request.pages.len(),
            rows: self.rows + request.fields.len(),
        }
    }

    /// The load without a document that is answered.
    pub(crate) fn minus(self, other: Self) -> Self {
        Self {
            documents: self.documents - other.documents,
            pages: self.pages - other.pages,
            rows: self.rows - other.rows,
        }
    }

    /// The first limit broken: what, how many, how many allowed.
    pub(crate) fn excess(self, budget: &BatchBudget) -> Option<(Resource, usize, usize)> {
        [
            (Resource::Documents, self.documents, budget.max_documents),
            (Resource::Pages, self.pages, budget.max_pages),
            (Resource::Rows, self.rows, budget.max_rows),
        ]
        .into_iter()
        .find(|(_, load, limit)| load > limit)
    }
}
