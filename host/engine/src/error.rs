//! Why the engine does not do what it is asked: every error of its own, in one place.
//!
//! Texts hold no field value and no pixel. Those about packages name files, names and digests only.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dossier_document::{DocumentTypeId, FieldName, plain_text};
use dossier_image_decode::DecodeError;
use dossier_inference::InferenceError;
use dossier_model::ModelError;
use dossier_plugin::{CodeCacheError, PluginError};
use dossier_store::{
    ArtifactError, BackupError, CatalogueError, ManifestError, PackageDigest, PackageError,
    PublicKey, SettingsTooLong, SharedError, SigningError, VersionNumber,
};

use crate::fixture::FixtureError;
use crate::folders::FolderError;
use crate::identify::Candidate;
use crate::probe::ProbeError;

mod code;

mod sharing;
pub use sharing::SharingError;

/// A document is not read, a package is refused, a change is not made, or nothing starts.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    // A document.
    /// No such document type is served.
    #[error("the document type is not known here")]
    UnknownDocumentType,
    /// The document is of none of the types that are served, or looks like two of them.
    #[error("the document looks like none of the types that are served here, or like several")]
    Unrecognised {
        /// What comes nearest, the likeliest first.
        candidates: Vec<Candidate>,
    },
    /// No document type was named, and this base can't tell what a page is.
    #[error("the document type must be named: the base of this host can't tell what a page is")]
    TypeNotNamed,
    /// The document type is there and can't be served: its packages can't be made ready.
    #[error("`{document_type}` is not served: its packages can't be made ready ({cause})")]
    Quarantined {
        /// The document type.
        document_type: DocumentTypeId,
        /// The code of what failed; its publisher is told more.
        cause: &'static str,
    },
    /// Something else would serve the document than what was asked for.
    #[error("another {what} would serve the document than the one that the request names")]
    Changed {
        /// The generation, or the artifact.
        what: &'static str,
    },
    /// Documents use an adapter whose memory was to be freed.
    #[error("documents use the adapter of `{document_type}`")]
    AdapterInUse {
        /// The document type.
        document_type: DocumentTypeId,
    },
    /// There is no page.
    #[error("the document has no page")]
    NoPages,
    /// There are more pages than the document type has, or than any document may have.
    #[error("the document has {pages} pages, at most {limit} are read")]
    TooManyPages {
        /// Pages sent.
        pages: usize,
        /// Pages allowed.
        limit: usize,
    },
    /// A requested field is not one of the document type.
    #[error("the document type has no field `{0}`")]
    UnknownField(FieldName),
    /// A field is requested twice.
    #[error("the field `{0}` is requested twice")]
    RepeatedField(FieldName),
    /// The bytes of a page are no page, or too large a one.
    #[error("page {}: {source}", page + 1)]
    Page {
        /// The page, counted from 0.
        page: usize,
        /// Why.
        source: DecodeError,
    },
    /// A picture shows no document.
    #[error("picture {} shows no document", picture + 1)]
    NoDocument {
        /// The picture, counted from 0.
        picture: usize,
    },
    /// What finds pages in pictures can't be loaded, or failed.
    #[error("pages can't be located: {0}")]
    Locator(Box<ModelError>),
    /// The pages of the document together have too many pixels; the page named breaks the limit.
    #[error("page {}: the pages of a document have {limit} pixels at most, together", page + 1)]
    DocumentTooLarge {
        /// The page, counted from 0.
        page: usize,
        /// The limit.
        limit: u64,
    },
    /// The rules refuse the document.
    #[error("the rules `{rules}` refuse the document: {code}")]
    Refused {
        /// The name of the rules.
        rules: String,
        /// Their code.
        code: String,
        /// Their sentence for the client.
        message: String,
    },
    /// The rules failed at the document.
    #[error("the rules `{rules}` failed: {source}")]
    Rules {
        /// The name of the rules.
        rules: String,
        /// How.
        source: Box<PluginError>,
    },
    /// The model did not read the document.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// As many documents as are allowed are in work.
    #[error("as many requests as are allowed are in work")]
    Overloaded,
    /// As many documents of the tenant as it may have are in work.
    #[error("the tenant has {limit} documents in work, as many as it may")]
    TenantBusy {
        /// How many that are.
        limit: usize,
    },
    /// Whoever asked is gone: nobody is told this.
    #[error("nobody waits for the document any more")]
    Left,

    // A package.
    /// The bytes are no package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The manifest of rules makes no sense.
    #[error(transparent)]
    RulesManifest(#[from] ManifestError),
    /// The manifest or the calibration of an adapter makes no sense.
    #[error(transparent)]
    AdapterManifest(FolderError),
    /// The component describes itself otherwise than the manifest.
    #[error("the component and plugin.json differ in `{key}`")]
    ManifestMismatch {
        /// The key of the manifest.
        key: &'static str,
    },
    /// The package is not signed, or the signature is not of it.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The key of the signature is not trusted for this name and these document types.
    #[error("the key {key} is not trusted for `{name}` and its document types")]
    Untrusted {
        /// The key.
        key: PublicKey,
        /// The name of the rules or the document type.
        name: String,
    },
    /// The publisher may not touch this name or these document types.
    #[error("this token does not reach `{name}` and its document types")]
    Forbidden {
        /// The name of the rules or the document type.
        name: String,
    },
    /// The component can't be compiled under the limits of publishing.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The component is refused by the runtime, or fails when it is asked what it reads.
    #[error(transparent)]
    Component(PluginError),
    /// A document type has no fixture: nothing would show that its rules work.
    #[error("there is no fixture of `{document_type}`")]
    NoFixture {
        /// The document type.
        document_type: DocumentTypeId,
    },
    /// A fixture is malformed, or the rules report something else than it expects.
    #[error("fixtures/{fixture}.json: {source}")]
    Fixture {
        /// The fixture's name.
        fixture: String,
        /// What is wrong. It quotes no value.
        source: FixtureError,
    },
    /// The adapter can't be loaded for the base.
    #[error(transparent)]
    Adapter(Box<ModelError>),
    /// The adapter stands on another base than the one that serves.
    #[error("the adapter stands on `{base}`, this host serves `{served}`")]
    WrongBase {
        /// The base it names.
        base: String,
        /// The base of the host.
        served: String,
    },
    /// The model did not read a blank page with the adapter.
    #[error("the model does not read a blank page with the adapter: {0}")]
    BlankPage(InferenceError),

    /// Something is wrong with a package in the store. Its files are named as the package names them.
    #[error("{}", in_package(folder, source))]
    InPackage {
        /// The folder of the store. It is not told: whoever published knows nothing of it.
        folder: PathBuf,
        /// What.
        source: Box<EngineError>,
    },
    /// The package was withdrawn by the operator.
    #[error("the package {package} is revoked")]
    Revoked {
        /// The package.
        package: PackageDigest,
    },
    /// A name takes newer versions only.
    #[error("`{name}` had version {newest} already: a package must have a later one, not {found}")]
    NotNewer {
        /// The name.
        name: String,
        /// The highest version ever published under it.
        newest: VersionNumber,
        /// The version of the package, or `none`.
        found: String,
    },
    /// The publication took longer than publications may.
    #[error("the package did not pass its tests within {limit:?}")]
    PublishTimeout {
        /// The limit.
        limit: Duration,
    },
    /// An archive can't be kept or read while it is sent.
    #[error("the archive can't be kept: {source}")]
    Upload {
        /// Why.
        source: io::Error,
    },
    /// Rules were not asked in time what they read: others took it, or they did.
    #[error("the rules were not asked in time what they read")]
    NotAsked,
    /// What a publisher has on disk would be more than it may.
    #[error(
        "`{publisher}` wants {used_bytes} bytes on disk and may have {most_bytes}: prune, or ask for more"
    )]
    Quota {
        /// The publisher.
        publisher: String,
        /// Bytes that it has, or wants beside those.
        used_bytes: u64,
        /// Most bytes of these.
        most_bytes: u64,
    },
    /// A publisher has as many packages as one may have.
    #[error("`{publisher}` has {most} packages, as many as one publisher may have: prune")]
    TooManyPackages {
        /// The publisher.
        publisher: String,
        /// How many those are.
        most: usize,
    },
    /// A publisher asks for more at a time, or in a minute, than it may.
    #[error("`{publisher}` asks for more at a time than one publisher may")]
    TooMuchOfOne {
        /// The publisher.
        publisher: String,
    },

    // What serves.
    /// Nothing of this name was ever published.
    #[error("nothing named `{name}` was published")]
    UnknownName {
        /// The name.
        name: String,
    },
    /// No such package was published under the name.
    #[error("`{name}` has no package {package}")]
    UnknownPackage {
        /// The name.
        name: String,
        /// The package.
        package: PackageDigest,
    },
    /// A version is tried beside an active one, and there is none.
    #[error("`{name}` has no active version to try another beside")]
    NotActive {
        /// The name.
        name: String,
    },
    /// The document type names rules that are not active.
    #[error("the rules `{rules}` of `{document_type}` are not active")]
    RulesNotActive {
        /// The rules.
        rules: String,
        /// The document type.
        document_type: DocumentTypeId,
    },
    /// The rules have none for a document type that they would serve.
    #[error("`{rules}` has no rules for `{document_type}`")]
    RulesLackDocumentType {
        /// The rules.
        rules: String,
        /// The document type.
        document_type: DocumentTypeId,
    },
    /// The rules refuse a whole document of the type before they see it.
    #[error("`{rules}` refuses `{document_type}` with {pages} pages: {code}")]
    RulesRefuse {
        /// The rules.
        rules: String,
        /// The document type.
        document_type: DocumentTypeId,
        /// Pages of the document type.
        pages: usize,
        /// The rules' code.
        code: String,
    },
    /// The rules ask for a field that the base has no way to be asked for.
    #[error("`{rules}` asks for the field `{field}`, which the base can't read")]
    UnsupportedField {
        /// The rules.
        rules: String,
        /// The field.
        field: FieldName,
    },
    /// The adapter's manifest promises what the rules don't ask for.
    #[error("`{rules}` doesn't ask for what `{key}` of the manifest of `{document_type}` says")]
    RulesUnlikeManifest {
        /// The rules.
        rules: String,
        /// The document type.
        document_type: DocumentTypeId,
        /// The key of `document-type.json`.
        key: &'static str,
    },
    /// A document type would have two candidates: one of its rules, one of its adapter.
    #[error("`{document_type}` has a canary or shadow already")]
    CandidateExists {
        /// The document type.
        document_type: DocumentTypeId,
    },
    /// There is no canary or shadow to promote.
    #[error("`{name}` has no canary or shadow")]
    NoCandidate {
        /// The name.
        name: String,
    },
    /// The name was changed after the generation that a change was made of.
    #[error(
        "`{name}` is not as it was in generation {seen}: look at it as it is in generation {generation}, then try again"
    )]
    Unseen {
        /// The name.
        name: String,
        /// The generation that was looked at.
        seen: u64,
        /// The one that serves.
        generation: u64,
    },
    /// Settings are longer than rules take them.
    #[error(transparent)]
    SettingsTooLong(#[from] SettingsTooLong),
    /// There is no version to go back to.
    #[error("`{name}` has no version to go back to")]
    NoPrevious {
        /// The name.
        name: String,
    },
    /// A percentage is none, or takes nobody.
    #[error("a canary takes 1 to 100 percent")]
    Percent,
    /// As many packages are published as may be, or as many changes wait.
    #[error("too much is published at the same time")]
    Busy,
    /// The host shuts down.
    #[error("the host shuts down")]
    Stopped,
    /// The store can't keep or give back a package.
    #[error(transparent)]
    Artifacts(#[from] ArtifactError),
    /// The catalogue can't be read or written.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The catalogue that hosts share can't be followed or changed.
    #[error(transparent)]
    Sharing(#[from] SharingError),
    /// A backup can't be made or restored.
    #[error(transparent)]
    Backup(#[from] BackupError),

    // The start.
    /// A folder of the operator can't be served.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The base can't be loaded; the error names file and key.
    #[error(transparent)]
    Base(Box<ModelError>),
    /// A component of the operator's folders can't be used.
    #[error("{}: {source}", file.display())]
    ComponentFile {
        /// The component.
        file: PathBuf,
        /// Why.
        source: Box<PluginError>,
    },
    /// What was imported from a folder or file of the operator can't serve.
    #[error("{}", imported(from, stored, source))]
    Imported {
        /// The operator's folder or file.
        from: PathBuf,
        /// The copy that was looked at. It is not told: the operator knows nothing of it.
        stored: PathBuf,
        /// Why.
        source: Box<EngineError>,
    },
    /// A package of the catalogue can't be made ready.
    #[error("the package {package}: {source}")]
    Kept {
        /// The package.
        package: PackageDigest,
        /// Why.
        source: Box<EngineError>,
    },
    /// The engine of the rules does not start.
    #[error(transparent)]
    RulesEngine(PluginError),
    /// Compiled code can't be kept.
    #[error(transparent)]
    CodeCache(#[from] CodeCacheError),
    /// A folder can't be watched.
    #[error("{}: can't be watched: {source}", folder.display())]
    Watch {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: Box<notify::Error>,
    },
    /// No temporary folder can be made.
    #[error("a temporary folder can't be made: {0}")]
    TemporaryFolder(io::Error),
    /// The operating system starts no thread.
    #[error("the inference thread does not start: {0}")]
    Thread(io::Error),
    /// Something of the host panicked. Its message is nobody's to see.
    #[error("a thread of the host panicked")]
    Panicked,
}

impl EngineError {
    /// The sentence for whoever published what it is about: what failed inside is for the log alone.
    #[must_use]
    pub fn for_publisher(&self) -> String {
        match self.code() {
            "internal" => "something failed inside; the host's log has the cause".to_owned(),
            _ => plain_text(&self.to_string()),
        }
    }
}

/// The text of an error about a package of the store, without the place of the store.
fn in_package(folder: &Path, source: &EngineError) -> String {
    let text = source.to_string();
    text.replace(&format!("{}/", folder.display()), "")
}

/// The text of an error about a copy, as it would be of the original.
fn imported(from: &Path, stored: &Path, source: &EngineError) -> String {
    let (from, stored) = (from.display().to_string(), stored.display().to_string());
    let text = match source {
        EngineError::InPackage { source, .. } => source.to_string(),
        source => source.to_string(),
    };
    if text.contains(&stored) { text.replace(&stored, &from) } else { format!("{from}: {text}") }
}

impl From<SharedError> for EngineError {
    fn from(error: SharedError) -> Self {
        SharingError::from(error).into()
    }
}
