//! What an author of rules implements, and how it becomes a component.

use crate::{FieldRequest, Observation, Reading, Refusal, Report, Settings, requests};

/// What rules say of themselves. [`description!`](crate::description) fills in name and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The name: `[a-z][a-z0-9-]*`.
    pub name: String,
    /// The version: three numbers joined by dots.
    pub version: String,
    /// The document types that they have rules for.
    pub document_types: Vec<String>,
}

/// The rules of document types: the hooks of `wit/v1/rules.wit` as plain functions.
///
/// Every call finds a fresh instance, so nothing lasts from one to the next.
pub trait Rules {
    /// Says what the rules are and for which document types.
    fn describe() -> Description;

    /// Chooses the fields to read: those `requested` in their order, or all of the document type.
    ///
    /// # Errors
    /// When the rules refuse the document before anything is read.
    fn before(
        document_type: &str,
        page_count: u32,
        requested: Option<&[String]>,
        today: &str,
    ) -> Result<Vec<FieldRequest>, Refusal>;

    /// Normalises and checks what was read.
    ///
    /// # Errors
    /// When the rules refuse to judge it.
    fn after(document_type: &str, readings: &[Reading], today: &str) -> Result<Report, Refusal>;
}

/// Rules that an operator can set per document type: the interface `settings` of
/// `dossier:rules@1.1.0`.
pub trait ConfiguredRules: Rules {
    /// Takes the settings of a document type, a JSON text, for the calls of this instance. Rules that
    /// have others than [`Settings`] write their own.
    ///
    /// # Errors
    /// When the settings don't make sense; the refusal names the key.
    fn configure(document_type: &str, settings: &str) -> Result<(), Refusal> {
        if !Self::describe().document_types.iter().any(|known| known == document_type) {
            return Err(requests::unknown_document_type());
        }
        Settings::parse(settings).map(Settings::make_current)
    }
}

/// What documents of a type are searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The document type.
    pub document_type: String,
    /// The kinds of barcodes, such as `barcode.pdf417`.
    pub sources: Vec<String>,
}

/// Rules that look at what the host saw beside the fields: the interface `evidence` of
/// `dossier:rules@1.2.0`.
pub trait ObservantRules: ConfiguredRules {
    /// What the host searches documents for; types that are not among it are not searched.
    fn searches() -> Vec<Search>;

    /// Takes what was seen of a document, for the call of this instance.
    fn observe(_document_type: &str, seen: Observation) {
        seen.make_current();
    }
}

/// The description of the crate that calls it: its name and version, and the given document types.
#[macro_export]
macro_rules! description {
    ($document_types:expr) => {
        $crate::Description {
            name: ::std::env!("CARGO_PKG_NAME").to_owned(),
            version: ::std::env!("CARGO_PKG_VERSION").to_owned(),
            document_types: $document_types.into_iter().map(::std::convert::Into::into).collect(),
        }
    };
}

/// Makes a component of a type that implements [`Rules`]. Natively it does nothing, so that rules
/// are tested as plain functions.
#[macro_export]
macro_rules! export_rules {
    ($rules:ident) => {
        #[cfg(target_arch = "wasm32")]
        mod component_export {
            use super::$rules;
            $crate::component::v1::export!($rules with_types_in $crate::component::v1);
        }
    };
}

/// Makes a component of a type that implements [`ConfiguredRules`].
#[macro_export]
macro_rules! export_configured_rules {
    ($rules:ident) => {
        #[cfg(target_arch = "wasm32")]
        mod component_export {
            use super::$rules;
            $crate::component::v1_1::export!($rules with_types_in $crate::component::v1_1);
        }
    };
}

/// Makes a component of a type that implements [`ObservantRules`].
#[macro_export]
macro_rules! export_observant_rules {
    ($rules:ident) => {
        #[cfg(target_arch = "wasm32")]
        mod component_export {
            use super::$rules;
            $crate::component::v1_2::export!($rules with_types_in $crate::component::v1_2);
        }
    };
}
