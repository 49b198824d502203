//! The binary: arguments in, exit code out.
#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use dossier::ServeError;
use dossier::cli::{Cli, CommandError, FolderError, print_error, run, with_causes};

/// `EX_CONFIG` of sysexits.h.
const BAD_CONFIGURATION: u8 = 64;
/// `dossier debug compile` tells a component that is refused apart from a process that was killed.
const COMPONENT_REFUSED: u8 = dossier_engine::CompileProbe::REFUSED;
/// What clap uses for usage errors, too.
const BAD_USAGE: u8 = 2;
/// What a shell reports of a process that Ctrl-C ended.
const STOPPED: u8 = 130;

/// How long the rest of the process has to end once its model is lost.
const LOST_GRACE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let cli = Cli::parse();
    match start(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&with_causes(&*error));
            match error.downcast_ref::<CommandError>() {
                Some(
                    CommandError::Config(_)
                    | CommandError::Serve(
                        ServeError::File(_) | ServeError::HandOver(_) | ServeError::Jobs(_),
                    ),
                ) => ExitCode::from(BAD_CONFIGURATION),
                Some(CommandError::Usage(_)) => ExitCode::from(BAD_USAGE),
                Some(CommandError::Folder(FolderError::Stopped)) => ExitCode::from(STOPPED),
                Some(CommandError::Compile(_)) => ExitCode::from(COMPONENT_REFUSED),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn start(cli: Cli) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the async runtime does not start")?;
    let ended = runtime.block_on(run(cli));
    if let Err(CommandError::ModelLost(_)) = &ended {
        // A thread may wait for what is lost for ever.
        runtime.shutdown_timeout(LOST_GRACE);
    }
    Ok(ended?)
}
