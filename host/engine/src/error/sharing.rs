//! What goes wrong between a host and the catalogue that it shares with others.

use dossier_document::DocumentTypeId;
use dossier_store::SharedError;

/// The code of a shared catalogue that can't be reached or followed.
const UNAVAILABLE: &str = "catalogue.unavailable";

/// The shared catalogue can't be followed or changed.
#[derive(Debug, thiserror::Error)]
pub enum SharingError {
    /// What hosts share can't be had or changed.
    #[error(transparent)]
    Shared(#[from] SharedError),
    /// Other hosts have changed what serves, again and again.
    #[error(
        "other hosts changed what serves at the same time: look at it as it is now, then try again"
    )]
    Overtaken,
    /// The catalogue does not answer in time.
    #[error("the shared catalogue does not answer")]
    Silent,
    /// The data directory follows another catalogue than the one that is set.
    #[error(
        "the data directory follows another shared catalogue: set that one, or begin with an empty data directory"
    )]
    Other,
    /// The catalogue is older than what this host has of it.
    #[error(
        "the shared catalogue went back from change {known} to change {found}, as one does that is restored from an \
         older backup: begin with an empty data directory to follow it"
    )]
    Older {
        /// The change that it ends with.
        found: u64,
        /// The change that this host has.
        known: u64,
    },
    /// The data directory has a catalogue of its own, and the shared one has begun.
    #[error(
        "the data directory has a catalogue of its own, which ends with generation {own}, and the shared one is at \
         generation {shared}: begin with an empty data directory to follow it"
    )]
    Own {
        /// The last generation here.
        own: u64,
        /// The last generation there.
        shared: u64,
    },
    /// A change that failed a moment ago is not tried again yet.
    #[error(
        "the last change of the shared catalogue can't be followed ({code}); it is tried again"
    )]
    Unfollowed {
        /// Why, as a stable code.
        code: &'static str,
    },
    /// A document type that other hosts serve can't be served here.
    #[error("`{document_type}` can't be served as the shared catalogue says: {detail}")]
    Unservable {
        /// The document type.
        document_type: DocumentTypeId,
        /// Why, as a stable code.
        code: &'static str,
        /// Why, in a sentence.
        detail: String,
    },
}

impl SharingError {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Overtaken => "generation.overtaken",
            Self::Silent | Self::Other | Self::Older { .. } | Self::Own { .. } => UNAVAILABLE,
            Self::Unfollowed { code } | Self::Unservable { code, .. } => code,
            Self::Shared(error) => shared_code(error),
        }
    }
}

fn shared_code(error: &SharedError) -> &'static str {
    match error {
        SharedError::Catalogue { .. }
        | SharedError::Format { .. }
        | SharedError::Record { .. }
        | SharedError::TooMuch { .. } => UNAVAILABLE,
        SharedError::Undecided => "catalogue.undecided",
        SharedError::Missing { .. } | SharedError::Artifacts { .. } => "artifacts.unavailable",
        SharedError::TooLarge { .. }
        | SharedError::Malformed { .. }
        | SharedError::Changed { .. } => "package.damaged",
    }
}
