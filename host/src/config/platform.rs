//! What an operator may set about packages: where they are kept, who may publish, whose signature
//! counts.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use dossier_document::plain_text;
use dossier_engine::CompileProbe;
use dossier_engine::settings::{PackageSettings, Publisher, PublisherLimits, TrustedKey};
use dossier_store::{CanarySettings, PackageDigest, Pattern, PublicKey, Scope};

use super::{ConfigError, FileConfig, defaults, milliseconds};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Flags of packages that come and go while the host serves.
#[derive(Args, Clone, Debug, Default)]
pub struct PlatformArgs {
    /// Folder for published packages and their catalogue; without it, the folders are served as
    /// they stand at start.
    #[arg(long, env = "DOSSIER_DATA_DIR", value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Address and port of the admin API; needs `data_dir` and tokens [default: none].
    #[arg(long, env = "DOSSIER_ADMIN_LISTEN", value_name = "ADDRESS")]
    pub admin_listen: Option<SocketAddr>,
    /// Take unsigned packages too, for development.
    #[arg(long, env = "DOSSIER_DEV")]
    pub dev: bool,
    /// Folder of components (.wasm) that are reloaded when they change, for development.
    #[arg(long, env = "DOSSIER_WATCH", value_name = "FOLDER")]
    pub watch: Option<PathBuf>,
    /// Requests that a canary answers before its failures count [default: 20].
    #[arg(long, env = "DOSSIER_CANARY_MIN_CALLS", value_name = "N")]
    pub canary_min_calls: Option<u32>,
    /// By how much a canary's share of failures may exceed that of the active version [default: 5].
    #[arg(long, env = "DOSSIER_CANARY_MAX_FAILURE_PERCENT", value_name = "PERCENT")]
    pub canary_max_failure_percent: Option<u32>,
    /// Address space in bytes of the process that compiles a component first [default: 2147483648].
    #[arg(long, env = "DOSSIER_COMPILE_MEMORY_BYTES", value_name = "BYTES")]
    pub compile_memory_bytes: Option<u64>,
    /// Time that this process may take [default: 60000].
    #[arg(long, env = "DOSSIER_COMPILE_TIMEOUT_MS", value_name = "MS")]
    pub compile_timeout_ms: Option<u64>,
    /// Days that a package stays on disk which no kept generation names [default: 30].
    #[arg(long, env = "DOSSIER_PACKAGE_GRACE_DAYS", value_name = "DAYS")]
    pub package_grace_days: Option<u32>,
    /// Take such packages away at start, as `dossier package prune` does at any time.
    #[arg(long, env = "DOSSIER_PRUNE_AT_START")]
    pub prune_at_start: bool,
    /// Bytes of packages on disk of one publisher at most [default: 17179869184].
    #[arg(long, env = "DOSSIER_PUBLISHER_DISK_BYTES", value_name = "BYTES")]
    pub publisher_disk_bytes: Option<u64>,
    /// Publications and changes of one publisher in a minute at most; rollbacks are not counted
    /// [default: 120].
    #[arg(long, env = "DOSSIER_PUBLISHER_CHANGES_A_MINUTE", value_name = "N")]
    pub publisher_changes_a_minute: Option<u32>,
    /// Time of one publication, from its turn on [default: 120000].
    #[arg(long, env = "DOSSIER_PUBLISH_TIMEOUT_MS", value_name = "MS")]
    pub publish_timeout_ms: Option<u64>,
    /// Take packages too whose version is not later than all that their name had.
    #[arg(long, env = "DOSSIER_OLDER_VERSIONS")]
    pub older_versions: bool,
}

/// Packages that come and go while the host serves.
#[derive(Clone, Debug)]
pub struct PlatformConfig {
    /// Where packages and the catalogue are kept; a temporary folder if it is not set.
    pub data_dir: Option<PathBuf>,
    /// The admin API.
    pub admin: Option<AdminConfig>,
    /// Whose signature counts.
    pub signing_keys: Vec<TrustedKey>,
    /// Whether unsigned packages are taken.
    pub dev: bool,
    /// The folder whose components are reloaded when they change.
    pub watch: Option<PathBuf>,
    /// When a canary stops by itself.
    pub canary: CanarySettings,
    /// How components are compiled first; without a program, they are compiled here only.
    pub probe: Option<CompileProbe>,
    /// Limits of that process.
    pub compile: CompileLimits,
    /// How long a package stays on disk that no kept generation names.
    pub package_grace: Duration,
    /// Whether such packages are taken away at start.
    pub prune_at_start: bool,
    /// What one publisher may ask for.
    pub publisher: PublisherLimits,
    /// Whether a version may be published that is not later than all before it.
    pub older_versions: bool,
    /// Packages that serve nobody any more.
    pub revoked: BTreeSet<PackageDigest>,
}

/// Limits of the process that compiles a component first.
#[derive(Clone, Copy, Debug)]
pub struct CompileLimits {
    /// Address space in bytes.
    pub memory_bytes: u64,
    /// How long it may take.
    pub timeout: Duration,
}

/// The admin API.
#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Who may use it.
    pub tokens: Vec<Token>,
}

/// A token of the admin API. Only its digest is known here, and `Debug` does not show that.
#[derive(Clone)]
pub struct Token {
    /// The SHA-256 of the token's text.
    pub sha256: [u8; 32],
    /// Whose it is.
    pub publisher: Publisher,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("publisher", &self.publisher).finish_non_exhaustive()
    }
}

impl PlatformConfig {
    pub(super) fn settle(
        args: PlatformArgs,
        file: &FileConfig,
    ) -> Result<Option<Self>, ConfigError> {
        let data_dir = args.data_dir.or_else(|| file.data_dir.clone());
        let watch = args.watch.or_else(|| file.watch.clone());
        let listen = args.admin_listen.or(file.admin_listen);
        let invalid = |key, reason| ConfigError::Invalid { key, reason };
        let tokens = tokens(file)?;
        let signing_keys = signing_keys(file)?;
        if listen.is_some() && data_dir.is_none() {
            return Err(invalid("admin_listen", "needs data_dir: what is published must be kept"));
        }
        if listen.is_some() && tokens.is_empty() {
            return Err(invalid("admin_listen", "needs tokens: nobody could use it"));
        }
        if let Some(watch) = watch.as_ref().filter(|watch| !watch.is_dir()) {
            return Err(ConfigError::NoFolder { key: "watch", path: watch.clone() });
        }
        let canary = CanarySettings {
            min_calls: args
                .canary_min_calls
                .or(file.canary_min_calls)
                .unwrap_or(defaults::CANARY_MIN_CALLS),
            max_failure_percent: args
                .canary_max_failure_percent
                .or(file.canary_max_failure_percent)
                .unwrap_or(defaults::CANARY_MAX_FAILURE_PERCENT),
        };
        if canary.min_calls == 0 {
            return Err(invalid("canary_min_calls", super::NOT_ZERO));
        }
        if canary.max_failure_percent > 100 {
            return Err(invalid("canary_max_failure_percent", "must be 0 to 100"));
        }
        let compile = CompileLimits {
            memory_bytes: args
                .compile_memory_bytes
                .or(file.compile_memory_bytes)
                .unwrap_or(defaults::COMPILE_MEMORY_BYTES),
            timeout: milliseconds(
                args.compile_timeout_ms.or(file.compile_timeout_ms),
                defaults::COMPILE_TIMEOUT,
            ),
        };
        super::not_zero("compile_timeout_ms", compile.timeout)?;
        let publisher = PublisherLimits {
            disk_bytes: args
                .publisher_disk_bytes
                .or(file.publisher_disk_bytes)
                .unwrap_or(defaults::PUBLISHER_DISK_BYTES),
            changes_a_minute: args
                .publisher_changes_a_minute
                .or(file.publisher_changes_a_minute)
                .unwrap_or(defaults::PUBLISHER_CHANGES_A_MINUTE),
            publish_timeout: milliseconds(
                args.publish_timeout_ms.or(file.publish_timeout_ms),
                defaults::PUBLISH_TIMEOUT,
            ),
        };
        super::not_zero("publish_timeout_ms", publisher.publish_timeout)?;
        if publisher.changes_a_minute == 0 {
            return Err(invalid("publisher_changes_a_minute", super::NOT_ZERO));
        }
        let revoked = revoked(file)?;
        if data_dir.is_none() && watch.is_none() {
            return Ok(None);
        }
        let admin = listen.map(|listen| AdminConfig { listen, tokens });
        let dev = args.dev || file.dev.unwrap_or_default();
        let days = args.package_grace_days.or(file.package_grace_days);
        let days = days.unwrap_or(defaults::PACKAGE_GRACE_DAYS);
        Ok(Some(Self {
            data_dir,
            admin,
            signing_keys,
            dev,
            watch,
            canary,
            probe: None,
            compile,
            package_grace: DAY * days,
            prune_at_start: args.prune_at_start || file.prune_at_start.unwrap_or_default(),
            publisher,
            older_versions: args.older_versions || file.older_versions.unwrap_or_default(),
            revoked,
        }))
    }

    /// Compiles every component first in a process of this program, under the limits set.
    pub fn compile_in(&mut self, program: PathBuf) {
        let CompileLimits { memory_bytes, timeout } = self.compile;
        let command = &["debug", "compile"];
        self.probe = Some(CompileProbe { program, command, memory_bytes, timeout });
    }

    /// What the engine is told of it.
    #[must_use]
    pub fn package_settings(&self) -> PackageSettings {
        PackageSettings {
            signing_keys: self.signing_keys.clone(),
            accepts_unsigned: self.dev,
            canary: self.canary,
            probe: self.probe.clone(),
            publisher: self.publisher,
            older_versions: self.older_versions,
            revoked: self.revoked.clone(),
            grace: self.package_grace,
            prune_at_start: self.prune_at_start,
        }
    }
}

/// What the engine is told where nobody publishes.
#[must_use]
pub fn nobody_publishes() -> PackageSettings {
    PackageSettings::nobody_publishes(CanarySettings {
        min_calls: defaults::CANARY_MIN_CALLS,
        max_failure_percent: defaults::CANARY_MAX_FAILURE_PERCENT,
    })
}

/// Entries of each list at most.
const MOST_ENTRIES: usize = 1024;
/// Patterns of one entry and of one kind at most.
const MOST_PATTERNS: usize = 256;
/// Revoked packages at most.
const MOST_REVOKED: usize = 65_536;

fn refuse_more(key: &'static str, entries: usize, most: usize) -> Result<(), ConfigError> {
    if entries <= most {
        return Ok(());
    }
    let reason = format!("has more than {most} entries");
    Err(ConfigError::Entry { list: key, index: most, key, reason })
}

/// Packages that serve nobody any more.
fn revoked(file: &FileConfig) -> Result<BTreeSet<PackageDigest>, ConfigError> {
    const LIST: &str = "revoked_packages";
    refuse_more(LIST, file.revoked_packages.len(), MOST_REVOKED)?;
    let entries = file.revoked_packages.iter().enumerate();
    let digest = |(index, text): (usize, &String)| {
        text.parse().map_err(|_| {
            let reason = "must be `sha256:` and 64 hexadecimal digits in lower case".to_owned();
            ConfigError::Entry { list: LIST, index, key: "package", reason }
        })
    };
    entries.map(digest).collect()
}

fn tokens(file: &FileConfig) -> Result<Vec<Token>, ConfigError> {
    let entry =
        |index, key, reason: String| ConfigError::Entry { list: "tokens", index, key, reason };
    refuse_more("tokens", file.tokens.len(), MOST_ENTRIES)?;
    let mut tokens = Vec::with_capacity(file.tokens.len());
    for (index, token) in file.tokens.iter().enumerate() {
        let sha256 = format!("sha256:{}", token.sha256).parse::<dossier_document::Digest>();
        let sha256 = sha256.map_err(|_| {
            entry(index, "sha256", "must be 64 hexadecimal digits in lower case".to_owned())
        })?;
        let scope = scope(&token.document_types, &token.plugins)
            .map_err(|(key, reason)| entry(index, key, reason))?;
        let name =
            publisher_name(&token.publisher).map_err(|reason| entry(index, "publisher", reason))?;
        tokens.push(Token { sha256: sha256.to_bytes(), publisher: Publisher { name, scope } });
    }
    Ok(tokens)
}

fn signing_keys(file: &FileConfig) -> Result<Vec<TrustedKey>, ConfigError> {
    let entry = |index, key, reason: String| ConfigError::Entry {
        list: "signing_keys",
        index,
        key,
        reason,
    };
    refuse_more("signing_keys", file.signing_keys.len(), MOST_ENTRIES)?;
    let mut keys = Vec::with_capacity(file.signing_keys.len());
    for (index, key) in file.signing_keys.iter().enumerate() {
        let public_key = key.public_key.parse::<PublicKey>();
        let public_key =
            public_key.map_err(|error| entry(index, "public_key", error.to_string()))?;
        let scope = scope(&key.document_types, &key.plugins)
            .map_err(|(key, reason)| entry(index, key, reason))?;
        let publisher =
            publisher_name(&key.publisher).map_err(|reason| entry(index, "publisher", reason))?;
        keys.push(TrustedKey { publisher, public_key, scope });
    }
    Ok(keys)
}

fn publisher_name(name: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) {
        return Err(
            "a publisher's name is 1 to 64 of a-z, A-Z, 0-9, `-`, `_`, `.` and `@`".to_owned()
        );
    }
    // The history tells these of the host itself.
    if matches!(name, "host" | "watch") {
        return Err("`host` and `watch` are the host's own".to_owned());
    }
    Ok(name.to_owned())
}

fn scope(document_types: &[String], plugins: &[String]) -> Result<Scope, (&'static str, String)> {
    let patterns = |key, texts: &[String]| {
        if texts.len() > MOST_PATTERNS {
            return Err((key, format!("more than {MOST_PATTERNS} patterns")));
        }
        texts
            .iter()
            .map(|text| {
                let shown = plain_text(text);
                text.parse::<Pattern>().map_err(|error| (key, format!("`{shown}`: {error}")))
            })
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(Scope {
        document_types: patterns("document_types", document_types)?,
        plugins: patterns("plugins", plugins)?,
    })
}
