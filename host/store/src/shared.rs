//! What many hosts may share: a catalogue that all of them follow, and a place of the packages that it names.
//! What they must do stands here; what does it, elsewhere.

use std::error::Error;
use std::fmt;
use std::pin::Pin;

use dossier_document::plain_text;

use crate::{Change, Delta, Package, PackageDigest, PackageError, PackageLimits};

/// What is answered later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SharedError>> + Send + 'a>>;

/// The catalogue that many hosts follow: what it says serves everywhere. Each call is one transaction, done and
/// durable when it answers, or nothing of it is.
pub trait SharedCatalogue: fmt::Debug + Send + Sync + 'static {
    /// Everything that changed after a position; 0 is the beginning. A host that is at the position has what the
    /// catalogue has once it has written this.
    fn since(&self, position: u64) -> Answer<'_, Delta>;

    /// Writes what a first host begins with, unless somebody has begun; tells whether it was written.
    fn begin(&self, first: Delta) -> Answer<'_, bool>;

    /// Writes a change that was decided at a position, unless somebody else has made the generation that it
    /// makes, or has changed what it takes away.
    fn commit(&self, since: u64, change: Change) -> Answer<'_, Committed>;

    /// Those of some packages that the catalogue does not know are taken out of the shared artifacts. Nobody
    /// publishes one of them meanwhile.
    fn remove_unknown<'a>(
        &'a self,
        packages: &'a [PackageDigest],
        artifacts: &'a dyn SharedArtifacts,
    ) -> Answer<'a, ()>;

    /// Waits until something may have changed. It is a hint: it may be lost, late or doubled.
    fn heard(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// What came of a change.
#[derive(Clone, Debug)]
pub enum Committed {
    /// It is made. This is what changed after the position that it was decided at, itself included.
    Made(Box<Delta>),
    /// Nothing is: others have changed what it was decided by.
    Behind,
}

/// A place of packages that every host reaches. Nothing that is read there is trusted.
pub trait SharedArtifacts: fmt::Debug + Send + Sync + 'static {
    /// Puts a package there, unless it is there already, byte for byte.
    fn put(&self, package: Package) -> Answer<'_, ()>;

    /// Gets a package, if what is there is the one of this digest and within the limits.
    fn fetch(&self, digest: PackageDigest, limits: PackageLimits) -> Answer<'_, Package>;

    /// Whether something is there under the name of a package.
    fn has(&self, digest: PackageDigest) -> Answer<'_, bool>;

    /// Takes a package away. One that is not there is no error.
    fn remove(&self, digest: PackageDigest) -> Answer<'_, ()>;
}

/// What is shared can't be had or changed. No text of it holds a credential.
#[derive(Debug, thiserror::Error)]
pub enum SharedError {
    /// The database can't be reached, or says no; nothing was changed.
    #[error("the shared catalogue can't be reached or written: {source}")]
    Catalogue {
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A change was to be committed, and no answer came.
    #[error(
        "whether the change was made is not known, for the shared catalogue did not answer: see what serves \
         before it is asked for again"
    )]
    Undecided,
    /// It was written by another version of the program.
    #[error("the shared catalogue has format {found}, this program reads format {known}")]
    Format {
        /// The format found.
        found: u64,
        /// The format that is read.
        known: u64,
    },
    /// A record is not understood.
    #[error("the shared catalogue: a record of `{table}` is not understood: {reason}")]
    Record {
        /// The table.
        table: &'static str,
        /// Why.
        reason: String,
    },
    /// There is more than a host takes.
    #[error("the shared catalogue has more than {most} {what}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How much is taken.
        most: usize,
    },
    /// A package is not among the shared artifacts.
    #[error("the shared artifacts have no package {digest}")]
    Missing {
        /// Its digest.
        digest: PackageDigest,
    },
    /// It is longer than a package may be.
    #[error("the shared package {digest} has more than {most} bytes")]
    TooLarge {
        /// Its digest.
        digest: PackageDigest,
        /// Bytes that are read at most.
        most: usize,
    },
    /// It is no package.
    #[error("the shared package {digest} is no package: {source}")]
    Malformed {
        /// Its digest.
        digest: PackageDigest,
        /// What is wrong.
        source: PackageError,
    },
    /// It is another package than its name says.
    #[error("the shared package {digest} was changed: its files are {found}")]
    Changed {
        /// The digest it is named by.
        digest: PackageDigest,
        /// The digest of what is there.
        found: PackageDigest,
    },
    /// The place of packages does not answer, or says no.
    #[error("the shared artifacts can't be reached or written: {reason}")]
    Artifacts {
        /// Why.
        reason: String,
    },
}

impl SharedError {
    /// That the place of packages does not answer, or says no. Servers answer texts of any length.
    #[must_use]
    pub fn of_artifacts(reason: &impl ToString) -> Self {
        Self::Artifacts { reason: plain_text(&reason.to_string()) }
    }
}
