//! What an operator may set: keys are declared in `keys`, typed as [`ServeArgs`] or written in a
//! [`FileConfig`], and become one validated [`Config`] before anything is loaded or a port is bound.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use dossier_engine::settings::ReaderSettings;
use key::Group;

mod declare;
mod key;
mod value;
pub(crate) use key::{Form, Key};

mod keys;
pub use keys::{
    AccessArgs, HttpArgs, JobsArgs, JwtArgs, ModelArgs, PlatformArgs, ReadingArgs, RootArgs,
    SharingArgs, TelemetryArgs, TlsArgs,
};

mod args;
pub use args::{ReaderArgs, ServeArgs};

mod file;
pub(crate) use file::{EntryKeys, entries};
pub use file::{FileConfig, FileSigningKey, FileToken};

mod effective;
pub use effective::PlacedArgs;
pub(crate) use effective::{Place, Setting, effective};

mod jobs;
pub use jobs::{JobsConfig, JobsKey, JobsStore, NatsConfig, ServerFiles};

mod jwt;
pub use jwt::JwtConfig;

mod sharing;
pub use sharing::{BucketConfig, SharingConfig};

mod platform;
pub(crate) use platform::patterns_of;
pub use platform::{AdminConfig, CompileLimits, PlatformConfig, Token, nobody_publishes};

mod reader;
pub use reader::reader_settings;

/// Limits that nobody needs to set.
pub mod defaults {
    use std::time::Duration;

    /// Connections beside the shared ones over which probes alone are answered.
    pub const PROBE_CONNECTIONS: usize = 16;
    /// Probes are sent at once, by machines nearby.
    pub const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
    /// Requests that one connection may make; the answer to the last closes it.
    pub const CONNECTION_REQUESTS: usize = 1000;
    /// What is answered over an older connection closes it.
    pub const CONNECTION_LIFE: Duration = Duration::from_secs(600);
    /// Request heads with more lines than this are refused (431).
    pub const MAX_HEADERS: usize = 64;
    /// Bytes of a request head and of one read of its body; hyper's least is 8,192.
    pub const MAX_HEAD_BYTES: usize = 32 * 1024;
}

/// Everything `dossier serve` runs with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address and port the server listens on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where metrics are, beside the admin listener.
    pub metrics: MetricsConfig,
    /// What reads the documents.
    pub reader: ReaderSettings,
    /// Limits of the HTTP side.
    pub http: HttpLimits,
    /// Who may send documents.
    pub access: AccessConfig,
    /// What the listener of documents shows; without it, everything is in the clear.
    pub tls: Option<TlsConfig>,
    /// What the admin API's shows.
    pub admin_tls: Option<TlsConfig>,
    /// Where traces go; without it, nowhere.
    pub traces: Option<TracesConfig>,
    /// Packages that come and go while the host serves; without it, the folders are served.
    pub platform: Option<PlatformConfig>,
    /// A catalogue that many hosts share; without it, this host has its own.
    pub sharing: Option<SharingConfig>,
    /// Documents that are read later; without it, none are.
    pub jobs: Option<JobsConfig>,
    /// Whether pages for people are served, beside documents and the admin API.
    pub console: bool,
    /// Where compiled code is kept for the next process, if there is no data directory. Nothing that
    /// is typed says so: it follows from who starts the host.
    pub code_dir: Option<PathBuf>,
}

/// Where traces go.
#[derive(Clone, Debug)]
pub struct TracesConfig {
    /// The address of the collector.
    pub endpoint: String,
    /// Of a hundred that begin here, those that are kept.
    pub percent: u64,
}

/// Who may send documents.
#[derive(Clone, Debug, Default)]
pub struct AccessConfig {
    /// The file of clients' tokens; without it, everybody may send documents.
    pub tokens_file: Option<PathBuf>,
    /// The identity provider whose tokens are taken.
    pub jwt: Option<JwtConfig>,
    /// Whether everybody may, whoever reaches the address.
    pub allow_anonymous: bool,
    /// Where every document that is read stands in a line.
    pub audit_file: Option<PathBuf>,
}

/// What a listener shows, and whom clients must be known by.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// PEM file of its certificate, and of those between it and an authority.
    pub certificate: PathBuf,
    /// PEM file of its private key.
    pub key: PathBuf,
    /// PEM file of the authorities of clients; without it, clients show nothing.
    pub client_ca: Option<PathBuf>,
}

/// Where metrics are, beside the admin listener.
#[derive(Clone, Copy, Debug, Default)]
pub struct MetricsConfig {
    /// A listener for them alone.
    pub listen: Option<SocketAddr>,
    /// Whether they are on the listener for documents too.
    pub on_listen: bool,
}

/// Limits of the HTTP side.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Open connections at most. One that does nothing gives way to a further one; while all are in work,
    /// further ones may ask for probes only.
    pub connections: usize,
    /// Documents in work or waiting at most; one more is answered 429.
    pub concurrent_requests: usize,
    /// Length of a request body in bytes.
    pub body_bytes: usize,
    /// Bytes of all request bodies together, those that arrive and those of documents in work.
    pub all_bodies_bytes: usize,
    /// Time for a request's head to arrive.
    pub header_timeout: Duration,
    /// Time for a request's whole body to arrive.
    pub body_timeout: Duration,
    /// Time from a request's head to its answer.
    pub request_timeout: Duration,
    /// Time that an answer may stand still because its client takes nothing of it.
    pub write_timeout: Duration,
    /// Time during which `/readyz` already fails and requests are still taken.
    pub drain_delay: Duration,
    /// Time that requests in work have to finish after that.
    pub shutdown_timeout: Duration,
    /// Answers that are kept for requests that are sent again.
    pub idempotency: IdempotencyLimits,
}

/// Answers that are kept for requests with an `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyLimits {
    /// Answers, and requests in work; none takes keys at all.
    pub entries: usize,
    /// Bytes of answers.
    pub bytes: usize,
    /// How long one is kept.
    pub ttl: Duration,
}

impl HttpLimits {
    /// Time after which a connection is closed, whatever it does: one that grows old is told with its next
    /// answer, and this is how long that may take.
    #[must_use]
    pub fn longest_connection(&self) -> Duration {
        let request = self.header_timeout.saturating_add(self.request_timeout);
        let answer = request.saturating_add(self.write_timeout);
        defaults::CONNECTION_LIFE.saturating_add(answer)
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Lines for people.
    #[default]
    Text,
}

/// How much is logged of dossier's own crates; the others log warnings only, whatever is set here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What needs somebody to look.
    Error,
    /// What may.
    Warn,
    /// Requests, start and stop.
    #[default]
    Info,
    /// The steps of a request.
    Debug,
    /// Everything.
    Trace,
}

/// Where and how log lines are written; they go to the standard error stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TelemetryConfig {
    /// How the lines look.
    pub format: LogFormat,
    /// How much is logged.
    pub level: LogLevel,
}

/// The configuration can't be used; the process ends with code 64.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The configuration file can't be read.
    #[error("{}: can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The configuration file is longer than any that makes sense.
    #[error("{}: longer than {} bytes", path.display(), file::MOST_FILE_BYTES)]
    FileTooLong {
        /// The file.
        path: PathBuf,
    },
    /// The configuration file has an unknown key, or a value that its key does not take.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What and where.
        source: Box<toml::de::Error>,
    },
    /// A value makes no sense beside another.
    #[error("{key}: {reason}")]
    Invalid {
        /// The key, as the file names it.
        key: &'static str,
        /// What is wrong with its value.
        reason: &'static str,
    },
    /// An entry of a list makes no sense.
    #[error("{list}: entry {}: {key}: {reason}", index + 1)]
    Entry {
        /// The list, as the file names it.
        list: &'static str,
        /// Its position, counted from 0.
        index: usize,
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// A folder does not exist.
    #[error("{key}: there is no folder {}", path.display())]
    NoFolder {
        /// The key, as the file names it.
        key: &'static str,
        /// The folder.
        path: PathBuf,
    },
}

/// A group of keys, for whoever looks for one or documents them.
pub(crate) struct KeyGroup {
    /// Its heading.
    pub(crate) title: &'static str,
    /// What it is about.
    pub(crate) about: String,
    /// Its keys.
    pub(crate) keys: &'static [Key],
}

impl KeyGroup {
    fn of<G: Group>() -> Self {
        Self { title: G::TITLE, about: key::sentences(G::ABOUT), keys: G::keys() }
    }
}

/// Every group there is.
pub(crate) fn groups() -> [KeyGroup; 11] {
    [
        KeyGroup::of::<HttpArgs>(),
        KeyGroup::of::<AccessArgs>(),
        KeyGroup::of::<JwtArgs>(),
        KeyGroup::of::<TlsArgs>(),
        KeyGroup::of::<PlatformArgs>(),
        KeyGroup::of::<SharingArgs>(),
        KeyGroup::of::<JobsArgs>(),
        KeyGroup::of::<RootArgs>(),
        KeyGroup::of::<ModelArgs>(),
        KeyGroup::of::<ReadingArgs>(),
        KeyGroup::of::<TelemetryArgs>(),
    ]
}

impl Config {
    /// Settles what was typed: a flag wins over its environment variable, that over the file, that
    /// over the default.
    ///
    /// # Errors
    /// When the file can't be read, has an unknown key, or a value makes no sense; the error names it.
    pub fn resolve(args: ServeArgs) -> Result<(Self, TelemetryConfig), ConfigError> {
        let file = FileConfig::of(&args)?;
        Self::settle(args, file)
    }

    /// Settles what was typed over a file that is read.
    ///
    /// # Errors
    /// When a value makes no sense; the error names its key.
    pub(crate) fn settle(
        args: ServeArgs,
        file: FileConfig,
    ) -> Result<(Self, TelemetryConfig), ConfigError> {
        let platform = args.platform.over(file.platform.clone());
        let platform = PlatformConfig::settle(&platform, &file)?;
        let has_data_dir = platform.as_ref().is_some_and(|platform| platform.data_dir.is_some());
        let http = args.http.over(file.http);
        let access = args.access.over(file.access);
        let (tls, admin_tls) = args.tls.over(file.tls).settle()?;
        let telemetry = args.telemetry.over(file.telemetry);
        let telemetry = TelemetryConfig {
            format: telemetry.log_format(),
            level: telemetry.log_level().unwrap_or_default(),
        };
        let config = Self {
            listen: http.listen(),
            metrics: MetricsConfig {
                listen: http.metrics_listen(),
                on_listen: http.metrics_on_listen(),
            },
            reader: reader::settle(&args.reader.over(file.reader)),
            http: http.limits(),
            access: AccessConfig {
                tokens_file: access.tokens_file(),
                jwt: args.jwt.over(file.jwt).settle()?,
                allow_anonymous: access.allow_anonymous(),
                audit_file: access.audit_file(),
            },
            tls,
            admin_tls,
            traces: http
                .traces_endpoint()
                .map(|endpoint| TracesConfig { endpoint, percent: http.traces_percent() }),
            sharing: args.sharing.over(file.sharing).settle(has_data_dir)?,
            platform,
            jobs: args.jobs.over(file.jobs).settle()?,
            console: http.console(),
            code_dir: None,
        };
        config.validate()?;
        Ok((config, telemetry))
    }

    /// Checks what no key can tell by itself.
    ///
    /// # Errors
    /// The first value that makes no sense beside another, by its key.
    fn validate(&self) -> Result<(), ConfigError> {
        if self.http.all_bodies_bytes < self.http.body_bytes {
            let reason = "must not be less than max_body_bytes";
            return Err(ConfigError::Invalid { key: "max_all_bodies_bytes", reason });
        }
        if self.http.body_timeout > self.http.request_timeout {
            let reason = "must not be longer than request_timeout_ms";
            return Err(ConfigError::Invalid { key: "body_timeout_ms", reason });
        }
        let is_address = |endpoint: &str| {
            let address = endpoint.parse::<axum::http::Uri>().ok();
            let scheme = address.as_ref().and_then(|address| address.scheme_str());
            matches!(scheme, Some("http" | "https"))
        };
        if self.traces.as_ref().is_some_and(|traces| !is_address(&traces.endpoint)) {
            let reason = "must be an address that begins with http:// or https://";
            return Err(ConfigError::Invalid { key: "traces_endpoint", reason });
        }
        let knows_clients = self.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
        let AccessConfig { tokens_file, jwt, .. } = &self.access;
        let is_for_anybody = tokens_file.is_none() && jwt.is_none() && !knows_clients;
        if is_for_anybody && !self.access.allow_anonymous && !self.listen.ip().is_loopback() {
            let reason = "others than this machine would reach it, and nothing tells who may send \
                          documents: set tokens_file, jwt_issuer or tls_client_ca, or allow_anonymous where something in front does";
            return Err(ConfigError::Invalid { key: "listen", reason });
        }
        reader::validate(&self.reader)
    }
}

impl TlsArgs {
    /// What either listener shows.
    fn settle(&self) -> Result<(Option<TlsConfig>, Option<TlsConfig>), ConfigError> {
        let documents = [self.tls_certificate(), self.tls_key(), self.tls_client_ca()];
        let admin =
            [self.admin_tls_certificate(), self.admin_tls_key(), self.admin_tls_client_ca()];
        Ok((
            listener_tls(documents, ["tls_certificate", "tls_key", "tls_client_ca"])?,
            listener_tls(admin, ["admin_tls_certificate", "admin_tls_key", "admin_tls_client_ca"])?,
        ))
    }
}

fn listener_tls(
    files: [Option<PathBuf>; 3],
    keys: [&'static str; 3],
) -> Result<Option<TlsConfig>, ConfigError> {
    let alone = |key| {
        let reason = "a certificate and its key are wanted together, with client_ca or without";
        Err(ConfigError::Invalid { key, reason })
    };
    match files {
        [None, None, None] => Ok(None),
        [Some(certificate), Some(key), client_ca] => {
            Ok(Some(TlsConfig { certificate, key, client_ca }))
        }
        [Some(_), None, _] => alone(keys[0]),
        [None, Some(_), _] => alone(keys[1]),
        [None, None, Some(_)] => alone(keys[2]),
    }
}

impl HttpArgs {
    fn limits(&self) -> HttpLimits {
        let milliseconds = Duration::from_millis;
        HttpLimits {
            connections: self.max_connections(),
            concurrent_requests: self.max_concurrent_requests(),
            body_bytes: self.max_body_bytes(),
            all_bodies_bytes: self.max_all_bodies_bytes(),
            header_timeout: milliseconds(self.header_timeout_ms()),
            body_timeout: milliseconds(self.body_timeout_ms()),
            request_timeout: milliseconds(self.request_timeout_ms()),
            write_timeout: milliseconds(self.write_timeout_ms()),
            drain_delay: milliseconds(self.drain_delay_ms()),
            shutdown_timeout: milliseconds(self.shutdown_timeout_ms()),
            idempotency: IdempotencyLimits {
                entries: self.idempotency_entries(),
                bytes: self.idempotency_bytes(),
                ttl: milliseconds(self.idempotency_ttl_ms()),
            },
        }
    }
}

#[cfg(test)]
mod tests;
