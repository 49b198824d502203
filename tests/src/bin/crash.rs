//! `cargo run -p dossier-tests --bin crash -- --kills 200`: kills the host at random moments of
//! publishing, activating and rolling back, and checks what it starts again with.

use std::path::PathBuf;

use clap::Parser;
use dossier_tests::crash;

/// Kills the host at random moments and checks what it starts again with.
#[derive(Parser)]
struct Args {
    /// How often.
    #[arg(long, default_value_t = 200)]
    kills: usize,
    /// Decides the moments and the changes.
    #[arg(long, default_value_t = 20_261_124)]
    seed: u64,
    /// The host [default: dossier-under-test beside this program].
    #[arg(long)]
    binary: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let beside = std::env::current_exe()?.with_file_name("dossier-under-test");
    let report = crash(&args.binary.unwrap_or(beside), args.kills, args.seed).await?;
    let mut output = std::io::stdout().lock();
    std::io::Write::write_all(&mut output, format!("{report:#?}\n").as_bytes())?;
    Ok(())
}
