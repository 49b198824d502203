//! Certificates in PEM files: those that a listener shows, and those that clients are known by.

use std::path::Path;
use std::time::SystemTime;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use crate::reloaded::{FileError, read_bounded};

/// Longest file of certificates or of a key, in bytes.
pub(crate) const MOST_BYTES: usize = 1 << 20;
/// Most certificates of a file.
const MOST_CERTIFICATES: usize = 1_000;

/// The SHA-256 of a certificate as a client shows it in a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(pub(crate) [u8; 32]);

impl Fingerprint {
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate).into())
    }

    /// That of the first certificate in a PEM file.
    ///
    /// # Errors
    /// When the file can't be read or has none.
    pub(crate) fn of_file(path: &Path) -> Result<Self, FileError> {
        let found = certificates(path, &read_bounded(path, MOST_BYTES)?)?;
        let first = found.first().ok_or_else(|| content(path, "has no certificate in PEM"))?;
        Ok(Self::of(first))
    }
}

/// The certificates of a PEM file: one at least.
///
/// # Errors
/// When there is none, or too many.
pub(crate) fn certificates(
    path: &Path,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let found = CertificateDer::pem_slice_iter(pem).take(MOST_CERTIFICATES + 1);
    let found = found.collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|_| content(path, "is no PEM file of certificates"))?;
    match found.len() {
        0 => Err(content(path, "has no certificate in PEM")),
        number if number > MOST_CERTIFICATES => Err(content(path, "has too many certificates")),
        _ => Ok(found),
    }
}

/// Refuses a certificate that is not valid now: clients would refuse it, and whoever runs the host learns
/// it first, by name.
///
/// # Errors
/// When its time is over or has not come, or it is no certificate.
pub(crate) fn check_validity(
    path: &Path,
    certificate: &CertificateDer<'_>,
    now: SystemTime,
) -> Result<(), FileError> {
    let unreadable = |_| content(path, "has a certificate that is none");
    let certificate = Certificate::from_der(certificate).map_err(unreadable)?;
    let validity = &certificate.tbs_certificate.validity;
    if now > validity.not_after.to_system_time() {
        return Err(content(path, &format!("expired on {}", validity.not_after)));
    }
    if now < validity.not_before.to_system_time() {
        return Err(content(path, &format!("is not valid before {}", validity.not_before)));
    }
    Ok(())
}

fn content(path: &Path, reason: &str) -> FileError {
    FileError::Content { path: path.to_owned(), reason: reason.to_owned() }
}
