//! A package in three parts: the one large file, an archive of the others, the signature. A
//! registry keeps each as a layer, so that versions that share a file share its bytes.

use super::{
    ADAPTER_WEIGHTS, COMPONENT, Package, PackageError, PackageKind, PackageLimits, SIGNATURE,
    archive,
};

/// The parts of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageParts {
    /// The component, or the weights of the adapter.
    pub payload: Vec<u8>,
    /// A tar archive of every other file but the signature.
    pub companions: Vec<u8>,
    /// The contents of `signature.json`, if it is signed.
    pub signature: Option<Vec<u8>>,
}

impl PackageKind {
    /// The name of the file that is far larger than the others.
    #[must_use]
    pub fn payload(self) -> &'static str {
        match self {
            Self::Rules => COMPONENT,
            Self::Adapter => ADAPTER_WEIGHTS,
        }
    }
}

impl Package {
    /// The package in parts: the same bytes for the same files.
    #[must_use]
    pub fn to_parts(&self) -> PackageParts {
        let payload = self.kind.payload();
        PackageParts {
            payload: self.file(payload).unwrap_or_default().to_vec(),
            companions: archive::write(self.files().filter(|(name, _)| *name != payload)),
            signature: self.signature_file().map(|(_, content)| content),
        }
    }

    /// Puts a package together.
    ///
    /// # Errors
    /// When the parts are too large together, are of two kinds, or have a file twice.
    pub fn from_parts(
        kind: PackageKind,
        parts: PackageParts,
        limits: PackageLimits,
    ) -> Result<Self, PackageError> {
        let PackageParts { payload, companions, signature } = parts;
        let apart = payload.len().saturating_add(signature.as_ref().map_or(0, Vec::len));
        let left = limits.bytes.checked_sub(apart);
        let left = left.ok_or(PackageError::TooLarge { limit_bytes: limits.bytes })?;
        let mut files =
            archive::read(companions.as_slice(), PackageLimits { bytes: left, ..limits })?;
        let apart = [(kind.payload(), Some(payload)), (SIGNATURE, signature)];
        for (name, content) in apart {
            // A signature that travels with the others is none: there is one place for it.
            if files.contains_key(name) {
                return Err(PackageError::Repeated { name: name.to_owned() });
            }
            files.extend(content.map(|content| (name.to_owned(), content)));
        }
        Self::new(files)
    }
}
