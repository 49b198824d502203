//! What a supervisor that asks for it is told, as systemd does with `Type=notify`: that the host serves, and that
//! it ends.

use std::io;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

/// The variable that names the socket.
const SOCKET: &str = "NOTIFY_SOCKET";

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Whoever connects is answered.
    Ready,
    /// It drains.
    Stopping,
}

/// Tells the supervisor, if there is one. One that does not hear it ends nothing here: it sees the process.
pub(crate) fn tell(state: State) {
    let Some(socket) = std::env::var_os(SOCKET) else { return };
    if let Err(error) = tell_at(Path::new(&socket), state) {
        tracing::warn!(%error, "the supervisor is not told");
    }
}

fn tell_at(socket: &Path, state: State) -> io::Result<()> {
    let text = match state {
        State::Ready => "READY=1",
        State::Stopping => "STOPPING=1",
    };
    let from = UnixDatagram::unbound()?;
    match abstract_name(socket) {
        Some(address) => from.send_to_addr(text.as_bytes(), &address?)?,
        None => from.send_to(text.as_bytes(), socket)?,
    };
    Ok(())
}

/// The address of a name that stands in no file system, which begins with `@`.
fn abstract_name(socket: &Path) -> Option<io::Result<SocketAddr>> {
    let name = socket.to_str()?.strip_prefix('@')?;
    #[cfg(target_os = "linux")]
    return Some(SocketAddr::from_abstract_name(name));
    #[cfg(not(target_os = "linux"))]
    return Some(Err(io::Error::new(io::ErrorKind::Unsupported, name)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_supervisor_is_told_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let supervisor = UnixDatagram::bind(&path).expect("binds");
        for (state, text) in [(State::Ready, "READY=1"), (State::Stopping, "STOPPING=1")] {
            tell_at(&path, state).expect("is told");
            let mut heard = [0; 64];
            let length = supervisor.recv(&mut heard).expect("hears");
            assert_eq!(&heard[..length], text.as_bytes());
        }
        assert!(tell_at(&folder.path().join("nobody"), State::Ready).is_err());
    }
}
