//! `cargo run -p dossier-tests --bin shared_hosts`: hosts that share one catalogue, on a real PostgreSQL and a real
//! server that speaks S3's protocol, which this starts, kills and cuts off.

use std::path::PathBuf;

use clap::Parser;
use dossier_tests::{SharedHostsArgs, shared_hosts};

/// Publishes and changes through any of four hosts, and kills and cuts off whatever can be.
#[derive(Parser)]
struct Args {
    /// Changes whose convergence is measured.
    #[arg(long, default_value_t = 12)]
    changes: u32,
    /// How often a host or the database is killed.
    #[arg(long, default_value_t = 25)]
    kills: usize,
    /// A server that speaks S3's protocol: `moto_server`, from PyPI. Without it, hosts share a folder.
    #[arg(long)]
    s3: Option<PathBuf>,
    /// The host [default: dossier-under-test beside this program].
    #[arg(long)]
    binary: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args { changes, kills, s3, binary } = Args::parse();
    let beside = std::env::current_exe()?.with_file_name("dossier-under-test");
    let host = binary.unwrap_or(beside);
    let report = shared_hosts(&SharedHostsArgs { host, s3, changes, kills }).await?;
    let mut output = std::io::stdout().lock();
    std::io::Write::write_all(&mut output, format!("{report:#?}\n").as_bytes())?;
    Ok(())
}
