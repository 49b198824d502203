//! How much may be read at a time.

use std::fmt;

use crate::{InferenceError, Preparer, ReadRequest};

/// How much may be read at a time. A document that breaks a limit by itself is refused at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchBudget {
    /// Most documents.
    pub max_documents: usize,
    /// Most pages: the memory of cross-attention grows with them. Larger ones count as several.
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
    pub(crate) fn check_alone(&self, document: BatchLoad) -> Result<(), InferenceError> {
        match document.excess(self) {
            None => Ok(()),
            Some((resource, requested, limit)) => {
                Err(InferenceError::TooLarge { resource, requested, limit })
            }
        }
    }
}

/// A page counts as so many fields. Both take time from everybody else; which takes more depends on the
/// model and on what it runs on, and documents of one kind compare alike whatever stands here.
const FIELDS_A_PAGE: u64 = 8;

/// What is being read: of one document, or of all.
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

    /// That of one document.
    pub(crate) fn of(request: &ReadRequest, preparer: &dyn Preparer) -> Self {
        Self { documents: 1, pages: preparer.pages_worth(request), rows: request.fields.len() }
    }

    pub(crate) fn pages(self) -> usize {
        self.pages
    }

    /// What it costs, in fields: what tenants are charged, so only how documents compare matters.
    pub(crate) fn cost(self) -> u64 {
        let pages = u64::try_from(self.pages).unwrap_or(u64::MAX);
        let fields = u64::try_from(self.rows).unwrap_or(u64::MAX);
        pages.saturating_mul(FIELDS_A_PAGE).saturating_add(fields)
    }

    /// The load with one more document.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            documents: self.documents + other.documents,
            pages: self.pages.saturating_add(other.pages),
            rows: self.rows + other.rows,
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
