//! Fixtures in a folder: run, compared line by line, and accepted.

use std::path::{Path, PathBuf};

use dossier_document::{FieldName, FieldReading, FieldText};
use dossier_plugin::{Plugin, PluginError, Usage, readings_from_values};
use serde_json::{Map, Value, json};

use super::PluginCommandError;
use crate::cli::output::report_value;
use dossier_engine::fixture::{Expected, ExpectedRequests, Fixture, FixtureError};

/// A fixture, and where it is.
#[derive(Debug)]
pub(crate) struct FixtureFile {
    pub(crate) file: PathBuf,
    pub(crate) fixture: Fixture,
}

/// What rules made of a fixture.
pub(crate) struct Outcome {
    /// The report, or the refusal.
    pub(crate) report: Value,
    /// What the rules ask for other than the fixture states.
    pub(crate) request_difference: Option<FixtureError>,
    /// The first thing that is not as expected.
    pub(crate) difference: Option<FixtureError>,
    /// What the hook `before` took, asked for the fixture's fields.
    pub(crate) before: Usage,
    /// What the hook `after` took.
    pub(crate) after: Usage,
}

impl FixtureFile {
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
                let content = std::fs::read(&file).map_err(unreadable)?;
                match Fixture::parse(&content) {
                    Ok(fixture) => Ok(Self { file, fixture }),
                    Err(source) => Err(PluginCommandError::Fixture { file, source }),
                }
            })
            .collect()
    }

    /// Runs both hooks, each in a fresh instance.
    pub(crate) async fn run(&self, plugin: &Plugin) -> Result<Outcome, PluginError> {
        let names = self.fixture.fields.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let plugin = &self.fixture.configured(plugin).await?;
        let (_, before) = self.before(plugin, &names).await?;
        let request_difference = match self.fixture.check_requests(plugin).await {
            Ok(()) => None,
            Err(FixtureError::Rules(error)) => return Err(*error),
            Err(difference) => Some(difference),
        };
        let readings = self.readings();
        let (document_type, evidence) = (&self.fixture.document_type, self.fixture.evidence());
        let after =
            plugin.after_with_usage(document_type, &readings, &evidence, &self.fixture.today).await;
        let expected = self.fixture.expected.as_ref();
        let compare = |found| expected.and_then(|expected| expected.compare(found).err());
        Ok(match after {
            Ok((found, after)) => {
                let (report, difference) = (report_value(&found), compare(Ok(&found)));
                Outcome { report, request_difference, difference, before, after }
            }
            // The rules' refusal is their answer. What it took isn't told with it.
            Err(PluginError::Refused { code, .. }) => {
                let (report, difference) = (json!({ "refused": code }), compare(Err(&code)));
                Outcome { report, request_difference, difference, before, after: before }
            }
            Err(error) => return Err(error),
        })
    }

    /// The readings that its values make.
    pub(crate) fn readings(&self) -> Vec<FieldReading> {
        readings_from_values(self.fixture.fields.clone())
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
                .before_with_usage(
                    &self.fixture.document_type,
                    pages,
                    Some(names),
                    &self.fixture.today,
                )
                .await?;
            let is_taken = matches!(outcome, dossier_plugin::BeforeOutcome::Read { .. });
            if is_taken || pages == MOST_PAGES {
                return Ok((outcome, usage));
            }
            pages += 1;
        }
    }

    /// Writes a report into the file as the expected one, and what the rules ask for: the fixture's own
    /// call of `before` if it states one that they answer as it says, otherwise one for all fields.
    pub(crate) async fn accept(
        &self,
        plugin: &Plugin,
        outcome: &Outcome,
    ) -> Result<(), PluginCommandError> {
        let rules = |source| PluginCommandError::Fixture { file: self.file.clone(), source };
        let asked = match (&self.fixture.requests, &outcome.request_difference) {
            (Some(stated), None) => serde_json::to_value(stated),
            _ => {
                let (id, today) = (&self.fixture.document_type, &self.fixture.today);
                serde_json::to_value(ExpectedRequests::of(plugin, id, today).await.map_err(rules)?)
            }
        };
        let unwritable =
            |source| PluginCommandError::Unwritable { file: self.file.clone(), source };
        let asked = asked.map_err(|error| unwritable(error.into()))?;
        let value = |text: &FieldText| Value::String(text.expose().to_owned());
        let fields = self.fixture.fields.iter().map(|(name, text)| (name.to_string(), value(text)));
        let mut body = json!({
            "document_type": self.fixture.document_type.as_str(),
            "today": self.fixture.today,
            "fields": fields.collect::<Map<_, _>>(),
            "settings": self.fixture.settings,
            "requests": asked,
            "expected": outcome.report,
        });
        if let (None, Some(body)) = (&self.fixture.settings, body.as_object_mut()) {
            body.shift_remove("settings");
        }
        let text = serde_json::to_string_pretty(&body).map_err(|error| unwritable(error.into()))?;
        std::fs::write(&self.file, text + "\n").map_err(unwritable)
    }
}

/// Where a report differs from the expected one.
pub(crate) fn differences(expected: &Expected, found: &Value) -> Vec<String> {
    // What was read from JSON becomes JSON again.
    let expected = serde_json::to_value(expected).unwrap_or_default();
    differences_of(&expected, found)
}

/// Where a report differs from the expected one, one line each. What the expectation leaves out of a
/// check is nobody's concern.
pub(in crate::cli) fn differences_of(expected: &Value, found: &Value) -> Vec<String> {
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
            let is_check = expected.contains_key("code");
            let more = found.iter().filter(|(key, _)| !is_check && !expected.contains_key(*key));
            lines.extend(
                more.map(|(key, value)| format!("{path}.{key}: not expected, found {value}")),
            );
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
