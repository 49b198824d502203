//! What commands print on the standard output: tables for people, JSON for programs.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use clap::CommandFactory as _;
use dossier_document::FieldText;
use dossier_engine::RequestId;
use dossier_engine::pipeline::{ExtractedField, Extraction};
use dossier_engine::snapshot::Snapshot;
use dossier_plugin::Report;
use serde::Serialize;
use serde_json::Value;

use super::Cli;
use crate::api::{DocumentTypesBody, ExtractBody, ReportBody};

/// Prints what was read from a document.
///
/// # Errors
/// When the output can't be written.
pub(super) fn extraction(
    extraction: &Extraction,
    request_id: &RequestId,
    as_json: bool,
) -> io::Result<()> {
    if as_json {
        return json(&ExtractBody::of(extraction, request_id.as_str()));
    }
    print(&extraction_text(extraction))
}

/// Prints the document types of a snapshot.
///
/// # Errors
/// When the output can't be written.
pub(super) fn document_types(snapshot: &Snapshot, as_json: bool) -> io::Result<()> {
    if as_json {
        return json(&DocumentTypesBody::of(snapshot, |_| true));
    }
    let rows = snapshot.document_types.values().map(|document_type| {
        let fields = document_type.fields.iter().map(ToString::to_string).collect::<Vec<_>>();
        [
            document_type.id().to_string(),
            document_type.title().to_owned(),
            document_type.pages().to_string(),
            document_type.plugin().name().to_owned(),
            fields.join(","),
        ]
    });
    print(&table(["document type", "title", "pages", "rules", "fields"], rows))
}

/// Prints the report of rules, as JSON.
///
/// # Errors
/// When the output can't be written.
pub(super) fn report(report: &Report) -> io::Result<()> {
    json(&ReportBody::of(report))
}

/// The report of rules as `dossier plugin run` prints it.
pub(super) fn report_value(report: &Report) -> Value {
    serde_json::to_value(ReportBody::of(report)).unwrap_or(Value::Null)
}

/// Prints anything as one JSON document.
///
/// # Errors
/// When the output can't be written.
pub fn json(body: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(body).map_err(io::Error::other)?;
    print(&(text + "\n"))
}

/// Prints a text.
///
/// # Errors
/// When the output can't be written. A reader that has seen enough, such as `head`, is no error.
pub fn print(text: &str) -> io::Result<()> {
    // Without its colours where no terminal shows them, or whoever reads wants none (no-color.org).
    let mut output = anstream::AutoStream::auto(io::stdout().lock());
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Tells on the standard error stream why a command failed.
pub fn print_error(text: &str) {
    let style = AnsiColor::Red.on_default();
    anstream::eprintln!("{style}dossier:{style:#} {text}");
}

/// Prints what a shell completes arguments with.
///
/// # Errors
/// When the output can't be written.
pub(super) fn completions(shell: clap_complete::Shell) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dossier", &mut script);
    print(&String::from_utf8_lossy(&script))
}

fn extraction_text(extraction: &Extraction) -> String {
    let fields = extraction.fields.iter().flat_map(field_rows);
    let checks = extraction.checks.iter().map(|check| {
        [check.outcome.as_str().to_owned(), check.code.clone(), check.message.clone()]
    });
    let served_by = &extraction.served_by;
    let adapter = served_by.adapter.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
    let mut text = format!("{}\n", extraction.document_type);
    for candidate in &extraction.candidates {
        // Writing to a String can't fail.
        let _ = writeln!(text, "  {:.3}  {}", candidate.confidence, candidate.document_type);
    }
    text.push('\n');
    text += &table(["field", "value", "raw", "confidence", "page", "source"], fields);
    text.push('\n');
    text += &table(["outcome", "check", "message"], checks);
    // Writing to a String can't fail.
    let _ = write!(
        text,
        "\nverdict  {}\nbase     {}\nadapter  {adapter}\nrules    {}\ntime     {:.0} ms\n",
        extraction.verdict.as_str(),
        served_by.base,
        served_by.rules,
        extraction.timings.total.as_secs_f64() * 1000.0,
    );
    text
}

/// One row a line of the field: the lines of an MRZ stand below each other.
fn field_rows(field: &ExtractedField) -> Vec<[String; 6]> {
    let read = field.transcription.as_ref();
    let lines = |text: Option<&FieldText>| {
        let lines = text.map_or("-", |text| text.expose()).split('\n');
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let values = lines(field.value.as_ref());
    let raws = lines(read.map(|read| &read.raw));
    let first = [
        field.name.to_string(),
        read.map_or_else(|| "-".to_owned(), |read| format!("{:.2}", read.confidence)),
        read.map_or_else(|| "-".to_owned(), |read| (read.page + 1).to_string()),
        field.source.clone(),
    ];
    let row = |line: usize| {
        let [name, confidence, page, source] =
            if line == 0 { first.clone() } else { Default::default() };
        let at = |lines: &[String]| lines.get(line).cloned().unwrap_or_default();
        [name, at(&values), at(&raws), confidence, page, source]
    };
    (0..values.len().max(raws.len())).map(row).collect()
}

/// Left-aligned columns, two spaces apart, the header and words of praise and blame in colours.
#[must_use]
pub fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> String {
    let rows = std::iter::once(header.map(str::to_owned)).chain(rows).collect::<Vec<_>>();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = std::array::from_fn::<_, COLUMNS, _>(width);
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let last = row.iter().rposition(|cell| !cell.is_empty()).unwrap_or_default();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate().take(last + 1) {
            let style = if index == 0 { HEADER } else { style_of(cell) };
            // Writing to a String can't fail.
            let _ = write!(text, "{style}{cell}{style:#}");
            if column < last {
                text.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count()));
            }
        }
        text.push('\n');
    }
    text
}

const HEADER: Style = Style::new().bold();

/// How a cell is shown that is one of the words for what came of something.
fn style_of(cell: &str) -> Style {
    let colour = match cell {
        "passed" | "good" | "accepted" => AnsiColor::Green,
        "failed" | "rejected" => AnsiColor::Red,
        "not_performed" | "not performed" | "review" | "advice" => AnsiColor::Yellow,
        _ => return Style::new(),
    };
    colour.on_default()
}

#[cfg(test)]
mod tests;
