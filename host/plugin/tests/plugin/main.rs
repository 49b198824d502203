//! The plugin runtime from outside: the prebuilt rules of Utopia, and components that mean harm.

mod contract;
mod evidence;
mod freshness;
mod guest;
mod hostile;
mod hostile_cases;
mod hostile_suite;
mod invalid;
mod load;
mod old_components;
mod sandbox;
mod settings;
mod utopia;

use dossier_document::{DocumentTypeId, FieldName, FieldReading, FieldText};
use dossier_plugin::{BeforeOutcome, Plugin, PluginEngine, PluginError, PluginSettings, Report};

const TODAY: &str = "2026-11-24";

fn engine() -> PluginEngine {
    PluginEngine::new(PluginSettings::default()).expect("the engine starts")
}

fn document_type(id: &str) -> DocumentTypeId {
    id.parse().expect("a document type")
}

fn name(name: &str) -> FieldName {
    name.parse().expect("a field name")
}

fn readings(values: &[(&str, &str)]) -> Vec<FieldReading> {
    let values = values.iter().map(|&(field, raw)| (name(field), FieldText::new(raw)));
    dossier_plugin::readings_from_values(values)
}

/// The surname that no error may ever quote.
const SECRET: &str = "UNMISTAKABLE";

async fn before(plugin: &Plugin) -> Result<BeforeOutcome, PluginError> {
    plugin.before(&document_type(guest::DOCUMENT_TYPE), 1, None, TODAY).await
}

async fn after(plugin: &Plugin) -> Result<Report, PluginError> {
    let readings = readings(&[("surname", SECRET)]);
    plugin.after(&document_type(guest::DOCUMENT_TYPE), &readings, TODAY).await
}

/// A good component of the same engine works, and its answer is its own.
async fn assert_next_call_works(engine: &PluginEngine) {
    let plugin =
        engine.compile("good", guest::Guest::good().component()).await.expect("it compiles");
    let report = after(&plugin).await.expect("it answers");
    let value = report.fields[0].value.as_ref().expect("a value");
    assert_eq!(value.expose(), "ERIKSSON");
}

/// The error quotes nothing of the document, in no form.
fn assert_discreet(error: &PluginError) {
    let everything = format!("{error} {error:?} {}", error.code());
    assert!(!everything.contains(SECRET), "{everything}");
}
