//! A client for addresses that strangers name: it goes to public addresses alone, to those that were looked at
//! and no others, and follows nobody.
//!
//! The name is resolved here, what it resolves to is judged, and the connection goes to what was judged: a name
//! that resolves to something else a moment later gains nothing.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Url, redirect};

use super::{choose_tls, plain_client};

/// Time for a connection, name and TLS included.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Time for an answer; Standard Webhooks advises 15 to 30 s.
const ANSWER_TIME: Duration = Duration::from_secs(15);

/// Which addresses a client may go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Public ones, over TLS.
    Public,
    /// Private ones too, and without TLS.
    Everything,
}

/// An address can't be used. No text of it has the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    /// It is none, or not of a kind that is taken.
    #[error("the address must begin with https:// and have neither a user nor a fragment")]
    Malformed,
    /// It is private, of this machine, or of no machine.
    #[error("the address is not public")]
    NotPublic,
}

/// A client that reaches what it may.
///
/// # Errors
/// When the system's certificates can't be had.
pub(crate) fn client(reach: Reach) -> reqwest::Result<Client> {
    let builder: ClientBuilder = match reach {
        Reach::Public => {
            choose_tls();
            Client::builder().https_only(true)
        }
        Reach::Everything => plain_client(),
    };
    builder
        .dns_resolver(Resolver(reach))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIME)
        .timeout(ANSWER_TIME)
        // Nobody is asked twice in a row.
        .pool_max_idle_per_host(0)
        .build()
}

/// Judges an address by what is written, before anything is resolved.
///
/// # Errors
/// When nobody would go there.
pub(crate) fn judge(url: &str, reach: Reach) -> Result<Url, AddressError> {
    let url = Url::parse(url).map_err(|_| AddressError::Malformed)?;
    let is_scheme =
        url.scheme() == "https" || (reach == Reach::Everything && url.scheme() == "http");
    let is_plain =
        url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let host = url.host_str().filter(|_| is_scheme && is_plain).ok_or(AddressError::Malformed)?;
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match literal {
        Ok(address) if reach == Reach::Public && !is_public(address) => {
            Err(AddressError::NotPublic)
        }
        _ => Ok(url),
    }
}

struct Resolver(Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?.collect::<Vec<_>>();
            // One that is private among them is no mistake of anybody's who means well.
            let is_allowed =
                |address: &SocketAddr| reach == Reach::Everything || is_public(address.ip());
            if found.is_empty() || !found.iter().all(is_allowed) {
                return Err(io::Error::other(AddressError::NotPublic).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public network: not private, of this machine, of its link, of a cloud's
/// metadata, of a test, or of nobody.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_reserved = match (a, b, c) {
        // This network; private; loopback; multicast and reserved.
        (0 | 10 | 127 | 224.., ..) => true,
        // Behind a provider's translation of addresses.
        (100, 64..=127, _) => true,
        // The link, where clouds have their metadata.
        (169, 254, _) => true,
        (172, 16..=31, _) | (192, 168, _) => true,
        // Protocols, documentation, 6to4 relays, benchmarks.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) => {
            true
        }
        _ => false,
    };
    !is_reserved
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [a, b, ..] = address.segments();
    // Of all there is, 2000::/3 alone is given out as public.
    let is_global = a & 0xe000 == 0x2000;
    let is_reserved = match (a, b) {
        // Protocols and tunnels that wrap another address.
        (0x2001, 0..=0x01ff) | (0x2002, _) => true,
        // Documentation.
        (0x2001, 0x0db8) | (0x3fff, 0..=0x0fff) => true,
        _ => false,
    };
    is_global && !is_reserved
}

#[cfg(test)]
mod tests;
