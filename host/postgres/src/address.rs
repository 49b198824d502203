//! Where a server is, and how it is spoken to.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::tls::{InvalidAuthorities, trusting};

/// What an operator sets of a PostgreSQL server.
#[derive(Clone)]
pub struct PostgresSettings {
    pub(crate) server: Config,
    /// None where nothing is encrypted: the server is on this machine, or the operator says so.
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) connections: usize,
}

/// The settings of a PostgreSQL server are refused. No text of it holds anything of the address: a password
/// stands in it.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPostgres {
    /// The address is no URL of a server.
    #[error(
        "the address of the database is not understood: postgres://user:password@host:port/database, where user and password are percent-encoded"
    )]
    Address,
    /// The address asks for encryption in a way that is none, or would be dropped silently.
    #[error(
        "the address of the database has an sslmode that is none of disable, require and verify-full"
    )]
    SslMode,
    /// Nobody can be trusted.
    #[error(transparent)]
    Authorities(#[from] InvalidAuthorities),
    /// There must be a connection.
    #[error("a store needs one connection at least")]
    NoConnection,
}

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long what was sent may stay unacknowledged, and a silent connection unasked.
const SILENT: Duration = Duration::from_secs(15);

impl PostgresSettings {
    /// What a URL says, `postgres://user:password@host:port/database?sslmode=…`, with `connections` at most.
    ///
    /// Over the network everything is encrypted and the server's certificate and name are checked, unless the
    /// URL says `sslmode=disable`. `authorities` are certificates in PEM; without, those of the system are
    /// trusted.
    ///
    /// # Errors
    /// When the URL or a certificate is refused.
    pub fn new(
        url: &str,
        authorities: Option<&[u8]>,
        connections: usize,
    ) -> Result<Self, InvalidPostgres> {
        if connections == 0 {
            return Err(InvalidPostgres::NoConnection);
        }
        let (url, ssl_mode) = without_ssl_mode(url)?;
        let mut server = url.parse::<Config>().map_err(|_| InvalidPostgres::Address)?;
        let is_socket = |host: &Host| matches!(host, Host::Unix(_));
        if server.get_hosts().is_empty() {
            return Err(InvalidPostgres::Address);
        }
        let is_here = server.get_hosts().iter().all(is_socket);
        let is_encrypted = match ssl_mode.as_deref() {
            Some("disable") => false,
            Some("require" | "verify-full") if is_here => return Err(InvalidPostgres::SslMode),
            Some("require" | "verify-full") => true,
            None => !is_here,
            Some(_) => return Err(InvalidPostgres::SslMode),
        };
        let tls = match is_encrypted {
            true => {
                let mut tls = trusting(authorities)?;
                // What servers ask for that speak TLS from the first byte on.
                tls.alpn_protocols = vec![b"postgresql".to_vec()];
                Some(Arc::new(tls))
            }
            false => None,
        };
        server.ssl_mode(if is_encrypted { SslMode::Require } else { SslMode::Disable });
        if server.get_connect_timeout().is_none() {
            server.connect_timeout(CONNECT);
        }
        if server.get_tcp_user_timeout().is_none() {
            server.tcp_user_timeout(SILENT);
        }
        server.keepalives_idle(SILENT);
        if server.get_application_name().is_none() {
            server.application_name("dossier");
        }
        Ok(Self { server, tls, connections })
    }
}

/// A URL without its `sslmode`, of which tokio-postgres knows others, and that.
fn without_ssl_mode(url: &str) -> Result<(String, Option<String>), InvalidPostgres> {
    let is_known = url.starts_with("postgres://") || url.starts_with("postgresql://");
    // Half of a password that is not encoded would be taken for a host, and shown.
    if !is_known || url.matches('@').count() > 1 {
        return Err(InvalidPostgres::Address);
    }
    // A password may have a question mark of its own.
    let server = url.find('@').unwrap_or(0);
    let Some(query) = url[server..].find('?') else { return Ok((url.to_owned(), None)) };
    let (address, query) = (&url[..server + query], &url[server + query + 1..]);
    let (mut rest, mut ssl_mode) = (Vec::new(), None);
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", _)) if ssl_mode.is_some() => return Err(InvalidPostgres::SslMode),
            Some(("sslmode", mode)) => ssl_mode = Some(mode.to_owned()),
            _ => rest.push(pair),
        }
    }
    let url =
        if rest.is_empty() { address.to_owned() } else { format!("{address}?{}", rest.join("&")) };
    Ok((url, ssl_mode))
}

impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.server.get_hosts();
        f.debug_struct("PostgresSettings").field("hosts", &hosts).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
