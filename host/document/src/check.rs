//! What the rules say of a document.

use crate::FieldName;

/// The outcome of one check. Never two-valued: what was not performed was not passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckOutcome {
    /// The check ran and holds.
    Passed,
    /// The check ran and does not hold.
    Failed,
    /// The check could not run, for want of a field or because it does not apply.
    NotPerformed,
}

/// One check of a document type's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// A stable code, such as `mrz.check_digit.document_number`.
    pub code: String,
    /// What came of it.
    pub outcome: CheckOutcome,
    /// The fields it looked at.
    pub fields: Vec<FieldName>,
    /// A sentence for people. It never quotes a field's value.
    pub message: String,
}

/// The verdict on a document, derived from its checks alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Every check passed, and there was at least one.
    Accepted,
    /// No check failed, but at least one was not performed, or there was none.
    Incomplete,
    /// At least one check failed.
    Rejected,
}

impl CheckOutcome {
    /// The outcome as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotPerformed => "not_performed",
        }
    }
}

impl Verdict {
    /// The verdict as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Incomplete => "incomplete",
            Self::Rejected => "rejected",
        }
    }

    /// The written rule: one failure rejects; without failures, anything not performed is
    /// incomplete; only all passed, and at least one, is accepted.
    #[must_use]
    pub fn of(checks: &[Check]) -> Self {
        let any = |outcome| checks.iter().any(|check| check.outcome == outcome);
        if any(CheckOutcome::Failed) {
            Self::Rejected
        } else if checks.is_empty() || any(CheckOutcome::NotPerformed) {
            Self::Incomplete
        } else {
            Self::Accepted
        }
    }
}

#[cfg(test)]
mod tests;
