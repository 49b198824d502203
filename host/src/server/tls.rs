//! TLS of a listener: certificate and key from files, and whom clients must be known by.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::certificates::{MOST_BYTES, certificates, check_validity};
use crate::config::TlsConfig;
use crate::reloaded::{FileError, Reloaded};

/// What a listener shows and asks for, read again when the files change. A connection keeps what it began
/// with.
pub(super) type Tls = Reloaded<ServerConfig>;

/// Reads the files of a listener.
///
/// # Errors
/// When one can't be read or is not what it should be, or the certificate is not valid now.
pub(super) fn load(config: &TlsConfig) -> Result<Tls, FileError> {
    let TlsConfig { certificate, key, client_ca } = config.clone();
    let paths = [Some(certificate.clone()), Some(key.clone()), client_ca.clone()];
    let paths = paths.into_iter().flatten().collect();
    Reloaded::load(paths, MOST_BYTES, move |files| {
        let [chain, private_key, authorities @ ..] = files else {
            return Err(content(&certificate, "there is no key beside it"));
        };
        let chain = certificates(&certificate, chain)?;
        for one in &chain {
            check_validity(&certificate, one, SystemTime::now())?;
        }
        let private_key = PrivateKeyDer::from_pem_slice(private_key)
            .map_err(|_| content(&key, "is no private key in PEM"))?;
        let authorities = match (&client_ca, authorities) {
            (Some(path), [bytes, ..]) => Some((path, certificates(path, bytes)?)),
            _ => None,
        };
        server_config(&certificate, chain, private_key, authorities)
    })
}

fn server_config(
    path: &Path,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    authorities: Option<(&PathBuf, Vec<CertificateDer<'static>>)>,
) -> Result<ServerConfig, FileError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| content(path, &error.to_string()))?;
    let builder = match authorities {
        None => builder.with_no_client_auth(),
        Some((path, authorities)) => {
            let mut roots = RootCertStore::empty();
            for authority in authorities {
                roots.add(authority).map_err(|error| content(path, &error.to_string()))?;
            }
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            let verifier = verifier.map_err(|error| content(path, &error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let config = builder.with_single_cert(chain, key);
    let mut config = config.map_err(|error| content(path, &error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn content(path: &Path, reason: &str) -> FileError {
    FileError::Content { path: path.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
