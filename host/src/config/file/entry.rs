//! What stands in the file alone, as lists: who may use the admin API, and whose signature counts.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::config::key::sentences;

/// Entries of a list, at most, and of the lists in an entry.
const MOST_ENTRIES: usize = 1_000;

/// The list of packages that serve nobody any more, as the file names it.
pub(super) const REVOKED_PACKAGES: &str = "revoked_packages";

/// The keys of an entry, for the documentation.
pub(crate) struct EntryKeys {
    /// The list, as the file names it.
    pub(crate) list: &'static str,
    /// What an entry is.
    pub(crate) about: String,
    /// Its keys, and what each holds.
    pub(crate) keys: Vec<(&'static str, String)>,
}

/// A list with a bound.
pub(super) struct Entries<T>(pub(super) Vec<T>);

/// Declares the entries of a list: the struct, and its documentation.
macro_rules! entry {
    (
        $list:ident = $text:literal, $documentation:ident;
        $(#[doc = $about:literal])+
        $entry:ident {
            $(
                $(#[doc = $meaning:literal])+
                $name:ident: $type:ty $(, read $read:literal)?;
            )+
        }
    ) => {
        pub(super) const $list: &str = $text;

        $(#[doc = $about])+
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $entry {
            $(
                $(#[doc = $meaning])+
                $( #[serde(deserialize_with = $read)] )?
                pub $name: $type,
            )+
        }

        fn $documentation() -> EntryKeys {
            EntryKeys {
                list: $list,
                about: sentences(&[$($about),+]),
                keys: vec![$( (stringify!($name), sentences(&[$($meaning),+])) ),+],
            }
        }
    };
}

entry! {
    TOKENS = "tokens", tokens;
    /// A token of the admin API, by its digest.
    FileToken {
        /// The name that the history tells: 1 to 64 of `a-z`, `A-Z`, `0-9`, `-`, `_`, `.` and `@`.
        publisher: String;
        /// The SHA-256 of the token, 64 hexadecimal digits; the token itself is nowhere.
        sha256: String;
        /// The document types it reaches: names, or beginnings of names and `*`; 1,000 at most.
        document_types: Vec<String>, read "patterns";
        /// The rules it reaches, by their names, in the same way.
        plugins: Vec<String>, read "patterns";
    }
}

entry! {
    SIGNING_KEYS = "signing_keys", signing_keys;
    /// A key whose signature counts.
    FileSigningKey {
        /// Whose it is, as above.
        publisher: String;
        /// The key, as `dossier package keygen` prints it.
        public_key: String;
        /// The document types it may vouch for, as above.
        document_types: Vec<String>, read "patterns";
        /// The rules it may vouch for, as above.
        plugins: Vec<String>, read "patterns";
    }
}

/// The lists, for the documentation.
pub(crate) fn entries() -> [EntryKeys; 2] {
    [tokens(), signing_keys()]
}

fn patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Entries::deserialize(deserializer).map(|entries| entries.0)
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Bounded(PhantomData))
    }
}

struct Bounded<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Bounded<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {MOST_ENTRIES} entries at most")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = sequence.next_element()? {
            if entries.len() == MOST_ENTRIES {
                return Err(A::Error::custom(format_args!("more than {MOST_ENTRIES} entries")));
            }
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
