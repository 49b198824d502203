//! Whom servers that are spoken to must be vouched for by.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Nobody can be trusted with what is given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAuthorities {
    /// There is no certificate.
    #[error("there is no certificate to trust: none in the file, or none of the system's")]
    None,
    /// A certificate is refused.
    #[error("a certificate to trust is refused: {0}")]
    Refused(String),
}

/// Checks names and certificates of servers, with certificates of authorities in PEM, or those of the system.
///
/// # Errors
/// When there is no certificate, or one is refused.
pub fn trusting(authorities: Option<&[u8]>) -> Result<ClientConfig, InvalidAuthorities> {
    let mut trusted = RootCertStore::empty();
    match authorities {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| refused(&error))?;
                trusted.add(certificate).map_err(|error| refused(&error))?;
            }
        }
        None => {
            // Of those of the system, one that isn't understood is no reason to trust none.
            trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if trusted.is_empty() {
        return Err(InvalidAuthorities::None);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| refused(&error))?;
    Ok(builder.with_root_certificates(trusted).with_no_client_auth())
}

fn refused(error: &impl ToString) -> InvalidAuthorities {
    InvalidAuthorities::Refused(error.to_string())
}
