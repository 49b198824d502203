//! What rules make of fixtures, kept within bounds for whoever asked to see it.

use std::fmt;

use dossier_document::{Digest, DocumentTypeId};
use dossier_plugin::{Plugin, PluginError, Report, readings_from_values};

use crate::fixture::{Expected, Fixture, FixtureError};

/// Bytes of the reports of all fixtures of a dry run together: a hundred fixtures of a passport, and their
/// answer stays one that a browser shows.
const MOST_BYTES: usize = 4 << 20;
/// Of these, what fixtures that pass may take: those that fail are what is looked for.
const MOST_BYTES_OF_PASSED: usize = MOST_BYTES / 2;
/// What a field or a check is counted as, beside its texts.
const ITEM_BYTES: usize = 64;

/// What rules answered to a fixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulesAnswer {
    /// They reported this.
    Report(Report),
    /// They refused it with this code.
    Refused(String),
}

/// What a package's rules made of one of its fixtures.
#[derive(Debug)]
pub struct FixtureRun {
    /// The fixture's name, without folder and ending.
    pub name: String,
    /// The type of its document.
    pub document_type: DocumentTypeId,
    /// The first thing that is not as expected; none if it passed.
    pub difference: Option<FixtureError>,
    /// What it expects and what there was; none beyond what an answer may hold of all of them.
    pub reports: Option<FixtureReports>,
}

/// The reports of one fixture.
pub struct FixtureReports {
    /// What it expects.
    pub expected: Expected,
    /// What the package's rules answered.
    pub found: RulesAnswer,
    /// The same of the rules of that name that serve now, if they serve its document type.
    pub serving: Option<ServingRun>,
}

/// What the rules that serve now make of a fixture.
#[derive(Debug)]
pub struct ServingRun {
    /// The digest of their component.
    pub rules: Digest,
    /// Their answer, or the code of their failure.
    pub answer: Result<RulesAnswer, &'static str>,
}

/// All fixtures of a package, and how many bytes their reports have.
#[derive(Debug, Default)]
pub(super) struct FixtureRuns {
    pub(super) runs: Vec<FixtureRun>,
    bytes: usize,
}

impl RulesAnswer {
    /// What rules, with the settings that the fixture states, answer to its values.
    ///
    /// # Errors
    /// When they fail.
    pub(super) async fn of(configured: &Plugin, fixture: &Fixture) -> Result<Self, PluginError> {
        let readings = readings_from_values(fixture.fields.clone());
        let (document_type, evidence) = (&fixture.document_type, fixture.evidence());
        let after =
            configured.after_with_usage(document_type, &readings, &evidence, &fixture.today);
        match after.await {
            Ok((report, _usage)) => Ok(Self::Report(report)),
            Err(PluginError::Refused { code, .. }) => Ok(Self::Refused(code)),
            Err(error) => Err(error),
        }
    }

    /// Whether it is as expected.
    ///
    /// # Errors
    /// The first difference.
    pub(super) fn compare(&self, expected: &Expected) -> Result<(), FixtureError> {
        match self {
            Self::Report(report) => expected.compare(Ok(report)),
            Self::Refused(code) => expected.compare(Err(code)),
        }
    }

    fn bytes(&self) -> usize {
        let Self::Report(report) = self else { return ITEM_BYTES };
        let fields = report.fields.iter().map(|field| {
            let value = field.value.as_ref().map_or(0, |value| value.expose().len());
            ITEM_BYTES + field.name.as_str().len() + value
        });
        let checks = report.checks.iter().map(|check| {
            let names = check.fields.iter().map(|name| name.as_str().len());
            ITEM_BYTES + check.code.len() + check.message.len() + names.sum::<usize>()
        });
        fields.chain(checks).sum()
    }
}

impl FixtureRuns {
    /// Adds a fixture that was run; `file_bytes` is the length of its file.
    pub(super) fn add(
        &mut self,
        name: &str,
        fixture: Fixture,
        file_bytes: usize,
        found: RulesAnswer,
        difference: Option<FixtureError>,
    ) {
        let most = if difference.is_some() { MOST_BYTES } else { MOST_BYTES_OF_PASSED };
        let has_room = self.take(file_bytes + found.bytes(), most);
        let reports = fixture.expected.filter(|_| has_room);
        let reports = reports.map(|expected| FixtureReports { expected, found, serving: None });
        let (name, document_type) = (name.to_owned(), fixture.document_type);
        self.runs.push(FixtureRun { name, document_type, difference, reports });
    }

    /// Adds what the rules that serve make of a fixture, where its reports are kept and there is room.
    pub(super) fn add_serving(&mut self, position: usize, serving: ServingRun) {
        let bytes = serving.answer.as_ref().map_or(ITEM_BYTES, RulesAnswer::bytes);
        let has_room = self.take(bytes, MOST_BYTES);
        let run = self.runs.get_mut(position).filter(|_| has_room);
        if let Some(reports) = run.and_then(|run| run.reports.as_mut()) {
            reports.serving = Some(serving);
        }
    }

    fn take(&mut self, bytes: usize, most: usize) -> bool {
        let has_room = self.bytes.saturating_add(bytes) <= most;
        self.bytes += if has_room { bytes } else { 0 };
        has_room
    }
}

/// What a fixture expects stands in it as it is.
impl fmt::Debug for FixtureReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixtureReports").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
