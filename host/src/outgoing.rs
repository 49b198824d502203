//! HTTP clients: of the admin API, of registries, and of the tests.

pub(crate) mod guarded;

/// Chooses, once in a process, the code that TLS runs on. Whoever makes a client calls this first.
pub fn choose_tls() {
    // An error says that it is chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client for plain HTTP. It trusts no certificate, and so needs none of the system's.
pub fn plain_client() -> reqwest::ClientBuilder {
    choose_tls();
    reqwest::Client::builder().tls_certs_only([])
}

/// A client for an address: with TLS where the address wants it, by the system's certificates.
pub(crate) fn client_of(url: &str) -> reqwest::ClientBuilder {
    if url.starts_with("http://") {
        return plain_client();
    }
    choose_tls();
    reqwest::Client::builder()
}
