//! Each command, as a function of its arguments.

use std::io;
use std::path::PathBuf;

use dossier_document::DocumentTypeId;
use dossier_engine::settings::{EngineSettings, ReaderSettings, StoreSettings};
use dossier_engine::{Engine, EngineError};
use dossier_inference::BackendLost;
use dossier_model::ModelError;
use tokio::signal::unix::{SignalKind, signal};

use super::draw::DrawError;
use super::{
    Cli, Command, CompletionsArgs, DebugCommand, DocsArgs, DocumentTypesArgs, FolderError,
    PluginCommand,
};
use super::{
    backup, check_config, debug, docs, doctor, extract, locate, output, package, plugin, token,
};
use crate::api::{FormError, engine_problem, problem_of_form};
use crate::config::{
    Config, ConfigError, LogLevel, ServeArgs, TelemetryArgs, TelemetryConfig, nobody_publishes,
    reader_settings,
};
use crate::server::{HandedOver, RunningServer, ServeError, serve_on};
use crate::supervisor::State;
use crate::{supervisor, telemetry, user_cache};

/// A command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The configuration can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An argument makes no sense.
    #[error("{0}")]
    Usage(UsageError),
    /// The places of the fields can't be drawn.
    #[error("--draw: {0}")]
    Draw(#[from] DrawError),
    /// Documents of a folder are not read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// This machine does not read documents as it is.
    #[error(transparent)]
    Unwell(#[from] doctor::Unwell),
    /// The configuration was looked at, and can't be served with.
    #[error(transparent)]
    Unservable(check_config::Unservable),
    /// The server did not start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// What reads the documents could not be loaded, or rules can't be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The document can't be read.
    #[error("{}", told(.0))]
    Extract(EngineError),
    /// The same, and what to do about it.
    #[error("{}: {next}", told(.error))]
    ExtractAnd {
        /// Why.
        error: Box<EngineError>,
        /// What to do.
        next: String,
    },
    /// There are no document types where they are looked for.
    #[error(
        "{}: there is no folder `adapters`: run this in the folder of the repository, or name it with --data-root",
        .0.display()
    )]
    NoAdapters(PathBuf),
    /// A model can't be loaded, or does not answer.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// What the model computes on was lost while it served.
    #[error("{0}; start this program again, which its supervisor may do")]
    ModelLost(BackendLost),
    /// Rules can't be run or built.
    #[error(transparent)]
    Plugin(#[from] plugin::PluginCommandError),
    /// A package can't be sent, or the host refuses.
    #[error(transparent)]
    Admin(#[from] package::AdminError),
    /// The file of tokens can't be read or changed.
    #[error(transparent)]
    Token(#[from] token::TokenError),
    /// A backup is asked of a folder that a host has open.
    #[error(
        "{}: a host runs on it: let it make the backup, by its admin API, without --data-dir",
        folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// A component does not compile.
    #[error(transparent)]
    Compile(#[from] dossier_engine::CompileRefusal),
    /// A file can't be read.
    #[error("{}: can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A page can't be written.
    #[error("{}: can't be written: {source}", folder.display())]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The output can't be written.
    #[error("the output can't be written: {0}")]
    Output(#[source] io::Error),
    /// The operating system gives no signals, or another subscriber for logs is installed.
    #[error("the process can't be set up: {0}")]
    Process(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// An argument makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// A list of fields has a text that is none.
    #[error("--fields: {}", problem_of_form(.0).detail)]
    Fields(FormError),
    /// A text is no document type.
    #[error("--document-type: {0}")]
    DocumentType(#[from] dossier_document::InvalidDocumentTypeId),
    /// A folder stands where the pages of one document do.
    #[error(
        "{}: is a folder: add --out results.jsonl (or .csv, .parquet, or - for JSON lines here) to read the \
         documents in it",
        .0.display()
    )]
    Folder(PathBuf),
}

/// Runs one command to its end.
///
/// # Errors
/// When it fails; what it had printed until then stays printed.
pub async fn run(cli: Cli) -> Result<(), CommandError> {
    match cli.command {
        Command::Serve(args) => serve_until_told(*args).await,
        Command::CheckConfig(args) => check_config::run(*args).await,
        Command::Extract(args) => extract::run(*args).await,
        Command::Doctor(args) => doctor::run(*args).await,
        Command::Locate(args) => locate::locate(&args),
        Command::DocumentTypes(args) => list_document_types(args).await,
        Command::Debug { command: DebugCommand::Compile(args) } => debug::compile(&args),
        Command::Plugin { command } => run_plugin(command).await,
        Command::Package { command } => package::run(command).await,
        Command::Backup(args) => backup::back_up(args).await,
        Command::Restore(args) => backup::restore(&args),
        Command::Token { command } => Ok(token::run(command)?),
        Command::Debug { command: DebugCommand::Forward(args) } => debug::forward(&args),
        Command::Debug { command: DebugCommand::Generate(args) } => debug::generate(&args),
        Command::Completions(CompletionsArgs { shell }) => {
            output::completions(shell).map_err(CommandError::Output)
        }
        Command::Docs(DocsArgs { folder }) => {
            docs::write(&folder).map_err(|source| CommandError::Unwritable { folder, source })
        }
    }
}

async fn run_plugin(command: PluginCommand) -> Result<(), CommandError> {
    match command {
        PluginCommand::New(args) => plugin::new(&args),
        PluginCommand::Build(args) => plugin::build(args),
        PluginCommand::Test(args) => plugin::test(*args).await,
        PluginCommand::Run(args) => plugin::run(*args).await,
        PluginCommand::Inspect(args) => plugin::inspect(&args),
        PluginCommand::Bench(args) => plugin::bench(*args).await,
    }
}

async fn serve_until_told(args: ServeArgs) -> Result<(), CommandError> {
    let sockets = HandedOver::of_environment().map_err(ServeError::from)?;
    let (mut config, telemetry) = Config::resolve(args)?;
    install(telemetry)?;
    if let Some(platform) = &mut config.platform {
        let program = std::env::current_exe();
        platform.compile_in(program.map_err(|error| CommandError::Process(error.into()))?);
    }
    config.code_dir = user_cache::compiled_rules();
    tracing::info!(?config, "starting");
    // A signal during the load ends the process by its default action: nothing is in work yet.
    let server = serve_on(sockets, config).await?;
    supervisor::tell(State::Ready);
    let lost = tokio::select! {
        told = wait_for_signal(&server) => {
            told.map_err(|error| CommandError::Process(error.into()))?;
            None
        }
        lost = server.model_lost() => Some(lost),
    };
    if let Some(lost) = &lost {
        tracing::error!(%lost, "the model is lost");
    }
    supervisor::tell(State::Stopping);
    server.shutdown().await;
    lost.map_or(Ok(()), |lost| Err(CommandError::ModelLost(lost)))
}

async fn list_document_types(args: DocumentTypesArgs) -> Result<(), CommandError> {
    install_quiet(args.telemetry)?;
    let engine = engine_of_folders(reader_settings(args.reader)?, None).await?;
    let snapshot = engine.reader.snapshot().pin();
    output::document_types(&snapshot, args.json).map_err(CommandError::Output)
}

/// An engine that serves the folders of the data root, or one document type of them.
pub(super) async fn engine_of_folders(
    reader: ReaderSettings,
    only: Option<DocumentTypeId>,
) -> Result<Engine, CommandError> {
    if !reader.adapters().is_dir() {
        return Err(CommandError::NoAdapters(reader.data_root));
    }
    let code_dir = user_cache::compiled_rules();
    let store = StoreSettings::Temporary { code_dir, only };
    let packages = nobody_publishes();
    match Engine::start(EngineSettings { reader, packages, store }).await {
        Err(error @ EngineError::UnknownDocumentType) => Err(CommandError::Extract(error)),
        started => Ok(started?),
    }
}

/// Waits until the process is told to end. SIGHUP tells it to read its files again.
async fn wait_for_signal(server: &RunningServer) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = hang_up.recv() => server.reload_files(),
        }
    }
}

/// Outside `serve`, the log shows what needs a look only.
///
/// # Errors
/// When another subscriber for logs is installed.
pub fn install_quiet(args: TelemetryArgs) -> Result<(), CommandError> {
    let level = args.log_level.unwrap_or(LogLevel::Warn);
    install(TelemetryConfig { format: args.log_format.unwrap_or_default(), level })
}

fn install(config: TelemetryConfig) -> Result<(), CommandError> {
    telemetry::install(config).map_err(|error| CommandError::Process(error.into()))
}

/// What a client of the server would be told; here the cause is told too, for both are one person.
fn told(error: &EngineError) -> String {
    let problem = engine_problem(error);
    let cause = problem.cause.unwrap_or(problem.detail);
    match problem.plugin {
        Some(plugin) => format!("{}: {plugin}: {cause} ({})", problem.title, problem.code),
        None => format!("{}: {cause} ({})", problem.title, problem.code),
    }
}
