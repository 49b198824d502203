//! Fixtures of rules: values that no model read, and the report that they must get.
//!
//! One JSON file each: `{"document_type", "today", "fields": {name: raw value}, "expected": report}`.
//! The report reads as `dossier plugin run` prints it; where the rules refuse the document, it is
//! `{"refused": code}`.

use std::path::{Path, PathBuf};

use dossier_document::{DocumentTypeId, FieldName, FieldReading, FieldText};
use dossier_plugin::{Plugin, PluginError, Usage, readings_from_values};
use serde_json::{Map, Value, json};

use super::PluginCommandError;
use crate::cli::output::report_value;

/// A fixture.
#[derive(Debug)]
pub(crate) struct Fixture {
    /// Where it is.
    pub(crate) file: PathBuf,
    pub(crate) document_type: DocumentTypeId,
    pub(crate) today: String,
    pub(crate) fields: Vec<(FieldName, FieldText)>,
    /// The report it must get; a new fixture has none yet.
    pub(crate) expected: Option<Value>,
}

/// What rules made of a fixture.
pub(crate) struct Outcome {
    /// The report, or the refusal.
    pub(crate) report: Value,
    /// What the hook `before` took, asked for the fixture's fields.
    pub(crate) before: Usage,
    /// What the hook `after` took.
    pub(crate) after: Usage,
}

impl Fixture {
    /// Reads every fixture of a folder, in the order of their names.
    pub(crate) fn all(folder: &Path) -> Result<Vec<Self>, PluginCommandError> {
        let unreadable =
            |source| PluginCommandError::FixturesUnreadable { folder: folder.to_owned(), source };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.extension().is_some_and(|extension| extension == "json") {
                files.push(file);
            }
        }
        files.sort();
        if files.is_empty() {
            return Err(PluginCommandError::NoFixtures { folder: Some(folder.to_owned()) });
        }
        files
            .into_iter()
            .map(|file| {
                let text = std::fs::read_to_string(&file).map_err(unreadable)?;
                Self::parse(&text, &file)
            })
            .collect()
    }

    /// No error of this quotes a value.
    pub(crate) fn parse(text: &str, file: &Path) -> Result<Self, PluginCommandError> {
        let file = file.to_owned();
        let json = serde_json::from_str::<Value>(text)
            .map_err(|source| PluginCommandError::Json { file: file.clone(), source })?;
        let Value::Object(mut top) = json else {
            return Err(PluginCommandError::NotText { file, key: "document_type".to_owned() });
        };
        let mut text_of = |key: &str| match top.shift_remove(key) {
            Some(Value::String(text)) => Ok(text),
            _ => {
                let (file, key) = (file.clone(), key.to_owned());
                Err(PluginCommandError::NotText { file, key })
            }
        };
        let document_type = text_of("document_type")?;
        let today = text_of("today")?;
        let expected = top.shift_remove("expected");
        let fields = super::parse_fields(top, &file)?;
        let document_type = document_type
            .parse()
            .map_err(|source| PluginCommandError::DocumentType { file: file.clone(), source })?;
        Ok(Self { file, document_type, today, fields, expected })
    }

    /// Runs both hooks, each in a fresh instance.
    pub(crate) async fn run(&self, plugin: &Plugin) -> Result<Outcome, PluginError> {
        let names = self.fields.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let (_, before) = self.before(plugin, &names).await?;
        let readings = self.readings();
        let after = plugin.after_with_usage(&self.document_type, &readings, &self.today).await;
        let (report, after) = match after {
            Ok((report, after)) => (report_value(&report), after),
            // The rules' refusal is their answer. What it took isn't told with it.
            Err(PluginError::Refused { code, .. }) => (json!({ "refused": code }), before),
            Err(error) => return Err(error),
        };
        Ok(Outcome { report, before, after })
    }

    /// The readings that its values make.
    pub(crate) fn readings(&self) -> Vec<FieldReading> {
        readings_from_values(self.fields.clone())
    }

    /// A fixture doesn't say how many pages its document has: the first number that is taken counts.
    async fn before(
        &self,
        plugin: &Plugin,
        names: &[FieldName],
    ) -> Result<(dossier_plugin::BeforeOutcome, Usage), PluginError> {
        const MOST_PAGES: usize = 4;
        let mut pages = 1;
        loop {
            let (outcome, usage) = plugin
                .before_with_usage(&self.document_type, pages, Some(names), &self.today)
                .await?;
            let is_taken = matches!(outcome, dossier_plugin::BeforeOutcome::Read { .. });
            if is_taken || pages == MOST_PAGES {
                return Ok((outcome, usage));
            }
            pages += 1;
        }
    }

    /// Writes a report into the file as the expected one.
    pub(crate) fn accept(&self, report: &Value) -> Result<(), PluginCommandError> {
        let value = |text: &FieldText| Value::String(text.expose().to_owned());
        let fields = self.fields.iter().map(|(name, text)| (name.to_string(), value(text)));
        let body = json!({
            "document_type": self.document_type.as_str(),
            "today": self.today,
            "fields": fields.collect::<Map<_, _>>(),
            "expected": report,
        });
        let unwritable =
            |source| PluginCommandError::Unwritable { file: self.file.clone(), source };
        let text = serde_json::to_string_pretty(&body).map_err(|error| unwritable(error.into()))?;
        std::fs::write(&self.file, text + "\n").map_err(unwritable)
    }
}

/// Where two JSON values differ, one line each.
pub(crate) fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", expected, found, &mut lines);
    lines
}

fn compare(path: &str, expected: &Value, found: &Value, lines: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, value) in expected {
                let other = found.get(key).unwrap_or(&Value::Null);
                compare(&format!("{path}.{key}"), value, other, lines);
            }
            for (key, value) in found.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                lines.push(format!("{path}.{key}: not expected, found {value}"));
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                let code = expected.get("code").and_then(Value::as_str);
                let place = code.map_or_else(|| index.to_string(), str::to_owned);
                compare(&format!("{path}[{place}]"), expected, found, lines);
            }
        }
        (expected, found) if expected != found => {
            lines.push(format!("{path}: expected {expected}, found {found}"));
        }
        _ => {}
    }
}
