//! `dossier plugin`: rules begun, built, tested, run, inspected and measured.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use dossier_document::{Barcode, DocumentTypeId, FieldName, FieldText, InvalidFieldName};
use dossier_engine::code_of_user;
use dossier_engine::settings::RulesLimits;
use dossier_plugin::{Evidence, PluginEngine, PluginError, readings_from_values};
use serde_json::{Map, Value};

use super::run::{UsageError, install_quiet};
use super::{CommandError, PluginRunArgs, output};
use crate::config::reader_settings;
use crate::user_cache;
use dossier_engine::fixture::{FixtureError, barcodes_from_json};
use dossier_engine::rules::open_rules;

mod new;
pub(super) use new::new;

mod source;
use source::{Located, locate};

mod build;
use build::TARGET;
pub(super) use build::build;
mod reproducible;

mod fixture;
pub(super) use fixture::differences_of;

mod test;
pub(super) use test::test;

mod inspect;
pub(super) use inspect::inspect;

mod bench;
pub use bench::Micros;
pub(super) use bench::bench;

/// Rules can't be run or built.
#[derive(Debug, thiserror::Error)]
pub enum PluginCommandError {
    /// The file of values is no JSON.
    #[error("{}: {source}", file.display())]
    Json {
        /// The file.
        file: PathBuf,
        /// What and where.
        source: serde_json::Error,
    },
    /// The file of values has no object of fields.
    #[error("{}: must be {{\"fields\": {{\"name\": \"raw value\"}}}}", file.display())]
    NoFields {
        /// The file.
        file: PathBuf,
    },
    /// The file of values has a key that nothing here reads.
    #[error("{}: the key `{key}` is unknown", file.display())]
    UnknownKey {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
    },
    /// The file of values is a fixture of another document type.
    #[error("{}: it is a fixture of another document type than `--document-type` names", file.display())]
    OtherDocumentType {
        /// The file.
        file: PathBuf,
    },
    /// A key of the file of values is no field name.
    #[error("{}: `{key}`: {source}", file.display())]
    FieldName {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
        /// Why.
        source: InvalidFieldName,
    },
    /// A value of the file of values is no text.
    #[error("{}: `{key}`: a value is a text", file.display())]
    NotText {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
    },
    /// The rules failed.
    #[error(transparent)]
    Rules(#[from] PluginError),
    /// There is no such folder of rules.
    #[error(
        "{}: no rules: there is no Cargo.toml, pyproject.toml or package.json",
        folder.display()
    )]
    NoSource {
        /// The folder.
        folder: PathBuf,
    },
    /// A manifest of rules lacks what is needed.
    #[error("{}: {what}", file.display())]
    Manifest {
        /// The manifest.
        file: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A text is no name of rules.
    #[error("`{name}`: a name of rules is made of a-z, 0-9 and `-`, a letter first")]
    Name {
        /// The text.
        name: String,
    },
    /// There are rules of that name.
    #[error("{}: exists already", folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder of fixtures can't be read.
    #[error("{}: can't be read: {source}", folder.display())]
    FixturesUnreadable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There are no rules of that name.
    #[error("there are no rules `{name}` in plugins/: `dossier plugin new {name}` begins some")]
    NoRules {
        /// The name.
        name: String,
    },
    /// There are no fixtures.
    #[error(
        "no fixtures{}: `--fixtures` names their folder",
        folder.as_ref().map(|folder| format!(" in {}", folder.display())).unwrap_or_default()
    )]
    NoFixtures {
        /// The folder, if there is one.
        folder: Option<PathBuf>,
    },
    /// A fixture is not understood.
    #[error("{}: {source}", file.display())]
    Fixture {
        /// The fixture.
        file: PathBuf,
        /// What is wrong with it.
        source: FixtureError,
    },
    /// Reports differ from the expected ones.
    #[error("{failed} of {of} fixtures failed")]
    FixturesFailed {
        /// How many failed.
        failed: usize,
        /// How many there are.
        of: usize,
    },
    /// A tool that makes components of a language is not installed.
    #[error("{}: `{tool}` is not installed; `{install}` installs it", folder.display())]
    NoTool {
        /// The folder of the rules.
        folder: PathBuf,
        /// The tool.
        tool: &'static str,
        /// How it is installed.
        install: &'static str,
    },
    /// The compiler has no standard library for components.
    #[error("the target {TARGET} is not installed; `rustup target add {TARGET}` installs it")]
    NoTarget,
    /// A tool can't be started.
    #[error("`{tool}` can't be started: {source}")]
    Tool {
        /// The tool.
        tool: String,
        /// Why.
        source: io::Error,
    },
    /// The build failed; its tool has printed why.
    #[error("building the rules `{name}` failed ({status})")]
    Build {
        /// The rules.
        name: String,
        /// How the tool ended.
        status: ExitStatus,
    },
    /// The built component can't be put in place.
    #[error("{}: can't be written: {source}", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The engine of the author's own commands, which finds code that an earlier one compiled.
fn author_engine(limits: &RulesLimits) -> Result<PluginEngine, CommandError> {
    let code = user_cache::compiled_rules().and_then(|folder| code_of_user(&folder));
    Ok(dossier_engine::rules::author_engine(limits, code)?)
}

/// `dossier plugin run`.
pub(super) async fn run(args: PluginRunArgs) -> Result<(), CommandError> {
    install_quiet(args.telemetry)?;
    let document_type = args
        .document_type
        .parse::<DocumentTypeId>()
        .map_err(|error| CommandError::Usage(UsageError::DocumentType(error)))?;
    let config = reader_settings(args.reader)?;
    let values = read_values(&args.values)?;
    if values.document_type.as_deref().is_some_and(|stated| stated != document_type.as_str()) {
        let file = args.values;
        return Err(PluginCommandError::OtherDocumentType { file }.into());
    }
    let Located { name, component, .. } = locate(&config.data_root, &args.plugin)?;
    let engine = author_engine(&config.rules)?;
    let rules = open_rules(&engine, &name, &component).await?;
    let rules = match &values.settings {
        Some(settings) => {
            let configured = rules.configured(&document_type, &settings.to_string()).await;
            configured.map_err(PluginCommandError::Rules)?
        }
        None => rules,
    };
    let readings = readings_from_values(values.fields);
    let evidence = Evidence { barcodes: values.barcodes, ..Evidence::default() };
    let (report, _usage) = rules
        .after_with_usage(&document_type, &readings, &evidence, &config.today())
        .await
        .map_err(PluginCommandError::Rules)?;
    output::report(&report).map_err(CommandError::Output)
}

/// What `--values` names: `fields`, and whatever else a fixture has.
#[derive(Debug)]
struct Values {
    fields: Vec<(FieldName, FieldText)>,
    barcodes: Vec<Barcode>,
    settings: Option<Value>,
    document_type: Option<String>,
}

fn read_values(file: &Path) -> Result<Values, CommandError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| CommandError::Unreadable { path: file.to_owned(), source })?;
    Ok(parse_values(&text, file)?)
}

/// No error of this quotes a value: it is as personal here as anywhere.
fn parse_values(text: &str, file: &Path) -> Result<Values, PluginCommandError> {
    /// What a fixture has for `plugin test`; the date is that of `--today`.
    const OF_FIXTURES: [&str; 3] = ["today", "requests", "expected"];
    let json = serde_json::from_str::<Value>(text)
        .map_err(|source| PluginCommandError::Json { file: file.to_owned(), source })?;
    let Value::Object(mut top) = json else {
        return Err(PluginCommandError::NoFields { file: file.to_owned() });
    };
    let settings = top.shift_remove("settings");
    let barcodes = top.shift_remove("barcodes").map(barcodes_from_json).transpose();
    let barcodes = barcodes.map_err(|source| {
        let file = file.to_owned();
        PluginCommandError::Fixture { file, source }
    })?;
    let barcodes = barcodes.unwrap_or_default();
    let document_type = match top.shift_remove("document_type") {
        Some(Value::String(document_type)) => Some(document_type),
        Some(_) => {
            let (file, key) = (file.to_owned(), "document_type".to_owned());
            return Err(PluginCommandError::NotText { file, key });
        }
        None => None,
    };
    for key in OF_FIXTURES {
        top.shift_remove(key);
    }
    Ok(Values { fields: parse_fields(top, file)?, barcodes, settings, document_type })
}

/// The fields of a file, which must be all that is left in it.
fn parse_fields(
    mut top: Map<String, Value>,
    file: &Path,
) -> Result<Vec<(FieldName, FieldText)>, PluginCommandError> {
    let file = file.to_owned();
    let Some(Value::Object(fields)) = top.shift_remove("fields") else {
        return Err(PluginCommandError::NoFields { file });
    };
    if let Some(key) = top.keys().next() {
        return Err(PluginCommandError::UnknownKey { file, key: key.clone() });
    }
    let mut readings = Vec::with_capacity(fields.len());
    for (key, value) in fields {
        let name = key.parse().map_err(|source| {
            let (file, key) = (file.clone(), key.clone());
            PluginCommandError::FieldName { file, key, source }
        })?;
        let Value::String(raw) = value else {
            return Err(PluginCommandError::NotText { file, key });
        };
        readings.push((name, FieldText::new(raw)));
    }
    Ok(readings)
}

#[cfg(test)]
mod tests;
