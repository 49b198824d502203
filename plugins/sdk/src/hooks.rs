//! What goes in and out of the hooks, as plain data: the records of `wit/v1/rules.wit`.

use std::borrow::Cow;
use std::fmt;

/// A field to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRequest {
    /// The field's name.
    pub name: &'static str,
    /// The page it stands on, counted from 0.
    pub page: u32,
    /// The characters its value may have, as the inside of a regex class.
    pub characters: &'static str,
    /// The longest value in characters, line breaks included.
    pub max_length: u32,
    /// Lines and characters per line, where the format fixes them.
    pub shape: Option<(u32, u32)>,
}

/// A document that the rules don't judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A stable code.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

/// What the model read for one field. `Debug` leaves the text out: it is personal data.
#[derive(Clone, PartialEq)]
pub struct Reading {
    /// The field's name.
    pub name: String,
    /// The page it was read from, counted from 0.
    pub page: u32,
    /// The characters read, unaltered.
    pub raw: String,
    /// 0 to 1.
    pub confidence: f32,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("name", &self.name)
            .field("page", &self.page)
            .field("confidence", &self.confidence)
            .finish_non_exhaustive()
    }
}

/// One field of the report. `Debug` leaves the value out: it is personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// The field's name.
    pub name: String,
    /// The normalised value, if there is one.
    pub value: Option<String>,
    /// `visual`, or the name of the reading that the value was taken from, such as `mrz`.
    pub source: &'static str,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("name", &self.name)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran and holds.
    Passed,
    /// It ran and doesn't hold.
    Failed,
    /// It could not run.
    NotPerformed,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// A stable code.
    pub code: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// The fields it looks at.
    pub fields: Vec<&'static str>,
    /// A sentence for people, without any value.
    pub message: Cow<'static, str>,
}

/// The answer of the hook `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What was read, normalised, then what was derived from it.
    pub fields: Vec<Field>,
    /// Every check of the document type, in a fixed order.
    pub checks: Vec<Check>,
}
