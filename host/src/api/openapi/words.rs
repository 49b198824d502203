//! The words that some keys of answers hold, for the description alone: whoever makes types of it gets these.

use utoipa::ToSchema;

/// `Verdict::as_str`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "its variants are what is described")]
pub(in crate::api) enum VerdictWord {
    Accepted,
    Incomplete,
    Rejected,
}

/// `CheckOutcome::as_str`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "its variants are what is described")]
pub(in crate::api) enum OutcomeWord {
    Passed,
    Failed,
    NotPerformed,
}

/// `JobState::as_str`, and that of a document in a job.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "its variants are what is described")]
pub(in crate::api) enum StateWord {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

/// `WebhookState::as_str`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "its variants are what is described")]
pub(in crate::api) enum WebhookStateWord {
    Waiting,
    Due,
    Delivered,
    GivenUp,
}
