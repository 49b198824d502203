//! What a component answers, after the host has validated it.

use dossier_document::{Check, DocumentTypeId, FieldName, FieldRequest, FieldText};

/// What a component says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The name of the rules, such as `utopia`.
    pub name: String,
    /// The version of the rules: three numbers joined by dots.
    pub version: String,
    /// The document types it has rules for, at least one, none twice.
    pub document_types: Vec<DocumentTypeId>,
}

/// The answer of the hook `before`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeforeOutcome {
    /// The fields to read: exactly those requested in their order, or all of the document type.
    Read {
        /// At least one, none twice; pages are below the document's page count.
        fields: Vec<FieldRequest>,
    },
    /// The rules refuse the document before anything is read.
    Refused {
        /// A stable code: `[a-z0-9_.]+`.
        code: String,
        /// A sentence for people. The rules have seen no personal data yet.
        message: String,
    },
}

/// The answer of the hook `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The normalised fields: every reading, and what the rules derived from one. None twice.
    pub fields: Vec<ReportField>,
    /// Every check of the document type in the rules' order, none twice.
    pub checks: Vec<Check>,
}

/// One field of a [`Report`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportField {
    /// The field's name.
    pub name: FieldName,
    /// The normalised value; none if what was read can't be normalised.
    pub value: Option<FieldText>,
    /// `visual`, or the name of the reading that the value was taken from, such as `mrz`.
    pub source: String,
}
