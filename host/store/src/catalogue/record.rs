//! What the catalogue remembers beside generations.

use dossier_document::plain_text;
use serde::{Deserialize, Serialize};

use crate::PackageDigest;

/// A package that passed every test of publishing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The package.
    pub package: PackageDigest,
    /// Counts publications from 1, whatever the clock says; the catalogue gives it.
    #[serde(default)]
    pub sequence: u64,
    /// `rules` or `adapter`.
    pub kind: String,
    /// The name it serves under: of rules, or a document type.
    pub name: String,
    /// The version it gives itself; adapters have none.
    pub version: Option<String>,
    /// The document types it is for.
    pub document_types: Vec<String>,
    /// The digest that answers name it by: of the component or of the adapter.
    pub artifact: String,
    /// Who published it.
    pub publisher: String,
    /// Whose trusted key it was signed with when it was published.
    pub signed_by: Option<String>,
    /// That key. Older records have none: then the package tells.
    #[serde(default)]
    pub signed_with: Option<String>,
    /// How it came here.
    pub origin: Origin,
    /// When, in UTC, for people: clocks go back.
    pub published_at: String,
}

/// How a package came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It stood in the operator's folders at the first start.
    Import,
    /// It was published over the admin API.
    Publish,
    /// A file changed in a watched folder.
    Watch,
}

/// The last attempt to publish under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// When, in UTC.
    pub at: String,
    /// The package.
    pub package: PackageDigest,
    /// Who tried.
    pub actor: String,
    /// Why it was refused; nothing if it was staged.
    pub refused: Option<Refusal>,
}

/// Why a package was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The stable code.
    pub code: String,
    /// The sentence. It holds no value of any document.
    pub detail: String,
}

impl Refusal {
    /// A refusal whose sentence is fit to be shown anywhere, whatever it quotes.
    #[must_use]
    pub fn new(code: &str, detail: &str) -> Self {
        Self { code: code.to_owned(), detail: plain_text(detail) }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The operator's folders became generation 1.
    Import,
    /// A package passed and is staged.
    Publish,
    /// A package was refused.
    Refuse,
    /// A package was tried: nothing of it was kept.
    DryRun,
    /// A version serves all requests.
    Activate,
    /// A version serves some requests.
    Canary,
    /// A version runs beside and its results are dropped.
    Shadow,
    /// A canary or shadow serves all requests now.
    Promote,
    /// The version before serves again, or a canary or shadow ended.
    Rollback,
    /// A canary failed too often and ended by itself.
    CanaryStopped,
    /// The settings of a document type were set.
    Settings,
    /// A package that nothing refers to was taken off the disk.
    Prune,
    /// The catalogue was made again from the packages on disk.
    Rebuild,
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Counts events from 1; the catalogue gives it.
    pub sequence: u64,
    /// When, in UTC.
    pub at: String,
    /// The generation that serves after it.
    pub generation: u64,
    /// What was done.
    pub action: Action,
    /// The name of the rules, or the document type of the adapter.
    pub plugin: String,
    /// The package.
    pub package: Option<PackageDigest>,
    /// Who did it.
    pub actor: String,
    /// The reason as a stable code, where there is one.
    pub code: Option<String>,
    /// More about it, such as a percentage or rates.
    pub detail: Option<String>,
}
