//! Fixtures of rules: values that no model read, and the report that they must get.
//!
//! ```json
//! {"document_type": "utopia/passport/2024", "today": "2026-11-24",
//!  "fields": {"surname": "ERIKSSON"},
//!  "expected": {"fields": {"surname": "ERIKSSON"},
//!               "checks": [{"code": "surname.is_there", "outcome": "passed"}]}}
//! ```
//!
//! `barcodes`, which may be left out, are what was found of those that the rules search for:
//! `{"source": "barcode.pdf417", "content": "…"}`, each on the first page unless it has another `page`.
//! `settings`, which may be left out, are those of the document type. `requests`, which may be left out, is a call of the hook `before`: `pages`, `fields` if a client asks
//! for some, and the `expected` requests or refusal.
//!
//! `expected` is what `dossier plugin run` prints; of a check, `fields` and `message` may be left
//! out. Rules that must refuse have `"expected": {"refused": "code"}`. The author's kit and the host
//! read them here, so that what passes with the one passes with the other.

use dossier_document::{Barcode, DocumentTypeId, FieldName, FieldText};
use dossier_plugin::{Evidence, Plugin, PluginError, Report};
use dossier_store::bounds::FIXTURE;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

mod barcodes;
pub use barcodes::barcodes_from_json;

mod requests;
pub use requests::ExpectedRequests;

/// A fixture did not pass. No text quotes a value: fixtures may be of real documents.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// It is not understood.
    #[error("{0}")]
    Malformed(String),
    /// The rules failed.
    #[error(transparent)]
    Rules(Box<PluginError>),
    /// The rules refuse what they should judge.
    #[error("the rules refuse it: {0}")]
    Refused(String),
    /// The rules judge what they should refuse.
    #[error("the rules should refuse it with `{0}`")]
    NotRefused(String),
    /// A field has another value than expected, or is missing.
    #[error("the field `{0}` is not as expected")]
    Field(String),
    /// A field is reported that is not expected. Rules have seen the document when they name it,
    /// so the name is not told.
    #[error("a field is reported that is not expected")]
    UnexpectedField,
    /// The checks are others than expected, or in another order.
    #[error("check {} is not `{expected}` as expected", position + 1)]
    Check {
        /// Its position, counted from 0.
        position: usize,
        /// The code expected there, or `none`.
        expected: String,
    },
    /// A field is asked for in another way than expected, in another order or not at all.
    #[error("`{key}` of the request {} (`{name}`) is not as expected", position + 1)]
    Request {
        /// Its position, counted from 0.
        position: usize,
        /// The name expected there, or `none`.
        name: String,
        /// What differs.
        key: &'static str,
    },
    /// A check has another outcome, other fields or another message than expected.
    #[error("`{key}` of the check `{code}` is not as expected")]
    CheckDetail {
        /// The check's code.
        code: String,
        /// What differs.
        key: &'static str,
    },
}

impl FixtureError {
    /// Whether the rules answered, and otherwise than expected: neither the fixture nor the rules are broken.
    #[must_use]
    pub fn is_difference(&self) -> bool {
        !matches!(self, Self::Malformed(_) | Self::Rules(_))
    }
}

impl From<PluginError> for FixtureError {
    fn from(error: PluginError) -> Self {
        Self::Rules(Box::new(error))
    }
}

/// A fixture.
#[derive(Debug)]
pub struct Fixture {
    /// The type of its document.
    pub document_type: DocumentTypeId,
    /// The date that the rules take for today.
    pub today: String,
    /// The values, in the order of the file.
    pub fields: Vec<(FieldName, FieldText)>,
    /// The barcodes that were found.
    pub barcodes: Vec<Barcode>,
    /// The settings of the document type, if it has any.
    pub settings: Option<Map<String, Value>>,
    /// What the rules must ask for, if it states that.
    pub requests: Option<ExpectedRequests>,
    /// The report it must get; a new fixture has none yet.
    pub expected: Option<Expected>,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
struct FixtureFile {
    document_type: String,
    today: String,
    fields: Map<String, Value>,
    barcodes: Option<Value>,
    settings: Option<Map<String, Value>>,
    requests: Option<ExpectedRequests>,
    expected: Option<Expected>,
}

/// What rules must make of a fixture.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Expected {
    /// To refuse it.
    Refusal(ExpectedRefusal),
    /// To report this.
    Report(ExpectedReport),
}

/// A refusal with this code.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedRefusal {
    refused: String,
}

/// A report, as `dossier plugin run` prints it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedReport {
    fields: Map<String, Value>,
    checks: Vec<ExpectedCheck>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ExpectedCheck {
    code: String,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Fixture {
    /// Reads a fixture.
    ///
    /// # Errors
    /// [`FixtureError::Malformed`], which quotes neither a value nor an unknown key.
    pub fn parse(content: &[u8]) -> Result<Self, FixtureError> {
        let malformed = |what: String| FixtureError::Malformed(what);
        // The tables name the place, never what stands there.
        FIXTURE.check(content).map_err(|error| malformed(error.to_string()))?;
        // serde's errors may quote a value, so only the place is told.
        let file = serde_json::from_slice::<FixtureFile>(content).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let class = if error.is_data() {
                "a key is unknown, missing or of another kind"
            } else {
                "no JSON"
            };
            malformed(format!("{class}, at line {line}, column {column}"))
        })?;
        let document_type =
            file.document_type.parse().map_err(|_| malformed("no document type".to_owned()))?;
        let mut fields = Vec::with_capacity(file.fields.len());
        for (position, (key, value)) in file.fields.into_iter().enumerate() {
            let number = position + 1;
            let name = key
                .parse()
                .map_err(|_| malformed(format!("the key {number} of `fields` is no field name")))?;
            let Value::String(raw) = value else {
                return Err(malformed(format!("the value of `{key}` is no text")));
            };
            fields.push((name, FieldText::new(raw)));
        }
        let barcodes = file.barcodes.map_or_else(|| Ok(Vec::new()), barcodes_from_json)?;
        let today = file.today.parse::<jiff::civil::Date>();
        let today = today.map_err(|_| malformed("`today` is no date".to_owned()))?.to_string();
        let (settings, requests, expected) = (file.settings, file.requests, file.expected);
        Ok(Self { document_type, today, fields, barcodes, settings, requests, expected })
    }
}

impl Fixture {
    /// What it says was seen of its document.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        Evidence { barcodes: self.barcodes.clone(), ..Evidence::default() }
    }

    /// The rules with the settings that it states.
    ///
    /// # Errors
    /// When the rules refuse them.
    pub async fn configured(&self, plugin: &Plugin) -> Result<Plugin, PluginError> {
        match &self.settings {
            Some(settings) => {
                let json = Value::Object(settings.clone()).to_string();
                plugin.configured(&self.document_type, &json).await
            }
            None => Ok(plugin.clone()),
        }
    }

    /// Whether the rules ask for what it states, if it states that.
    ///
    /// # Errors
    /// The first difference, or the rules' failure.
    pub async fn check_requests(&self, plugin: &Plugin) -> Result<(), FixtureError> {
        match &self.requests {
            Some(requests) => requests.check(plugin, &self.document_type, &self.today).await,
            None => Ok(()),
        }
    }
}

impl Expected {
    /// Whether rules that report this, or refuse with this code, do as expected.
    ///
    /// # Errors
    /// The first difference. It quotes no value.
    pub fn compare(&self, found: Result<&Report, &str>) -> Result<(), FixtureError> {
        match (found, self) {
            (Ok(report), Self::Report(expected)) => expected.compare(report),
            (Ok(_), Self::Refusal(expected)) => {
                Err(FixtureError::NotRefused(expected.refused.clone()))
            }
            (Err(code), Self::Refusal(expected)) if code == expected.refused => Ok(()),
            (Err(code), _) => Err(FixtureError::Refused(code.to_owned())),
        }
    }
}

impl ExpectedReport {
    fn compare(&self, report: &Report) -> Result<(), FixtureError> {
        for field in &report.fields {
            let value = field.value.as_ref().map_or(Value::Null, |text| text.expose().into());
            match self.fields.get(field.name.as_str()) {
                Some(expected) if *expected == value => {}
                Some(_) => return Err(FixtureError::Field(field.name.to_string())),
                None => return Err(FixtureError::UnexpectedField),
            }
        }
        let is_reported =
            |name: &String| report.fields.iter().any(|field| field.name.as_str() == name);
        if let Some(name) = self.fields.keys().find(|name| !is_reported(name)) {
            return Err(FixtureError::Field(name.clone()));
        }
        let positions = self.checks.len().max(report.checks.len());
        for position in 0..positions {
            let (Some(expected), Some(check)) =
                (self.checks.get(position), report.checks.get(position))
            else {
                let expected = self.checks.get(position).map(|check| check.code.clone());
                let expected = expected.unwrap_or_else(|| "none".to_owned());
                return Err(FixtureError::Check { position, expected });
            };
            if expected.code != check.code {
                return Err(FixtureError::Check { position, expected: expected.code.clone() });
            }
            let differs = |key| FixtureError::CheckDetail { code: expected.code.clone(), key };
            if expected.outcome != check.outcome.as_str() {
                return Err(differs("outcome"));
            }
            let fields = check.fields.iter().map(|field| field.as_str());
            if expected.fields.as_ref().is_some_and(|expected| !fields.eq(expected.iter())) {
                return Err(differs("fields"));
            }
            if expected.message.as_ref().is_some_and(|message| *message != check.message) {
                return Err(differs("message"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
