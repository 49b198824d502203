//! The settings that rules have for a document type.

use dossier_store::TypeSettings;

/// The settings that rules have for a document type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsInForce {
    /// The settings.
    pub settings: TypeSettings,
    /// Who set them.
    pub origin: SettingsOrigin,
}

/// Who set the settings of a document type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsOrigin {
    /// The package of the document type brings them.
    Package,
    /// An operator set them on this host; they stand in place of the package's, whatever its version.
    Operator,
}

impl SettingsOrigin {
    /// The origin as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Operator => "operator",
        }
    }
}
