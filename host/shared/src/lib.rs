//! What many hosts share: the packages that any of them may need, and one catalogue that says which serve.
//!
//! [`ObjectArtifacts`] keeps packages by their digest, in a folder or a bucket. Nothing that is read there is
//! trusted: it is the package asked for, within bounds, or an error.
#![forbid(unsafe_code)]

mod artifacts;
pub use artifacts::{ArtifactsPlace, InvalidArtifacts, ObjectArtifacts, S3Settings};

pub mod conformance;

mod catalogue;
pub use catalogue::PostgresCatalogue;
