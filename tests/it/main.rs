//! The whole of dossier, with its real parts, from outside; and the rules that its sources keep.

mod access;
mod any_issuer;
mod arrows;
mod bad_input;
mod barcodes;
mod check_config;
mod cli;
mod console;
mod docs;
mod extract;
mod folders;
mod hand_over;
mod hostile_plugins;
mod identify;
mod jobs;
mod load;
mod metrics;
mod photographs;
mod platform;
mod plugin_kit;
mod privacy;
mod samples;
mod scans;
mod start_up;
mod tidy;

#[path = "../../host/plugin/tests/plugin/guest.rs"]
mod guest;

use dossier::RunningServer;
use dossier_tests::{Client, serve, shipped_root};

const PASSPORT: &str = "utopia/passport/2024";
const ID_CARD: &str = "utopia/id-card/2023";

/// The binary, as a process.
const DOSSIER: &str = env!("CARGO_BIN_EXE_dossier-under-test");

/// A server on what is shipped, and a client of it.
async fn shipped() -> (RunningServer, Client) {
    let server = serve(&shipped_root()).await.expect("what is shipped is served");
    let client = Client::new(server.address());
    (server, client)
}
