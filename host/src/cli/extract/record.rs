//! One line of results: what came of one document.

use dossier_engine::pipeline::Extraction;
use dossier_engine::{EngineError, RequestId};
use serde::{Deserialize, Serialize};

use super::asked::AskedBody;
use crate::api::{ExtractBody, engine_problem};

/// What came of one document, as its line has it.
#[derive(Serialize)]
pub(super) struct RecordBody<'a> {
    pub document: &'a str,
    pub files: &'a [FileBody],
    pub asked: &'a AskedBody,
    #[serde(flatten)]
    pub result: ResultBody<'a>,
}

/// A file of a document.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct FileBody {
    pub path: String,
    /// 64 hexadecimal digits, as `sha256sum` prints them; none where it can't be read.
    pub sha256: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResultBody<'a> {
    Answer(Box<ExtractBody<'a>>),
    Problem(ProblemBody),
}

/// Why a document was not read.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct ProblemBody {
    /// The code that the server would answer with, or `file.unreadable`, `file.too_large`.
    pub code: String,
    pub detail: String,
}

impl<'a> ResultBody<'a> {
    /// What the engine answered.
    pub(super) fn of(answered: &'a Result<Extraction, EngineError>, id: &'a RequestId) -> Self {
        match answered {
            Ok(extraction) => Self::Answer(Box::new(ExtractBody::of(extraction, id.as_str()))),
            Err(error) => {
                let problem = engine_problem(error);
                let code = problem.code.to_owned();
                Self::Problem(ProblemBody { code, detail: problem.detail })
            }
        }
    }
}

/// A line that was written; of the answer as much as whoever reads it wants.
#[derive(Deserialize)]
pub(super) struct Record<A> {
    pub document: String,
    pub files: Vec<FileBody>,
    pub asked: AskedBody,
    pub answer: Option<A>,
    pub problem: Option<ProblemBody>,
}

/// Of an answer, what a table has.
#[derive(Deserialize)]
pub(super) struct AnswerRecord {
    pub document_type: String,
    pub verdict: String,
    pub fields: Vec<FieldRecord>,
    pub checks: Vec<CheckRecord>,
}

#[derive(Deserialize)]
pub(super) struct FieldRecord {
    pub name: String,
    pub value: Option<String>,
    pub confidence: Option<f64>,
}

#[derive(Deserialize)]
pub(super) struct CheckRecord {
    pub code: String,
    pub outcome: String,
}

impl AnswerRecord {
    /// The codes of the checks with this outcome, each once, in their order.
    pub(super) fn codes(&self, outcome: &str) -> String {
        let mut codes = Vec::<&str>::new();
        for check in self.checks.iter().filter(|check| check.outcome == outcome) {
            if !codes.contains(&check.code.as_str()) {
                codes.push(&check.code);
            }
        }
        codes.join(" ")
    }
}
