//! What country teams ship, and which of it serves.
//!
//! A [`Package`] holds rules or the adapter of a document type; its [`PackageDigest`] is its
//! identity, and a [`PackageSignature`] says whose it is. [`ArtifactStore`] keeps packages, each
//! written once and never changed. [`Catalogue`] keeps [`Generation`]s: which package serves under
//! which name, swapped as one, with the history of how it came to be so.
//!
//! Nothing here is async, compiles a component or loads a model.
#![forbid(unsafe_code)]

mod digest;
pub use digest::PackageDigest;

pub mod bounds;

mod package;
pub use package::{
    ADAPTER_CONFIG, ADAPTER_WEIGHTS, CALIBRATION, COMPONENT, DOCUMENT_TYPE_MANIFEST,
    LORA_XS_FACTORS, PREPROCESSOR_CONFIG, PROTOTYPES, Package, PackageError, PackageKind,
    PackageLimits, PackageParts, RULES_MANIFEST, TRAINING_RECORD,
};

mod number;
pub use number::{InvalidVersion, VersionNumber};

mod manifest;
pub use manifest::{CanarySettings, ManifestError, RulesManifest, is_rules_name};

mod signing;
pub use signing::{PackageSignature, PublicKey, SecretKey, SigningError};

mod scope;
pub use scope::{InvalidPattern, Pattern, Scope};

mod artifacts;
pub use artifacts::{ArtifactError, ArtifactStore, StoredPackage, make_private};

mod backup;
pub use backup::{Backup, BackupError, Restored, restore};

mod catalogue;
pub use catalogue::{
    Action, Attempt, Canary, Catalogue, CatalogueError, Change, Delta, Event, Followed, Generation,
    KEPT_EVENTS, KEPT_GENERATIONS, MAX_SETTINGS_BYTES, NameDelta, NameRecords, Origin, Previous,
    Refusal, SettingsDigest, SettingsTooLong, TypeSettings, Version, catalogue_exists,
    copied_generation, copied_settings,
};

mod shared;
pub use shared::{Answer, Committed, SharedArtifacts, SharedCatalogue, SharedError};
