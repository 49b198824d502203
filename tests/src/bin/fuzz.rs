//! `cargo run -p dossier-tests --bin fuzz -- --seconds 20`: gives what strangers send, and changes it
//! a little each time, to what reads it first.
#![forbid(unsafe_code)]

use std::time::Duration;

use clap::Parser;
use dossier_tests::fuzz::{Target, run};

/// Looks for inputs that make the code of this workspace panic, or answer against its word.
#[derive(Parser)]
struct Args {
    /// How long each target is tried.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Decides the inputs; the same number tries the same ones in the same order.
    #[arg(long, default_value_t = 20_261_129)]
    seed: u64,
    /// Only this target.
    #[arg(long)]
    target: Option<Target>,
    /// Only this input, instead of many.
    #[arg(long, requires = "target")]
    input: Option<std::path::PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let targets = args.target.map_or_else(|| Target::ALL.to_vec(), |target| vec![target]);
    if let (Some(path), [target]) = (&args.input, targets.as_slice()) {
        return target.prepare()?.try_once(&std::fs::read(path)?);
    }
    for target in targets {
        let report = run(target, Duration::from_secs(args.seconds), args.seed)?;
        let mut output = std::io::stdout().lock();
        std::io::Write::write_all(&mut output, format!("{report}\n").as_bytes())?;
    }
    Ok(())
}
