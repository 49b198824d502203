//! The words that some keys of answers hold, for the description alone: whoever makes types of it gets these.
//! A test compares them with `Verdict`, `CheckOutcome`, `JobState` and `WebhookState`.

use utoipa::ToSchema;

/// What follows from the checks.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "its variants are what is described")]
pub(in crate::api) enum VerdictWord {
    Accepted,
    Incomplete,
    Rejected,
}

/// What came of the check.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "its variants are what is described")]
pub(in crate::api) enum OutcomeWord {
    Passed,
    Failed,
    NotPerformed,
}

/// What has become of it.
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

/// Whether it was told.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "its variants are what is described")]
pub(in crate::api) enum WebhookStateWord {
    Waiting,
    Due,
    Delivered,
    GivenUp,
}
