//! `cargo run -p dossier-tests --bin reload`: what a reload costs under load, and whether a
//! thousand of them cost anything for good.

use clap::Parser;
use dossier_tests::{ReloadSubject, measure_reloads};

/// Reloads rules while clients read, and prints the figures as JSON.
#[derive(Parser)]
struct Args {
    /// Rules that serve.
    #[arg(long, default_value_t = 20)]
    plugins: u32,
    /// Reloads.
    #[arg(long, default_value_t = 1000)]
    reloads: u32,
    /// Clients that read all the while.
    #[arg(long, default_value_t = 2)]
    clients: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args { plugins, reloads, clients } = Args::parse();
    let subject = ReloadSubject { plugins, reloads, clients };
    let figures = measure_reloads(subject).await?.to_json(&subject);
    let text = serde_json::to_string_pretty(&figures)?;
    let mut output = std::io::stdout().lock();
    Ok(std::io::Write::write_all(&mut output, format!("{text}\n").as_bytes())?)
}
