//! Results as a table: a row a document, a column a field.

use std::collections::HashSet;
use std::path::Path;

use super::FolderError;
use super::journal::{Lines, Part};
use super::record::{AnswerRecord, Record};

mod csv;
mod parquet;

/// Columns of a table at most.
const MOST_COLUMNS: usize = 4_096;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableFormat {
    /// Comma-separated values (RFC 4180), with a header.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// What every document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Document,
    DocumentType,
    Verdict,
    Failed,
    NotPerformed,
    Problem,
    Detail,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    /// Text about the document.
    About(About),
    /// The value of a field.
    Value(String),
    /// How sure it is.
    Confidence(String),
}

/// What stands in a row and a column.
#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Text(Option<String>),
    Number(Option<f64>),
}

/// Where rows go.
trait Rows {
    /// Adds one, a cell a column.
    fn add(&mut self, row: Vec<Cell>) -> Result<(), String>;
}

/// Makes a table of lines of results.
///
/// # Errors
/// When the lines can't be read, the table can't be written, or it has too many columns.
pub(super) fn write(lines: &Path, table: &Path, format: TableFormat) -> Result<(), FolderError> {
    let columns = columns_of(lines)?;
    let failed = |reason| FolderError::Table { path: table.to_owned(), reason };
    let part = Part::beside(table).map_err(|source| FolderError::io(table, source))?;
    let part = match format {
        TableFormat::Csv => {
            let mut rows = csv::Writer::begin(part, &columns).map_err(failed)?;
            add_all(lines, &columns, &mut rows, table)?;
            rows.finish().map_err(failed)?
        }
        TableFormat::Parquet => {
            let mut rows = parquet::Writer::begin(part, &columns).map_err(failed)?;
            add_all(lines, &columns, &mut rows, table)?;
            rows.finish().map_err(failed)?
        }
    };
    part.keep().map_err(|source| FolderError::io(table, source))
}

fn add_all(
    lines: &Path,
    columns: &[Column],
    rows: &mut impl Rows,
    table: &Path,
) -> Result<(), FolderError> {
    let mut records = Lines::of(lines)?;
    while let Some(record) = records.next()? {
        let row = columns.iter().map(|column| column.cell(&record)).collect();
        rows.add(row).map_err(|reason| FolderError::Table { path: table.to_owned(), reason })?;
    }
    Ok(())
}

/// What is known of every document, then each field where it is first met, and how sure it is.
fn columns_of(lines: &Path) -> Result<Vec<Column>, FolderError> {
    let mut columns = About::ALL.map(Column::About).to_vec();
    let mut known = HashSet::new();
    let mut records = Lines::of(lines)?;
    while let Some(record) = records.next::<AnswerRecord>()? {
        let Some(answer) = record.answer else { continue };
        for field in answer.fields {
            if known.insert(field.name.clone()) {
                columns.push(Column::Value(field.name.clone()));
                columns.push(Column::Confidence(field.name));
            }
        }
        if columns.len() > MOST_COLUMNS {
            return Err(FolderError::TooManyColumns { limit: known.len() - 1 });
        }
    }
    Ok(columns)
}

impl About {
    const ALL: [Self; 7] = [
        Self::Document,
        Self::DocumentType,
        Self::Verdict,
        Self::Failed,
        Self::NotPerformed,
        Self::Problem,
        Self::Detail,
    ];

    /// The underscore keeps them apart from fields, whose names begin with a letter.
    fn name(self) -> &'static str {
        match self {
            Self::Document => "_document",
            Self::DocumentType => "_document_type",
            Self::Verdict => "_verdict",
            Self::Failed => "_failed",
            Self::NotPerformed => "_not_performed",
            Self::Problem => "_problem",
            Self::Detail => "_detail",
        }
    }

    fn text(self, record: &Record<AnswerRecord>) -> Option<String> {
        let (answer, problem) = (record.answer.as_ref(), record.problem.as_ref());
        match self {
            Self::Document => Some(record.document.clone()),
            Self::DocumentType => answer.map(|answer| answer.document_type.clone()),
            Self::Verdict => answer.map(|answer| answer.verdict.clone()),
            Self::Failed => answer.map(|answer| answer.codes("failed")),
            Self::NotPerformed => answer.map(|answer| answer.codes("not_performed")),
            Self::Problem => problem.map(|problem| problem.code.clone()),
            Self::Detail => problem.map(|problem| problem.detail.clone()),
        }
    }
}

impl Column {
    fn name(&self) -> String {
        match self {
            Self::About(about) => about.name().to_owned(),
            Self::Value(field) => field.clone(),
            Self::Confidence(field) => format!("_confidence_{field}"),
        }
    }

    fn cell(&self, record: &Record<AnswerRecord>) -> Cell {
        let answer = record.answer.as_ref();
        let field = |name: &str| answer?.fields.iter().find(|field| field.name == name);
        match self {
            Self::About(about) => Cell::Text(about.text(record)),
            Self::Value(name) => Cell::Text(field(name).and_then(|field| field.value.clone())),
            Self::Confidence(name) => Cell::Number(field(name).and_then(|field| field.confidence)),
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Confidence(_))
    }
}

#[cfg(test)]
mod tests;
