//! A package is tried before it is published: it passes all that a publication does, nothing of it is kept
//! or serves, and whoever sent it sees what its rules make of every fixture.

use std::sync::Arc;
use std::time::Duration;

use dossier_document::Digest;
use dossier_store::{
    Action, COMPONENT, Change, Event, Origin, Package, PackageDigest, Refusal, Version,
};
use sha2::{Digest as _, Sha256};

use super::fixture_run::{FixtureRun, FixtureRuns, RulesAnswer, ServingRun};
use super::prove::{Claim, Proved};
use super::self_test::Purpose;
use super::task::{Message, Task};
use super::upload::Upload;
use super::{Reload, Shared, blocking};
use crate::error::EngineError;
use crate::fixture::Fixture;
use crate::settings::Publisher;

/// How long the rules that serve may run on all fixtures of a package: they are shown for comparison, and
/// have passed fixtures of their own.
const SERVING_PATIENCE: Duration = Duration::from_secs(10);
/// The code of a dry run of which a fixture failed: a publication would be refused with it.
const FIXTURE_FAILED: &str = "fixture.failed";

/// A package that passes everything but, perhaps, fixtures.
#[derive(Debug)]
pub struct DryRun {
    /// What a publication would have recorded.
    pub version: Version,
    /// What its rules make of each fixture, in the order of their names; of adapters there are none.
    pub fixtures: Vec<FixtureRun>,
}

/// A dry run, as the history tells it.
pub(super) struct DryRunRecord {
    name: String,
    package: PackageDigest,
    actor: String,
    code: Option<String>,
    detail: String,
}

impl DryRun {
    /// How many fixtures failed. A publication would be refused unless none did.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.fixtures.iter().filter(|run| run.difference.is_some()).count()
    }
}

impl Reload {
    /// Proves an archive that was sent whole as a publication would, keeps nothing of it and changes
    /// nothing, and tells what its rules make of its fixtures.
    ///
    /// # Errors
    /// As [`Reload::publish_upload`], but for fixtures that fail: they are part of the answer.
    pub async fn dry_run_upload(&self, upload: Upload) -> Result<DryRun, EngineError> {
        let publisher = upload.publisher().clone();
        self.dry_run_when_its_turn(&publisher, self.reading(upload)).await
    }

    /// The same of a package.
    ///
    /// # Errors
    /// As [`Reload::publish`], but for fixtures that fail.
    pub async fn dry_run(
        &self,
        package: Package,
        publisher: &Publisher,
    ) -> Result<DryRun, EngineError> {
        self.dry_run_when_its_turn(publisher, move || Ok(package)).await
    }

    async fn dry_run_when_its_turn(
        &self,
        publisher: &Publisher,
        read: impl FnOnce() -> Result<Package, EngineError> + Send + 'static,
    ) -> Result<DryRun, EngineError> {
        let run = async {
            let (_turn, package) = self.take_turn(publisher, read).await?;
            self.try_out(package, publisher).await
        };
        self.unless_stopped(run).await
    }

    async fn try_out(
        &self,
        package: Package,
        publisher: &Publisher,
    ) -> Result<DryRun, EngineError> {
        let shared = &self.shared;
        let claim = shared.claim_within(&package, Some(&publisher.scope))?;
        let (digest, component) = (package.digest(), package.file(COMPONENT).map(digest_of));
        let _in_work = shared.turns.publishers.begin(digest)?;
        let run = shared.run_dry(package, &claim, publisher).await;
        let record = DryRunRecord::of(claim, digest, publisher, &run);
        let record = Box::new(record);
        let recorded = self.ask(|answer| Message::DryRun { record, answer }).await;
        let shared = Arc::clone(shared);
        if let Err(error) = blocking(move || shared.forget_tried(&digest, component)).await? {
            tracing::error!(package = %digest, %error, "a package that was tried is still on disk");
        }
        let run = run?;
        // What is answered is in the history. A refusal is told in any case, as one of a publication.
        recorded??;
        Ok(run)
    }
}

impl Shared {
    /// What it made ready is let go of with this.
    async fn run_dry(
        self: &Arc<Self>,
        package: Package,
        claim: &Claim,
        publisher: &Publisher,
    ) -> Result<DryRun, EngineError> {
        let (digest, origin) = (package.digest(), Origin::Publish);
        let Proved { package, ready, signed_by, mut fixtures } =
            self.prove(package, claim, origin, Purpose::DryRun).await?;
        // Those that were not reached in time are left without a comparison.
        let _ = tokio::time::timeout(
            SERVING_PATIENCE,
            self.run_what_serves(&package, claim, &mut fixtures),
        )
        .await;
        let version = claim.version_of(digest, &ready, signed_by, &publisher.name, origin);
        Ok(DryRun { version, fixtures: fixtures.runs })
    }

    /// Runs the fixtures with the rules of the same name that serve now. Those of other names are perhaps
    /// out of the publisher's reach, and so are document types that the package does not claim.
    async fn run_what_serves(&self, package: &Package, claim: &Claim, runs: &mut FixtureRuns) {
        let snapshot = self.snapshot.pin();
        for (position, (_, content)) in package.fixtures().enumerate() {
            let Ok(fixture) = Fixture::parse(content) else { continue };
            let served = snapshot.document_types.get(&fixture.document_type);
            let rules = served.map(|served| &served.rules).filter(|rules| {
                rules.manifest.name == claim.name
                    && claim.document_types.contains(&fixture.document_type)
            });
            let Some(rules) = rules else { continue };
            // With the settings of the fixture, so that nothing but the rules differs.
            let answer = match fixture.configured(&rules.plugin).await {
                Ok(configured) => RulesAnswer::of(&configured, &fixture).await,
                Err(error) => Err(error),
            };
            let (rules, answer) = (rules.plugin.digest(), answer.map_err(|error| error.code()));
            runs.add_serving(position, ServingRun { rules, answer });
        }
    }

    /// Takes away what a dry run left on the disk, unless a published package has it too. It blocks.
    fn forget_tried(
        &self,
        package: &PackageDigest,
        component: Option<Digest>,
    ) -> Result<(), EngineError> {
        self.forget_unpublished(package)?;
        let Some(component) = component else { return Ok(()) };
        let (versions, artifact) = (self.catalogue.versions()?, component.to_string());
        if versions.iter().all(|version| version.artifact != artifact)
            && let Err(error) = self.engine.retain_code(|digest| *digest != component)
        {
            tracing::warn!(%error, "compiled code of a package that was tried can't be taken away");
        }
        Ok(())
    }
}

impl DryRunRecord {
    fn of(
        claim: Claim,
        package: PackageDigest,
        publisher: &Publisher,
        run: &Result<DryRun, EngineError>,
    ) -> Self {
        let (code, detail) = match run {
            Ok(run) => {
                let (failed, of) = (run.failed(), run.fixtures.len());
                let code = (failed > 0).then(|| FIXTURE_FAILED.to_owned());
                (code, format!("{failed} of {of} fixtures failed"))
            }
            Err(error) => {
                let refusal = Refusal::new(error.code(), &error.for_publisher());
                (Some(refusal.code), refusal.detail)
            }
        };
        Self { name: claim.name, package, actor: publisher.name.clone(), code, detail }
    }
}

impl Task {
    /// Puts a dry run into the history. Nothing else of the catalogue tells of it.
    pub(super) async fn record_dry_run(&self, record: DryRunRecord) -> Result<(), EngineError> {
        let DryRunRecord { name, package, actor, code, detail } = record;
        let event = self.event(Action::DryRun, &name, Some(package), &actor);
        let events = vec![Event { code, detail: Some(detail), ..event }];
        self.write(Change { events, ..Change::default() }).await
    }
}

fn digest_of(component: &[u8]) -> Digest {
    Digest::from_sha256(Sha256::digest(component).into())
}

#[cfg(test)]
mod tests;
