//! What tokens, traces and metrics cost together: the same work with and without them, in turns.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dossier::outgoing::plain_client;
use serde::Serialize;
use tokio::task::JoinHandle;

use super::client::Client;
use super::documents::Document;
use super::host::Host;
use super::load::{peak, warm_up};
use super::{ServerBenchError, echo, rounded};

/// Turns of each kind.
const TURNS: u32 = 4;
/// Between two scrapes: routers ask twenty times a second.
const BETWEEN_SCRAPES: Duration = Duration::from_millis(50);

/// What is measured around the reading.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Surroundings {
    /// Documents a second with nothing of it, turn by turn.
    pub(crate) without_per_s: Vec<f64>,
    /// With a token a request, a trace of each, and metrics scraped twenty times a second.
    pub(crate) with_per_s: Vec<f64>,
    /// Of the second, what is left of the first: of all turns together.
    pub(crate) share_left: f64,
}

/// Measures.
pub(super) async fn measure(
    program: &Path,
    arguments: &[String],
    folder: &Path,
    documents: &[Document],
    load: Duration,
) -> Result<Surroundings, ServerBenchError> {
    let tokens = folder.join("tokens.json");
    let token = token(program, &tokens)?;
    // What takes the traces is as little as can be: it shares the machine.
    let traces = echo::serve(2).await?;
    let also = [
        "--tokens-file".to_owned(),
        tokens.to_string_lossy().into_owned(),
        "--traces-endpoint".to_owned(),
        format!("http://{}/v1/traces", traces.address),
        "--metrics-on-listen".to_owned(),
    ];
    let mut surroundings =
        Surroundings { without_per_s: Vec::new(), with_per_s: Vec::new(), share_left: 0.0 };
    let turn = load / TURNS;
    for _ in 0..TURNS {
        let host = Host::start(program, arguments, folder).await?;
        let client = Client::new(plain_client().build()?, host.address);
        warm_up(&client, documents).await?;
        surroundings.without_per_s.push(peak(&client, documents, turn).await?.documents_per_s);
        drop(host);

        let arguments = arguments.iter().chain(&also).cloned().collect::<Vec<_>>();
        let host = Host::start(program, &arguments, folder).await?;
        let client = Client::new(plain_client().build()?, host.address).with_token(token.clone());
        let _scraping = scrape(host.address)?;
        warm_up(&client, documents).await?;
        surroundings.with_per_s.push(peak(&client, documents, turn).await?.documents_per_s);
    }
    let sum = |rates: &[f64]| rates.iter().sum::<f64>();
    let share = sum(&surroundings.with_per_s) / sum(&surroundings.without_per_s);
    surroundings.share_left = rounded(share);
    Ok(surroundings)
}

/// A token of a new file, for all document types.
fn token(program: &Path, file: &Path) -> Result<String, ServerBenchError> {
    let mut command = Command::new(program);
    command
        .args(["token", "new", "bench", "--tenant", "bench", "--document-types", "*"])
        .arg("--tokens-file")
        .arg(file);
    let output = command
        .output()
        .map_err(|source| ServerBenchError::File { path: program.to_owned(), source })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(ServerBenchError::NotReady(text(&output.stderr))),
    }
}

struct Scraping(JoinHandle<()>);

impl Drop for Scraping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Asks for the metrics of routers twenty times a second, and for all of them every second.
fn scrape(address: SocketAddr) -> Result<Scraping, ServerBenchError> {
    debug_assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
    let http = plain_client().build()?;
    let scraping = async move {
        let mut due = tokio::time::interval(BETWEEN_SCRAPES);
        for scrape in 0_u64.. {
            due.tick().await;
            let path = if scrape.is_multiple_of(20) { "/metrics" } else { "/metrics/routing" };
            // A scrape that fails is one less.
            if let Ok(answer) = http.get(format!("http://{address}{path}")).send().await {
                let _ = answer.bytes().await;
            }
        }
    };
    Ok(Scraping(tokio::spawn(scraping)))
}
