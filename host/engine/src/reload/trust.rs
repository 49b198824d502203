//! Whose word counts: decided when a package is published, and again when it is to serve.

use dossier_document::DocumentTypeId;
use dossier_store::{
    Origin, Package, PackageDigest, PublicKey, SigningError, Version, VersionNumber,
};

use super::Shared;
use super::prove::Claim;
use crate::error::EngineError;
use crate::settings::PackageSettings;

/// Whose trusted key a package is signed with.
pub(super) type Signer = (String, PublicKey);

impl Shared {
    /// The trusted signer of a package that is being published; none where unsigned ones are taken.
    pub(super) fn trusted_signer(
        &self,
        package: &Package,
        claim: &Claim,
    ) -> Result<Option<Signer>, EngineError> {
        let accepts_unsigned = self.packages.accepts_unsigned;
        let key = match package.verify() {
            Ok(key) => key,
            Err(SigningError::Unsigned) if accepts_unsigned => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let trusted = self
            .packages
            .signing_keys
            .iter()
            .find(|trusted| trusted.public_key == key && claim.is_within(&trusted.scope));
        match trusted {
            Some(trusted) => Ok(Some((trusted.publisher.clone(), key))),
            None if accepts_unsigned => Ok(None),
            None => Err(EngineError::Untrusted { key, name: claim.name.clone() }),
        }
    }

    /// Whether a package that was published may serve, by the keys that are trusted now. It blocks.
    pub(super) fn check_trust(
        &self,
        name: &str,
        package: PackageDigest,
    ) -> Result<(), EngineError> {
        let unknown = || EngineError::UnknownPackage { name: name.to_owned(), package };
        let version = self.catalogue.version(&package)?.filter(|version| version.name == name);
        let version = version.ok_or_else(unknown)?;
        self.refuse_revoked(&package)?;
        // The operator's own folders need no key.
        if version.origin != Origin::Publish || self.packages.accepts_unsigned {
            return Ok(());
        }
        let key = match version.signed_with.as_deref().map(str::parse::<PublicKey>) {
            Some(key) => key?,
            // Published by an older program, or while unsigned packages were taken.
            None => self.store.read(&package)?.verify()?,
        };
        self.packages.check_key(key, &version)
    }

    pub(super) fn refuse_revoked(&self, package: &PackageDigest) -> Result<(), EngineError> {
        match self.packages.revoked.contains(package) {
            true => Err(EngineError::Revoked { package: *package }),
            false => Ok(()),
        }
    }

    /// A package that was signed once must not come back as new: versions of a name only grow. It blocks.
    pub(super) fn refuse_older(&self, claim: &Claim, package: &Package) -> Result<(), EngineError> {
        if self.packages.older_versions || self.packages.accepts_unsigned {
            return Ok(());
        }
        let Some(newest) = self.catalogue.newest(&claim.name)? else { return Ok(()) };
        let number = claim.version.as_deref().and_then(|text| text.parse::<VersionNumber>().ok());
        let is_known = self.catalogue.version(&package.digest())?.is_some();
        if is_known || number.is_some_and(|number| number > newest) {
            return Ok(());
        }
        let found = claim.version.clone().unwrap_or_else(|| "none".to_owned());
        Err(EngineError::NotNewer { name: claim.name.clone(), newest, found })
    }
}

impl PackageSettings {
    /// Whether a key may vouch for a version.
    pub(super) fn check_key(&self, key: PublicKey, version: &Version) -> Result<(), EngineError> {
        let mut keys = self.signing_keys.iter();
        let is_trusted =
            keys.any(|trusted| trusted.public_key == key && is_within(version, &trusted.scope));
        if is_trusted {
            Ok(())
        } else {
            Err(EngineError::Untrusted { key, name: version.name.clone() })
        }
    }
}

fn is_within(version: &Version, scope: &dossier_store::Scope) -> bool {
    let ids = version.document_types.iter().map(|id| id.parse::<DocumentTypeId>());
    let Ok(ids) = ids.collect::<Result<Vec<_>, _>>() else { return false };
    match version.name.parse::<DocumentTypeId>() {
        Ok(id) => scope.allows_document_type(&id),
        Err(_) => scope.allows_rules(&version.name, &ids),
    }
}
