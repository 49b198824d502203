//! What is refused of jobs.

use axum::http::StatusCode;
use dossier_document::with_causes;
use dossier_jobs::{JobsError, StoreError};

use crate::api::error::{ApiError, INTERNAL, INTERNAL_DETAIL, Problem};

/// A job is not taken, found or changed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The host keeps none.
    #[error("this host keeps no jobs: neither jobs_dir nor jobs_postgres_file is set")]
    NotKept,
    /// The tenant has no such job.
    #[error("there is no such job, or not any more")]
    Unknown,
    /// The body is no JSON by its content type.
    #[error("the content type must be application/json")]
    NotJson,
    /// There are too few or too many documents.
    #[error("a job has 1 to {limit} documents")]
    Documents {
        /// The most that it may have.
        limit: usize,
    },
    /// A value has no sense.
    #[error("`{key}` must be {wanted}")]
    Value {
        /// Its key.
        key: &'static str,
        /// What it is to be.
        wanted: &'static str,
    },
    /// Nobody is to be told of the job, or not yet.
    #[error("the job has no webhook, or is not done with")]
    Webhook,
    /// A document was begun as often as it may be.
    #[error("the document was begun as often as it may be, and nobody could read it to its end")]
    GivenUp,
    /// The store refuses.
    #[error(transparent)]
    Jobs(#[from] JobsError),
}

impl JobError {
    /// What the client is told.
    pub(in crate::api) fn problem(&self) -> Problem {
        use StatusCode as S;
        let of = |status, code, title| Problem::new(status, code, title, self);
        match self {
            Self::NotKept => of(S::NOT_FOUND, "job.not_kept", "No jobs are kept"),
            Self::Unknown => of(S::NOT_FOUND, "job.unknown", "No such job"),
            Self::NotJson => of(S::UNSUPPORTED_MEDIA_TYPE, "body.not_json", "The body is no JSON"),
            Self::Documents { .. } => {
                of(S::UNPROCESSABLE_ENTITY, "job.documents", "Too few or too many documents")
            }
            Self::Value { .. } => of(S::BAD_REQUEST, "job.value", "A value can't be used"),
            Self::Webhook => of(S::CONFLICT, "job.webhook", "There is nothing to tell"),
            Self::GivenUp => {
                of(S::INTERNAL_SERVER_ERROR, "job.given_up", "The document was begun too often")
            }
            Self::Jobs(JobsError::Store(error)) => self.of_store(error),
            Self::Jobs(error) => internal(error),
        }
    }

    fn of_store(&self, error: &StoreError) -> Problem {
        use StatusCode as S;
        match error {
            StoreError::TooMany { .. } => {
                let title = "Too many documents wait";
                Problem::new(S::TOO_MANY_REQUESTS, "job.too_many", title, self)
            }
            StoreError::NoRoom { .. } => {
                let title = "Too many bytes are kept";
                Problem::new(S::TOO_MANY_REQUESTS, "job.no_room", title, self)
            }
            StoreError::OtherRequest => ApiError::OtherRequest.problem(),
            StoreError::Unavailable { .. } | StoreError::Locked { .. } => {
                let detail = "the jobs can't be reached or written; nothing was taken or changed";
                let title = "Jobs can't be kept now";
                let problem =
                    Problem::new(S::SERVICE_UNAVAILABLE, "job.unavailable", title, &detail);
                Problem { cause: Some(with_causes(error)), ..problem }
            }
            StoreError::Format { .. }
            | StoreError::Record { .. }
            | StoreError::Inconsistent { .. }
            | StoreError::OtherKey => internal(error),
        }
    }
}

fn internal(error: &dyn std::error::Error) -> Problem {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    let problem = Problem::new(status, "internal", INTERNAL, &INTERNAL_DETAIL);
    Problem { cause: Some(with_causes(error)), ..problem }
}
