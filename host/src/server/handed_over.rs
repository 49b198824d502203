//! Sockets that whoever starts the host has bound for it, as systemd does (`LISTEN_FDS`).
//!
//! Such a socket outlives the process that accepts from it: while one host ends and the next one starts, or beside
//! each other, connections wait in it and none is refused. Two processes that each bind the address
//! (`SO_REUSEPORT`) have a queue each, and the one that ends resets what waits in its own.

use std::io;
use std::net::{SocketAddr, TcpListener};

use listenfd::ListenFd;

/// The sockets that were handed over, each until it is taken.
#[derive(Debug, Default)]
pub struct HandedOver(Vec<(SocketAddr, TcpListener)>);

/// A socket that was handed over can't be used.
#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    /// It is none that listens.
    #[error("LISTEN_FDS: socket {number} does not listen over TCP: {source}")]
    NotListening {
        /// Which one, counted from 1.
        number: usize,
        /// Why.
        source: io::Error,
    },
    /// No listener has its address.
    #[error(
        "LISTEN_FDS: a socket listens on {address}, which is neither `listen` nor `admin_listen` nor \
         `metrics_listen`: set one of these to exactly this, or hand over another"
    )]
    Unasked {
        /// Its address.
        address: SocketAddr,
    },
}

impl HandedOver {
    /// The sockets of the environment, if they are for this process.
    ///
    /// # Errors
    /// When one of them does not listen.
    pub fn of_environment() -> Result<Self, HandOverError> {
        let mut sockets = ListenFd::from_env();
        let mut taken = Vec::new();
        for index in 0..sockets.len() {
            let not_listening = |source| HandOverError::NotListening { number: index + 1, source };
            let listener = sockets.take_tcp_listener(index).map_err(not_listening)?;
            let Some(listener) = listener else { continue };
            // The copy is closed in programs that this one starts; what was inherited is not.
            let listener = listener.try_clone().map_err(not_listening)?;
            taken.push((listener.local_addr().map_err(not_listening)?, listener));
        }
        Ok(Self(taken))
    }

    /// Refuses a socket that nobody would accept from: its clients would wait for ever.
    ///
    /// # Errors
    /// When one has none of these addresses.
    pub(super) fn refuse_unasked(&self, asked: &[SocketAddr]) -> Result<(), HandOverError> {
        match self.0.iter().find(|(address, _)| !asked.contains(address)) {
            Some((address, _)) => Err(HandOverError::Unasked { address: *address }),
            None => Ok(()),
        }
    }

    /// The socket of an address, if there is one.
    pub(super) fn take(&mut self, address: SocketAddr) -> Option<TcpListener> {
        let index = self.0.iter().position(|(of, _)| *of == address)?;
        Some(self.0.swap_remove(index).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_goes_to_the_listener_of_its_address_and_to_no_other() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let address = listener.local_addr().expect("an address");
        let other = SocketAddr::new(address.ip(), address.port() ^ 1);
        let mut handed_over = HandedOver(vec![(address, listener)]);
        handed_over.refuse_unasked(&[other, address]).expect("is asked for");
        let error = handed_over.refuse_unasked(&[other]).expect_err("nobody's");
        assert!(error.to_string().contains(&address.to_string()), "{error}");
        assert!(handed_over.take(other).is_none());
        assert!(handed_over.take(address).is_some() && handed_over.take(address).is_none());
    }
}
