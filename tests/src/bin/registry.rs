//! `cargo run -p dossier-tests --bin registry`: packages to and from a real registry, which this starts.

use std::path::PathBuf;

use clap::Parser;
use dossier_tests::exchange_with_registry;

/// Pushes, pulls and publishes by way of a registry, and fails unless everything comes back.
#[derive(Parser)]
struct Args {
    /// The registry: the program of the CNCF's Distribution, which Debian packages under this name.
    #[arg(long, default_value = "docker-registry")]
    program: String,
    /// The host [default: dossier-under-test beside this program].
    #[arg(long)]
    binary: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let beside = std::env::current_exe()?.with_file_name("dossier-under-test");
    let report = exchange_with_registry(&args.binary.unwrap_or(beside), &args.program).await?;
    let mut output = std::io::stdout().lock();
    std::io::Write::write_all(&mut output, format!("{report:#?}\n").as_bytes())?;
    Ok(())
}
