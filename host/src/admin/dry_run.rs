//! The JSON of a dry run's answer: what a publication would have recorded, and the reports of fixtures.

use dossier_engine::fixture::Expected;
use dossier_engine::reload::{DryRun, FixtureRun, RulesAnswer, ServingRun};
use dossier_store::PackageDigest;
use serde::Serialize;

use crate::api::ReportBody;

/// A package that was tried. Nothing of it is kept.
#[derive(Serialize)]
pub(super) struct DryRunBody<'a> {
    dry_run: bool,
    /// Whether it would have been published.
    passed: bool,
    package: PackageDigest,
    kind: &'a str,
    name: &'a str,
    version: Option<&'a str>,
    document_types: &'a [String],
    artifact: &'a str,
    publisher: &'a str,
    signed_by: Option<&'a str>,
    fixtures: Vec<FixtureBody<'a>>,
}

#[derive(Serialize)]
struct FixtureBody<'a> {
    name: &'a str,
    document_type: &'a str,
    passed: bool,
    /// The first thing that is not as expected, without a value.
    difference: Option<String>,
    /// Null, as the two below, where an answer has no room for it.
    expected: Option<&'a Expected>,
    found: Option<AnswerBody<'a>>,
    serving: Option<ServingBody<'a>>,
}

/// As a fixture writes what it expects.
#[derive(Serialize)]
#[serde(untagged)]
enum AnswerBody<'a> {
    Report(ReportBody<'a>),
    Refusal { refused: &'a str },
}

/// What the rules that serve now make of the same fixture.
#[derive(Serialize)]
struct ServingBody<'a> {
    rules: String,
    found: Option<AnswerBody<'a>>,
    /// Why there is nothing: they failed.
    code: Option<&'static str>,
}

impl<'a> DryRunBody<'a> {
    pub(super) fn of(run: &'a DryRun) -> Self {
        let version = &run.version;
        Self {
            dry_run: true,
            passed: run.failed() == 0,
            package: version.package,
            kind: &version.kind,
            name: &version.name,
            version: version.version.as_deref(),
            document_types: &version.document_types,
            artifact: &version.artifact,
            publisher: &version.publisher,
            signed_by: version.signed_by.as_deref(),
            fixtures: run.fixtures.iter().map(FixtureBody::of).collect(),
        }
    }
}

impl<'a> FixtureBody<'a> {
    fn of(run: &'a FixtureRun) -> Self {
        let reports = run.reports.as_ref();
        Self {
            name: &run.name,
            document_type: run.document_type.as_str(),
            passed: run.difference.is_none(),
            difference: run.difference.as_ref().map(ToString::to_string),
            expected: reports.map(|reports| &reports.expected),
            found: reports.map(|reports| AnswerBody::of(&reports.found)),
            serving: reports.and_then(|reports| reports.serving.as_ref()).map(ServingBody::of),
        }
    }
}

impl<'a> AnswerBody<'a> {
    fn of(answer: &'a RulesAnswer) -> Self {
        match answer {
            RulesAnswer::Report(report) => Self::Report(ReportBody::of(report)),
            RulesAnswer::Refused(refused) => Self::Refusal { refused },
        }
    }
}

impl<'a> ServingBody<'a> {
    fn of(run: &'a ServingRun) -> Self {
        let (found, code) = match &run.answer {
            Ok(answer) => (Some(AnswerBody::of(answer)), None),
            Err(code) => (None, Some(*code)),
        };
        Self { rules: run.rules.to_string(), found, code }
    }
}
