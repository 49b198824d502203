//! A host is replaced under load, and no connection is refused: the socket is somebody else's, as systemd does it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use dossier_tests::{TODAY, TestRoot};
use tempfile::TempDir;

use crate::{DOSSIER, PASSPORT};

/// How long a busy machine may take for a start, or for an answer that waits for one.
const PATIENCE: Duration = Duration::from_secs(60);
const CLIENTS: usize = 4;

/// A host on a socket that the test holds, and where it says that it is ready.
struct Host {
    child: Child,
    notified: UnixDatagram,
    _folder: TempDir,
}

impl Host {
    /// Starts it as systemd does: the socket is the process's third, and `LISTEN_PID` is its own number.
    fn start(root: &TestRoot, socket: &TcpListener, listen: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let notify = folder.path().join("notify");
        let notified = UnixDatagram::bind(&notify).expect("binds");
        notified.set_read_timeout(Some(PATIENCE)).expect("a time");
        let script = "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\" 3<&0 </dev/null";
        let socket = OwnedFd::from(socket.try_clone().expect("a copy"));
        let child = Command::new("sh")
            .args(["-c", script, "sh", DOSSIER, "serve", "--today", TODAY])
            .args(["--listen", listen, "--drain-delay-ms", "200", "--data-root"])
            .arg(root.path())
            .env("NOTIFY_SOCKET", &notify)
            .stdin(Stdio::from(socket))
            .stdout(Stdio::null())
            .args(["--log-level", "error"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        Self { child, notified, _folder: folder }
    }

    /// Waits until it tells its supervisor something.
    fn hears(&self, wanted: &str) {
        let mut heard = [0; 64];
        let length = self.notified.recv(&mut heard).expect("it says something in time");
        assert_eq!(&heard[..length], wanted.as_bytes());
    }

    fn end(mut self) {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().expect("is told");
        assert!(told.success());
        self.hears("STOPPING=1");
        let ended = self.child.wait().expect("ends");
        assert!(ended.success(), "{ended}");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request over a connection of its own.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream
        .write_all(b"GET /v1/document-types HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn a_host_is_replaced_under_load_and_no_connection_is_refused() {
    let root = TestRoot::with_base().expect("the shipped base");
    root.add_shipped(PASSPORT).expect("the shipped passport");
    let socket = TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = socket.local_addr().expect("an address");
    let listen = address.to_string();
    let first = Host::start(&root, &socket, &listen);
    first.hears("READY=1");

    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let unanswered = Arc::new(Mutex::new(Vec::new()));
    let clients = (0..CLIENTS).map(|_| {
        let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
        let unanswered = Arc::clone(&unanswered);
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                match ask(address) {
                    Ok(answer) if answer.starts_with("HTTP/1.1 200 ") => {}
                    other => unanswered.lock().expect("no panic").push(format!("{other:?}")),
                }
                answered.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let clients = clients.collect::<Vec<_>>();
    let more_are_answered = || {
        let before = answered.load(Ordering::Relaxed);
        while answered.load(Ordering::Relaxed) < before + 2 * CLIENTS {
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(*unanswered.lock().expect("no panic"), Vec::<String>::new());
    };
    more_are_answered();

    // Beside each other: the second serves before the first ends.
    let second = Host::start(&root, &socket, &listen);
    second.hears("READY=1");
    first.end();
    more_are_answered();

    // After each other, as a data directory wants it: what comes meanwhile waits in the socket.
    second.end();
    let third = Host::start(&root, &socket, &listen);
    third.hears("READY=1");
    more_are_answered();

    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().expect("no panic");
    }
    assert_eq!(*unanswered.lock().expect("no panic"), Vec::<String>::new());
    third.end();
}

#[test]
fn a_socket_that_no_listener_asks_for_is_refused_by_its_address() {
    let root = TestRoot::with_base().expect("the shipped base");
    let socket = TcpListener::bind("127.0.0.1:0").expect("binds");
    let mut host = Host::start(&root, &socket, "127.0.0.1:1");
    let mut told = String::new();
    let mut stderr = host.child.stderr.take().expect("is piped");
    stderr.read_to_string(&mut told).expect("text");
    assert_eq!(host.child.wait().expect("ends").code(), Some(64), "{told}");
    let address = socket.local_addr().expect("an address").to_string();
    assert!(told.contains("LISTEN_FDS") && told.contains(&address), "{told}");
}
