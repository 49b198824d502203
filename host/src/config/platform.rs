//! What an operator may set about packages: where they are kept, who may publish, whose signature
//! counts.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use dossier_document::plain_text;
use dossier_engine::CompileProbe;
use dossier_engine::settings::{PackageSettings, Publisher, PublisherLimits, TrustedKey};
use dossier_store::{CanarySettings, PackageDigest, Pattern, PublicKey, Scope};

use super::{ConfigError, FileConfig, FileSigningKey, FileToken, PlatformArgs};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

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

impl PlatformArgs {
    /// When a canary stops by itself.
    #[must_use]
    pub fn canary(&self) -> CanarySettings {
        CanarySettings {
            min_calls: self.canary_min_calls(),
            max_failure_percent: self.canary_max_failure_percent(),
        }
    }

    /// Limits of the process that compiles a component first.
    #[must_use]
    pub fn compile_limits(&self) -> CompileLimits {
        CompileLimits {
            memory_bytes: self.compile_memory_bytes(),
            timeout: Duration::from_millis(self.compile_timeout_ms()),
        }
    }

    /// What one publisher may ask for.
    #[must_use]
    pub fn publisher_limits(&self) -> PublisherLimits {
        PublisherLimits {
            disk_bytes: self.publisher_disk_bytes(),
            changes_a_minute: self.publisher_changes_a_minute(),
            publish_timeout: Duration::from_millis(self.publish_timeout_ms()),
        }
    }
}

impl PlatformConfig {
    pub(super) fn settle(
        args: &PlatformArgs,
        file: &FileConfig,
    ) -> Result<Option<Self>, ConfigError> {
        let (data_dir, watch) = (args.data_dir(), args.watch());
        let invalid = |key, reason| ConfigError::Invalid { key, reason };
        let tokens = tokens_of(&file.tokens)?;
        let signing_keys = signing_keys_of(&file.signing_keys)?;
        let revoked = revoked_of(&file.revoked_packages)?;
        let listen = args.admin_listen();
        if listen.is_some() && data_dir.is_none() {
            return Err(invalid("admin_listen", "needs data_dir: what is published must be kept"));
        }
        if listen.is_some() && tokens.is_empty() {
            return Err(invalid("admin_listen", "needs tokens: nobody could use it"));
        }
        if let Some(watch) = watch.as_ref().filter(|watch| !watch.is_dir()) {
            return Err(ConfigError::NoFolder { key: "watch", path: watch.clone() });
        }
        if data_dir.is_none() && watch.is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            data_dir,
            admin: listen.map(|listen| AdminConfig { listen, tokens }),
            signing_keys,
            dev: args.dev(),
            watch,
            canary: args.canary(),
            probe: None,
            compile: args.compile_limits(),
            package_grace: DAY * args.package_grace_days(),
            prune_at_start: args.prune_at_start(),
            publisher: args.publisher_limits(),
            older_versions: args.older_versions(),
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
    PackageSettings::nobody_publishes(PlatformArgs::default().canary())
}

/// Packages that serve nobody any more.
fn revoked_of(entries: &[String]) -> Result<BTreeSet<PackageDigest>, ConfigError> {
    let digest = |(index, text): (usize, &String)| {
        text.parse().map_err(|_| {
            let reason = "must be `sha256:` and 64 hexadecimal digits in lower case".to_owned();
            ConfigError::Entry { list: "revoked_packages", index, key: "package", reason }
        })
    };
    entries.iter().enumerate().map(digest).collect()
}

fn tokens_of(entries: &[FileToken]) -> Result<Vec<Token>, ConfigError> {
    let entry =
        |index, key, reason: String| ConfigError::Entry { list: "tokens", index, key, reason };
    let mut tokens = Vec::with_capacity(entries.len());
    for (index, token) in entries.iter().enumerate() {
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

fn signing_keys_of(entries: &[FileSigningKey]) -> Result<Vec<TrustedKey>, ConfigError> {
    let entry = |index, key, reason: String| ConfigError::Entry {
        list: "signing_keys",
        index,
        key,
        reason,
    };
    let mut keys = Vec::with_capacity(entries.len());
    for (index, key) in entries.iter().enumerate() {
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
    let patterns = |key, texts: &[String]| patterns_of(texts).map_err(|reason| (key, reason));
    Ok(Scope {
        document_types: patterns("document_types", document_types)?,
        plugins: patterns("plugins", plugins)?,
    })
}

/// Patterns of names, of tokens and keys.
///
/// # Errors
/// The first text that is none, and why.
pub(crate) fn patterns_of(texts: &[String]) -> Result<Vec<Pattern>, String> {
    let pattern = |text: &String| {
        text.parse::<Pattern>().map_err(|error| format!("`{}`: {error}", plain_text(text)))
    };
    texts.iter().map(pattern).collect()
}
