//! The configuration as it is in force: of each key its value, and where that was set.

use std::collections::BTreeMap;
use std::fmt;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::key::{Group, Key};
use super::{FileConfig, ReaderArgs, ServeArgs, groups};

/// Where a value was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere.
    Default,
    /// In the file.
    File,
    /// In its environment variable.
    Environment,
    /// As an argument.
    Flag,
}

/// A key and what it is set to.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The key.
    pub(crate) key: &'static Key,
    /// Its value, fit to be shown; none where it is not set and has no default.
    pub(crate) value: Option<String>,
    /// Where that was set.
    pub(crate) place: Place,
}

/// What was typed for `dossier serve`, and where each value of it was.
#[derive(Clone, Debug, Default)]
pub struct PlacedArgs {
    /// What was typed.
    pub args: ServeArgs,
    places: BTreeMap<&'static str, Place>,
}

/// The values of a group, whichever group it is.
pub(crate) trait Values {
    /// Of each key that is set, its name and its value.
    fn values(&self) -> Vec<(&'static str, String)>;
}

impl<G: Group> Values for G {
    fn values(&self) -> Vec<(&'static str, String)> {
        let named = G::keys().iter().map(Key::name).zip(self.given());
        named.filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// Every key, in the order of its declaration.
pub(crate) fn effective(typed: &PlacedArgs, file: &FileConfig) -> Vec<Setting> {
    let of = |groups: [&dyn Values; 11]| {
        groups.into_iter().flat_map(Values::values).collect::<BTreeMap<_, _>>()
    };
    let ServeArgs { http, access, jwt, tls, platform, sharing, jobs, reader, telemetry, config: _ } =
        &typed.args;
    let ReaderArgs { root, model, reading } = reader;
    let mut typed_values =
        of([http, access, jwt, tls, platform, sharing, jobs, root, model, reading, telemetry]);
    let FileConfig { http, access, jwt, tls, platform, sharing, jobs, reader, telemetry, .. } =
        file;
    let ReaderArgs { root, model, reading } = reader;
    let mut file_values =
        of([http, access, jwt, tls, platform, sharing, jobs, root, model, reading, telemetry]);
    let keys = groups().into_iter().flat_map(|group| group.keys);
    let setting = |key: &'static Key| {
        let (value, place) = match (typed_values.remove(key.name()), file_values.remove(key.name()))
        {
            (Some(value), _) => (Some(value), typed.place_of(key.name())),
            (None, Some(value)) => (Some(value), Place::File),
            (None, None) => (key.default().map(str::to_owned), Place::Default),
        };
        Setting { key, value: value.map(|value| without_secrets(&value)), place }
    };
    keys.map(setting).collect()
}

impl PlacedArgs {
    fn place_of(&self, name: &str) -> Place {
        self.places.get(name).copied().unwrap_or(Place::Flag)
    }
}

impl Args for PlacedArgs {
    fn augment_args(command: Command) -> Command {
        ServeArgs::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        ServeArgs::augment_args_for_update(command)
    }
}

impl FromArgMatches for PlacedArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let place = |key: &'static Key| match matches.value_source(key.name()) {
            Some(ValueSource::EnvVariable) => Some((key.name(), Place::Environment)),
            Some(ValueSource::CommandLine) => Some((key.name(), Place::Flag)),
            _ => None,
        };
        let keys = groups().into_iter().flat_map(|group| group.keys);
        let places = keys.filter_map(place).collect();
        Ok(Self { args: ServeArgs::from_arg_matches(matches)?, places })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::Flag => "flag",
        })
    }
}

/// A value without what an address may hold of secrets: who asks, and with what. No other value is one; keys
/// name the files of secrets.
fn without_secrets(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let (rest, query) = match rest.split_once(['?', '#']) {
        Some((rest, _)) => (rest, "?***"),
        None => (rest, ""),
    };
    let end_of_host = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end_of_host);
    let shown = match authority.rsplit_once('@') {
        Some((_, host)) => format!("***@{host}"),
        None => authority.to_owned(),
    };
    format!("{scheme}://{shown}{path}{query}")
}

#[cfg(test)]
mod tests;
