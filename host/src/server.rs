//! A server, from its start to its end.
//!
//! hyper is driven by hand because its limits are set here: `axum::serve` has none, and hyper's own
//! header timeout does nothing without a timer.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dossier_engine::settings::{EngineSettings, StoreSettings};
use dossier_engine::{Engine, EngineError, Reader, Reload, StoreLifetime, Watch};
use dossier_inference::BackendLost;
use tokio::time::sleep;

use crate::admin::{self, Admin};
use crate::api::{App, KeptJobs, Workers, metrics_router, router};
use crate::audit::Audit;
use crate::auth::jwt::{JwtVerifier, KeySource};
use crate::auth::token_file::ClientTokens;
use crate::auth::{Access, KeySourceError};
use crate::config::{AdminConfig, Config, HttpLimits, nobody_publishes};
use crate::jobs::{self, JobsStartError};
use crate::metrics::{Exposition, Listener, Source};
use crate::outgoing::guarded::Reach;
use crate::reloaded::{FileError, Refresh, Refreshing};
use crate::sharing::{self, SharingStartError};
use crate::traces::Traces;

mod activity;
mod check;
pub(crate) use check::{Checked, Outcome, check};

mod connection;
mod gate;

mod handed_over;
pub use handed_over::{HandOverError, HandedOver};

mod heads;
mod tls;
mod wire;
use tls::Tls;

mod listening;
use listening::{Listening, Socket, bind};

/// Time for the last traces, once nothing is in work any more.
const LAST_TRACES: Duration = Duration::from_secs(2);

/// The server could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// What reads the documents could not be loaded.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file of tokens, certificates or keys can't be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The keys of an identity provider can't be had.
    #[error("jwt_keys: {0}")]
    Keys(#[from] KeySourceError),
    /// No client for the address of traces can be made.
    #[error("traces_endpoint: {0}")]
    Traces(#[source] reqwest::Error),
    /// What hosts share can't be reached as the configuration says.
    #[error(transparent)]
    Sharing(#[from] SharingStartError),
    /// Jobs can't be kept.
    #[error(transparent)]
    Jobs(#[from] JobsStartError),
    /// A socket that was handed over can't be used.
    #[error(transparent)]
    HandOver(#[from] HandOverError),
    /// The address can't be listened on.
    #[error("{address}: can't listen: {source}{}", match source.kind() {
        io::ErrorKind::AddrInUse => ": stop what listens there, or name another address, such as --listen 127.0.0.1:0",
        _ => "",
    })]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A server at work. Dropping it stops accepting; [`RunningServer::shutdown`] ends it in order.
#[derive(Debug)]
pub struct RunningServer {
    documents: Listening,
    admin: Option<Listening>,
    metrics: Option<Listening>,
    packages: Option<Packages>,
    files: Option<Refreshing>,
    workers: Option<Workers>,
    app: Arc<App>,
    drain_delay: Duration,
    shutdown_timeout: Duration,
}

/// What lets packages come and go.
#[derive(Debug)]
struct Packages {
    reload: Reload,
    watch: Option<Watch>,
    store: StoreLifetime,
}

/// Loads everything, then listens: whoever can connect is answered.
///
/// # Errors
/// When an artifact can't be loaded, or an address can't be listened on.
pub async fn serve(config: Config) -> Result<RunningServer, ServeError> {
    serve_on(HandedOver::default(), config).await
}

/// The same on sockets that were handed over, where they have the addresses of the configuration.
///
/// # Errors
/// As [`serve`], and when one of the sockets has no address of the configuration.
pub async fn serve_on(
    mut sockets: HandedOver,
    config: Config,
) -> Result<RunningServer, ServeError> {
    let Config {
        listen: address,
        metrics,
        reader,
        http,
        access,
        tls,
        admin_tls,
        traces,
        platform,
        sharing: shared,
        jobs,
        console,
        code_dir,
    } = config;
    // Ahead of what takes long: a mistake is told at once.
    let of_admin = platform.as_ref().and_then(|platform| platform.admin.as_ref());
    let of_admin = of_admin.map(|admin| admin.listen);
    let asked = [Some(address), of_admin, metrics.listen];
    sockets.refuse_unasked(&asked.into_iter().flatten().collect::<Vec<_>>())?;
    let mut files = Vec::new();
    let tokens = access.tokens_file.as_deref().map(ClientTokens::load).transpose()?.map(Arc::new);
    files.extend(tokens.iter().map(|tokens| Arc::clone(tokens) as Arc<dyn Refresh>));
    let jwt = match &access.jwt {
        None => None,
        Some(config) => {
            let keys = KeySource::open(config).await?;
            files.extend(keys.file());
            Some(JwtVerifier::new(config, keys))
        }
    };
    let audit = access.audit_file.as_deref().map(|path| {
        let unwritable = |source| FileError::Unwritable { path: path.to_owned(), source };
        Audit::open(path).map_err(unwritable)
    });
    let audit = audit.transpose()?;
    let access = Access::new(tokens, jwt);
    let [tls, admin_tls] = [tls, admin_tls].map(|config| {
        let tls = config.map(|config| tls::load(&config)).transpose();
        tls.map(|tls| tls.map(Arc::new))
    });
    let (tls, admin_tls) = (tls?, admin_tls?);
    let shown = [&tls, &admin_tls].into_iter().flatten();
    files.extend(shown.map(|tls| Arc::clone(tls) as Arc<dyn Refresh>));
    let (kept, workers) = match &jobs {
        None => (None, 0),
        Some(config) => {
            let jobs = jobs::open(config).await?;
            let reach = if config.webhooks_to_private { Reach::Everything } else { Reach::Public };
            (Some(KeptJobs { jobs, most_documents: config.documents, reach }), config.workers)
        }
    };
    let data_dir = platform.as_ref().and_then(|platform| platform.data_dir.clone());
    let store = match data_dir {
        Some(data_dir) => {
            let shared = shared.as_ref().map(sharing::open).transpose()?;
            StoreSettings::Kept { data_dir, shared }
        }
        None => StoreSettings::Temporary { code_dir, only: None },
    };
    let packages = match &platform {
        Some(platform) => platform.package_settings(),
        None => nobody_publishes(),
    };
    // Boxed: it is most of what a start holds while it waits.
    let engine = Box::pin(Engine::start(EngineSettings { reader, packages, store })).await?;
    let Engine { reader, reload, store } = engine;
    let (watched, admin) = match platform {
        Some(platform) => (platform.watch, platform.admin),
        None => (None, None),
    };
    let watch = watched.map(|folder| Watch::start(&folder, reload.clone())).transpose()?;
    let app =
        App::for_whom(reader, http, access).audited(audit).keeping(kept).with_console(console);
    let app = app.following(reload.following());
    let untraced = app.recorder().untraced().clone();
    let traces = traces.map(|config| Traces::start(&config, untraced)).transpose();
    let app = Arc::new(app.traced(traces.map_err(ServeError::Traces)?));
    let recorder = app.recorder().clone();
    let source = Arc::clone(&app) as Arc<dyn Source>;
    let exposition = Arc::new(Exposition::new(&recorder, source, Some(reload.clone())));
    let admin = match admin {
        None => None,
        Some(AdminConfig { listen, tokens }) => {
            let admin = Admin::new(reload.clone(), tokens, http).with_console(console);
            let admin = Arc::new(admin);
            let recorder = recorder.of(Listener::Admin);
            let router = admin::router(admin, Arc::clone(&exposition), recorder.clone());
            let socket = bind(listen, sockets.take(listen))?;
            let listening = Listening::start(socket, router, http, recorder, admin_tls);
            tracing::info!(address = %listening.address, "the admin API listens");
            Some(listening)
        }
    };
    let metrics_listening = match metrics.listen {
        None => None,
        Some(listen) => {
            let recorder = recorder.of(Listener::Metrics);
            let router =
                metrics_router(Arc::clone(&exposition), Arc::clone(&app), recorder.clone());
            let socket = bind(listen, sockets.take(listen))?;
            let listening = Listening::start(socket, router, http, recorder, None);
            tracing::info!(address = %listening.address, "metrics listen");
            Some(listening)
        }
    };
    let here = metrics.on_listen.then_some(exposition);
    let socket = bind(address, sockets.take(address))?;
    let workers = Workers::start(&app, workers);
    let mut server = listen_with(app, socket, http, here, tls);
    server.workers = workers;
    server.admin = admin;
    server.metrics = metrics_listening;
    server.files = Refreshing::start(files);
    server.packages = Some(Packages { reload, watch, store });
    Ok(server)
}

/// Serves everybody with what is loaded already.
///
/// # Errors
/// When the address can't be listened on.
pub async fn listen(
    reader: Reader,
    address: SocketAddr,
    limits: HttpLimits,
) -> Result<RunningServer, ServeError> {
    let socket = bind(address, None)?;
    Ok(listen_with(Arc::new(App::new(reader, limits)), socket, limits, None, None))
}

fn listen_with(
    app: Arc<App>,
    socket: Socket,
    limits: HttpLimits,
    metrics: Option<Arc<Exposition>>,
    tls: Option<Arc<Tls>>,
) -> RunningServer {
    let (router, recorder) = (router(Arc::clone(&app), metrics), app.recorder().clone());
    let scheme = if tls.is_some() { "https" } else { "http" };
    let documents = Listening::start(socket, router, limits, recorder, tls);
    let (drain_delay, shutdown_timeout) = (limits.drain_delay, limits.shutdown_timeout);
    let address = documents.address;
    // For whoever started it by hand: to be opened from where it stands.
    let console = app.has_console().then(|| format!("{scheme}://{address}/"));
    tracing::info!(%address, console, "listening");
    let (admin, metrics, packages, files, workers) = (None, None, None, None, None);
    RunningServer {
        documents,
        admin,
        metrics,
        packages,
        files,
        workers,
        app,
        drain_delay,
        shutdown_timeout,
    }
}

impl RunningServer {
    /// The address it listens on, with the port it was given.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.documents.address
    }

    /// The address of the admin API, if it has one.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|admin| admin.address)
    }

    /// Reads the files of tokens and certificates again, at once.
    pub fn reload_files(&self) {
        if let Some(files) = &self.files {
            files.now();
        }
    }

    /// The address of the listener for metrics alone, if there is one.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|metrics| metrics.address)
    }

    /// Waits until what the model computes on is lost, such as a GPU after an illegal access; for ever, if
    /// it never is. `/readyz` fails then and documents are answered 503: only a new process has it back.
    pub async fn model_lost(&self) -> BackendLost {
        self.app.model_lost().await
    }

    /// From now on `/readyz` fails, and every answer is the last of its connection.
    fn drain(&self) {
        self.app.drain();
        if let Some(workers) = &self.workers {
            workers.finish();
        }
        let listening = [Some(&self.documents), self.admin.as_ref(), self.metrics.as_ref()];
        listening.into_iter().flatten().for_each(Listening::drain);
    }

    /// Ends in order: `/readyz` fails and answers close their connections, so that whoever keeps some goes
    /// elsewhere; then nothing more is accepted, then requests in work finish or are cut off at their deadline.
    pub async fn shutdown(self) {
        self.drain();
        tracing::info!("draining");
        let Self { documents, admin, metrics, packages, workers, app, .. } = self;
        let (drain_delay, shutdown_timeout) = (self.drain_delay, self.shutdown_timeout);
        sleep(drain_delay).await;
        let end = async |listening: Option<Listening>| {
            if let Some(listening) = listening {
                listening.end().await;
            }
        };
        // At the same time: each may take as long as the others.
        let read = async {
            if let Some(workers) = workers {
                workers.end(shutdown_timeout).await;
            }
        };
        tokio::join!(documents.end(), end(admin), end(metrics), read);
        if let Some(traces) = app.recorder().traces() {
            traces.flush(LAST_TRACES).await;
        }
        // The last reference joins the model's thread, which may be in the middle of a batch.
        let _ = tokio::task::spawn_blocking(move || drop(app)).await;
        if let Some(Packages { reload, watch, store }) = packages {
            drop((reload, watch));
            // Then nobody has the data directory open.
            store.ended().await;
        }
        tracing::info!("stopped");
    }
}

#[cfg(test)]
mod tests;
