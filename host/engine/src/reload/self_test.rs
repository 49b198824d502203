//! The fixtures that travel with rules, run before the rules serve.

use dossier_plugin::{Plugin, PluginError, readings_from_values};
use dossier_store::{Package, RulesManifest};

use crate::error::EngineError;
use crate::fixture::{Fixture, FixtureError};

/// Runs every fixture, and sees to it that every document type has one.
///
/// # Errors
/// The first document type without a fixture, or the first fixture that does not pass.
pub(super) async fn self_test(
    package: &Package,
    manifest: &RulesManifest,
    plugin: &Plugin,
) -> Result<(), EngineError> {
    let mut tested = Vec::new();
    for (name, content) in package.fixtures() {
        let failed = |source| EngineError::Fixture { fixture: name.to_owned(), source };
        let fixture = Fixture::parse(content).map_err(failed)?;
        run(&fixture, plugin).await.map_err(failed)?;
        tested.push(fixture.document_type);
    }
    match manifest.document_types.iter().find(|id| !tested.contains(id)) {
        Some(untested) => Err(EngineError::NoFixture { document_type: untested.clone() }),
        None => Ok(()),
    }
}

async fn run(fixture: &Fixture, plugin: &Plugin) -> Result<(), FixtureError> {
    let expected = fixture
        .expected
        .as_ref()
        .ok_or_else(|| FixtureError::Malformed("`expected` is missing".to_owned()))?;
    // The values are invented, so what the rules throw may be told.
    let plugin = &fixture.configured(&plugin.explaining()).await?;
    fixture.check_requests(plugin).await?;
    let readings = readings_from_values(fixture.fields.clone());
    let (document_type, evidence) = (&fixture.document_type, fixture.evidence());
    match plugin.after_with_usage(document_type, &readings, &evidence, &fixture.today).await {
        Ok((report, _usage)) => expected.compare(Ok(&report)),
        Err(PluginError::Refused { code, .. }) => expected.compare(Err(&code)),
        Err(error) => Err(error.into()),
    }
}
