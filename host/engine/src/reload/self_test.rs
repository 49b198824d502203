//! The fixtures that travel with rules, run before the rules serve.

use dossier_plugin::Plugin;
use dossier_store::{Package, RulesManifest};

use super::fixture_run::{FixtureRuns, RulesAnswer};
use crate::error::EngineError;
use crate::fixture::{Fixture, FixtureError};

/// What a package is proved for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be staged: the first fixture that fails refuses it.
    Publish,
    /// To see what its rules make of every fixture.
    DryRun,
}

/// Runs every fixture, and sees to it that every document type has one. What they came to is kept for a
/// dry run alone.
///
/// # Errors
/// The first document type without a fixture, or the first fixture that does not pass: in a dry run, the
/// first that is malformed or that the rules fail on.
pub(super) async fn self_test(
    package: &Package,
    manifest: &RulesManifest,
    plugin: &Plugin,
    purpose: Purpose,
) -> Result<FixtureRuns, EngineError> {
    let (mut tested, mut runs) = (Vec::new(), FixtureRuns::default());
    for (name, content) in package.fixtures() {
        let failed = |source| EngineError::Fixture { fixture: name.to_owned(), source };
        let fixture = Fixture::parse(content).map_err(failed)?;
        let (found, difference) = run(&fixture, plugin, purpose).await.map_err(failed)?;
        tested.push(fixture.document_type.clone());
        if purpose == Purpose::DryRun {
            runs.add(name, fixture, content.len(), found, difference);
        }
    }
    match manifest.document_types.iter().find(|id| !tested.contains(id)) {
        Some(untested) => Err(EngineError::NoFixture { document_type: untested.clone() }),
        None => Ok(runs),
    }
}

/// What the rules make of a fixture; in a dry run, with the first difference.
async fn run(
    fixture: &Fixture,
    plugin: &Plugin,
    purpose: Purpose,
) -> Result<(RulesAnswer, Option<FixtureError>), FixtureError> {
    let kept = |compared: Result<(), FixtureError>| match compared {
        Ok(()) => Ok(None),
        Err(error) if purpose == Purpose::DryRun && error.is_difference() => Ok(Some(error)),
        Err(error) => Err(error),
    };
    let expected = fixture
        .expected
        .as_ref()
        .ok_or_else(|| FixtureError::Malformed("`expected` is missing".to_owned()))?;
    // The values are invented, so what the rules throw may be told.
    let plugin = &fixture.configured(&plugin.explaining()).await?;
    let asked = kept(fixture.check_requests(plugin).await)?;
    let found = RulesAnswer::of(plugin, fixture).await?;
    let reported = kept(found.compare(expected))?;
    Ok((found, asked.or(reported)))
}
