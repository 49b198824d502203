//! The configuration file: TOML, every key optional, unknown keys refused.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::key::{Group as _, Key};
use super::value::{BadValue, Given};
use super::{
    AccessArgs, ConfigError, HttpArgs, JobsArgs, JwtArgs, PlatformArgs, ReaderArgs, ServeArgs,
    SharingArgs, TelemetryArgs, TlsArgs, groups,
};

mod entry;
use entry::{Entries, REVOKED_PACKAGES, SIGNING_KEYS, TOKENS};
pub(crate) use entry::{EntryKeys, entries};
pub use entry::{FileSigningKey, FileToken};

/// Longest configuration file, in bytes: a thousand publishers take a fifth of it.
pub(super) const MOST_FILE_BYTES: usize = 1 << 20;

/// What a configuration file sets.
#[derive(Debug, Default)]
pub struct FileConfig {
    /// Connections and requests.
    pub http: HttpArgs,
    /// Who may send documents.
    pub access: AccessArgs,
    /// An identity provider.
    pub jwt: JwtArgs,
    /// Certificates of the listeners.
    pub tls: TlsArgs,
    /// Packages.
    pub platform: PlatformArgs,
    /// A catalogue that many hosts share.
    pub sharing: SharingArgs,
    /// Documents that are read later.
    pub jobs: JobsArgs,
    /// What reads the documents.
    pub reader: ReaderArgs,
    /// Log lines.
    pub telemetry: TelemetryArgs,
    /// Who may use the admin API.
    pub tokens: Vec<FileToken>,
    /// Whose signature counts.
    pub signing_keys: Vec<FileSigningKey>,
    /// Packages that serve nobody any more, by their digests.
    pub revoked_packages: Vec<String>,
}

impl FileConfig {
    /// What the file sets that is typed, or nothing without one.
    ///
    /// # Errors
    /// As [`FileConfig::read`].
    pub(crate) fn of(args: &ServeArgs) -> Result<Self, ConfigError> {
        args.config.as_deref().map_or_else(|| Ok(Self::default()), Self::read)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it can't be read, is too long, or has an unknown key or a value that its key does not take.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let mut text = String::new();
        file.take(MOST_FILE_BYTES as u64 + 1).read_to_string(&mut text).map_err(unreadable)?;
        if text.len() > MOST_FILE_BYTES {
            return Err(ConfigError::FileTooLong { path: path.to_owned() });
        }
        let malformed =
            |source| ConfigError::Malformed { path: path.to_owned(), source: Box::new(source) };
        Self::parse(&text).map_err(malformed)
    }

    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Sets a key of one of the groups; none if no group has it.
    fn set(&mut self, name: &str, given: &Given<'_>) -> Option<Result<(), BadValue>> {
        let ReaderArgs { root, model, reading } = &mut self.reader;
        self.http
            .set(name, given)
            .or_else(|| self.access.set(name, given))
            .or_else(|| self.jwt.set(name, given))
            .or_else(|| self.tls.set(name, given))
            .or_else(|| self.platform.set(name, given))
            .or_else(|| self.sharing.set(name, given))
            .or_else(|| self.jobs.set(name, given))
            .or_else(|| root.set(name, given))
            .or_else(|| model.set(name, given))
            .or_else(|| reading.set(name, given))
            .or_else(|| self.telemetry.set(name, given))
    }
}

impl<'de> Deserialize<'de> for FileConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keys)
    }
}

/// The file as a whole.
struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = FileConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keys and their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FileConfig, A::Error> {
        let mut file = FileConfig::default();
        while let Some(KnownKey(name)) = map.next_key()? {
            match name {
                TOKENS => file.tokens = map.next_value::<Entries<_>>()?.0,
                SIGNING_KEYS => file.signing_keys = map.next_value::<Entries<_>>()?.0,
                REVOKED_PACKAGES => file.revoked_packages = map.next_value::<Entries<_>>()?.0,
                name => map.next_value_seed(OneValue { file: &mut file, name })?,
            }
        }
        Ok(file)
    }
}

/// A key that there is: an unknown one is refused where it stands.
struct KnownKey(&'static str);

impl<'de> Deserialize<'de> for KnownKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let keys = groups().into_iter().flat_map(|group| group.keys).map(Key::name);
        let known =
            keys.chain([TOKENS, SIGNING_KEYS, REVOKED_PACKAGES]).find(|known| *known == text);
        known.map(Self).ok_or_else(|| {
            D::Error::custom(format_args!(
                "unknown key `{text}`; `dossier serve --help` lists the keys, with `-` for `_`"
            ))
        })
    }
}

/// The value of a key of one of the groups.
struct OneValue<'a> {
    file: &'a mut FileConfig,
    name: &'static str,
}

impl<'de> DeserializeSeed<'de> for OneValue<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl OneValue<'_> {
    fn set<E: serde::de::Error>(self, given: &Given<'_>) -> Result<(), E> {
        let name = self.name;
        match self.file.set(name, given) {
            Some(read) => read.map_err(|problem| E::custom(format_args!("{name}: {problem}"))),
            None => Err(E::custom(format_args!("{name}: no group of keys has it"))),
        }
    }
}

impl<'de> Visitor<'de> for OneValue<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number, a text, true or false for the key `{}`", self.name)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.set(&Given::Text(text))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.set(&Given::Number(number))
    }

    fn visit_bool<E: serde::de::Error>(self, switch: bool) -> Result<(), E> {
        self.set(&Given::Switch(switch))
    }
}
