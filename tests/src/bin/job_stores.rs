//! `cargo run -p dossier-tests --bin job_stores`: jobs on a real PostgreSQL and woken over a real NATS, which this
//! starts and kills.

use std::path::PathBuf;

use clap::Parser;
use dossier_tests::{WorkArgs, job_stores, work};

/// Does with both what any store of jobs must do, alone and as several hosts, and kills what can be killed.
#[derive(Parser)]
struct Args {
    /// How often something is killed.
    #[arg(long, default_value_t = 200)]
    kills: usize,
    /// How many runs are compared with a model.
    #[arg(long, default_value_t = 12)]
    seeds: u64,
    /// Decides what is killed, and when.
    #[arg(long, default_value_t = 20_261_201)]
    seed: u64,
    /// The host [default: dossier-under-test beside this program].
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Reads documents, as one of the hosts that are killed.
    #[arg(long, hide = true, num_args = 3, value_names = ["POSTGRES", "NATS", "LEDGER"])]
    work: Option<Vec<String>>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some([postgres, nats, ledger]) = args.work.as_deref() {
        let (postgres, nats, ledger) = (postgres.clone(), nats.clone(), PathBuf::from(ledger));
        return work(WorkArgs { postgres, nats, ledger }).await;
    }
    let worker = std::env::current_exe()?;
    let host = args.binary.unwrap_or_else(|| worker.with_file_name("dossier-under-test"));
    let report = job_stores((&worker, &host), args.kills, args.seeds, args.seed).await?;
    let mut output = std::io::stdout().lock();
    std::io::Write::write_all(&mut output, format!("{report:#?}\n").as_bytes())?;
    Ok(())
}
