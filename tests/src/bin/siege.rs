//! `cargo run -p dossier-tests --bin siege`: attacks a host as strangers would, measures what is left for
//! everybody else, and fails where that is less than its bar.
#![forbid(unsafe_code)]

use std::path::PathBuf;

use clap::Parser;
use dossier_tests::siege::{Attack, Size, besiege};

/// Attacks a host and prints a table of what good clients still get.
#[derive(Parser)]
struct Args {
    /// Fewer documents and shorter attacks: at most a minute all together.
    #[arg(long)]
    short: bool,
    /// Only this attack.
    #[arg(long)]
    attack: Option<Attack>,
    /// The host [default: dossier-under-test beside this program].
    #[arg(long)]
    binary: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let beside = std::env::current_exe()?.with_file_name("dossier-under-test");
    let binary = args.binary.unwrap_or(beside);
    let attacks = args.attack.map_or_else(|| Attack::ALL.to_vec(), |attack| vec![attack]);
    let size = if args.short { Size::SHORT } else { Size::FULL };
    let report = besiege(&binary, &attacks, size).await?;
    let mut output = std::io::stdout().lock();
    std::io::Write::write_all(&mut output, report.to_string().as_bytes())?;
    drop(output);
    report.within_bars()
}
