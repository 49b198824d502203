//! `cargo run -p dossier-tests --bin crash -- --kills 200`: kills the host at random moments of
//! publishing, activating and rolling back, and checks what it starts again with. With `--jobs`, of sending
//! jobs, reading and erasing them.

use std::path::PathBuf;

use clap::Parser;
use dossier_tests::{crash, crash_jobs};

/// Kills the host at random moments and checks what it starts again with.
#[derive(Parser)]
struct Args {
    /// How often.
    #[arg(long, default_value_t = 200)]
    kills: usize,
    /// Decides the moments and the changes.
    #[arg(long, default_value_t = 20_261_124)]
    seed: u64,
    /// While jobs are sent, read and erased, instead of packages published.
    #[arg(long)]
    jobs: bool,
    /// The host [default: dossier-under-test beside this program].
    #[arg(long)]
    binary: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let beside = std::env::current_exe()?.with_file_name("dossier-under-test");
    let binary = args.binary.unwrap_or(beside);
    let report = match args.jobs {
        true => format!("{:#?}\n", crash_jobs(&binary, args.kills, args.seed).await?),
        false => format!("{:#?}\n", crash(&binary, args.kills, args.seed).await?),
    };
    let mut output = std::io::stdout().lock();
    std::io::Write::write_all(&mut output, report.as_bytes())?;
    Ok(())
}
