//! Values of keys: each kind is read in one way, wherever it was written, and has a bound.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::ValueEnum;
use dossier_model::{AdapterPrecision, DeviceKind, WeightPrecision};
use jiff::civil::Date;

use super::key::Form;
use super::{LogFormat, LogLevel};

/// Longest text that a value may be, in bytes: that of a path.
pub(super) const MAX_TEXT_BYTES: usize = 4096;

/// A value as it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given<'a> {
    /// As an argument or in the environment, where everything is text.
    Typed(&'a str),
    /// A text in the file.
    Text(&'a str),
    /// A number in the file.
    Number(i64),
    /// `true` or `false` in the file.
    Switch(bool),
}

/// A value is not what its key takes.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum BadValue {
    /// It is no number within the bounds.
    #[error("must be a whole number from {least} to {most}")]
    NotInRange {
        /// The least it may be.
        least: u64,
        /// The most it may be.
        most: u64,
    },
    /// It is something else than a text.
    #[error("must be a text, in quotes")]
    NotText,
    /// It is a text of no length.
    #[error("must not be empty")]
    Empty,
    /// It is a text beyond any path.
    #[error("must not be longer than {MAX_TEXT_BYTES} bytes")]
    TooLong,
    /// It is neither yes nor no.
    #[error("must be true or false")]
    NotSwitch,
    /// It is none of the words.
    #[error("must be one of {}", .0.join(", "))]
    NotAWord(Vec<String>),
    /// Its type does not understand it.
    #[error("{0}")]
    NotUnderstood(String),
}

/// What a key may hold.
pub(crate) trait Value: Clone + Send + Sync + 'static {
    /// Reads a value.
    ///
    /// # Errors
    /// When it is not what the key takes.
    fn read(given: &Given<'_>, form: &Form) -> Result<Self, BadValue>;

    /// As it would be written.
    fn shown(&self) -> String;

    /// The words it may be, where these are all.
    #[must_use]
    fn words() -> Vec<String> {
        Vec::new()
    }
}

/// A whole number within the bounds of its key.
fn read_number<T: TryFrom<u64>>(given: &Given<'_>, form: &Form) -> Result<T, BadValue> {
    let (least, most) = match form {
        Form::Number { range, .. } => (*range.start(), *range.end()),
        // No key of numbers is declared without bounds; one would take nothing.
        Form::Text { .. } | Form::Switch => (1, 0),
    };
    let number = match given {
        Given::Typed(text) => text.parse::<u64>().ok(),
        Given::Number(number) => u64::try_from(*number).ok(),
        Given::Text(_) | Given::Switch(_) => None,
    };
    number
        .filter(|number| (least..=most).contains(number))
        .and_then(|number| T::try_from(number).ok())
        .ok_or(BadValue::NotInRange { least, most })
}

fn read_text<'a>(given: &Given<'a>) -> Result<&'a str, BadValue> {
    match given {
        Given::Typed("") | Given::Text("") => Err(BadValue::Empty),
        Given::Typed(text) | Given::Text(text) if text.len() > MAX_TEXT_BYTES => {
            Err(BadValue::TooLong)
        }
        Given::Typed(text) | Given::Text(text) => Ok(text),
        Given::Number(_) | Given::Switch(_) => Err(BadValue::NotText),
    }
}

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl Value for $type {
            fn read(given: &Given<'_>, form: &Form) -> Result<Self, BadValue> {
                read_number(given, form)
            }

            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )+};
}
numbers!(u32, u64, usize);

macro_rules! texts {
    ($($type:ty),+) => {$(
        impl Value for $type {
            fn read(given: &Given<'_>, _form: &Form) -> Result<Self, BadValue> {
                let parsed = read_text(given)?.parse::<$type>();
                parsed.map_err(|error| BadValue::NotUnderstood(error.to_string()))
            }

            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )+};
}
texts!(String, SocketAddr, Date, DeviceKind, WeightPrecision, AdapterPrecision);

macro_rules! words {
    ($($type:ty),+) => {$(
        impl Value for $type {
            fn read(given: &Given<'_>, _form: &Form) -> Result<Self, BadValue> {
                let text = read_text(given)?;
                let word = <$type as ValueEnum>::from_str(text, false);
                word.map_err(|_| BadValue::NotAWord(Self::words()))
            }

            fn shown(&self) -> String {
                let word = self.to_possible_value();
                word.map_or_else(String::new, |word| word.get_name().to_owned())
            }

            fn words() -> Vec<String> {
                Self::value_variants().iter().map(Value::shown).collect()
            }
        }
    )+};
}
words!(LogFormat, LogLevel);

impl Value for PathBuf {
    fn read(given: &Given<'_>, _form: &Form) -> Result<Self, BadValue> {
        read_text(given).map(Self::from)
    }

    fn shown(&self) -> String {
        self.display().to_string()
    }
}

impl Value for bool {
    fn read(given: &Given<'_>, _form: &Form) -> Result<Self, BadValue> {
        match given {
            Given::Typed("true") | Given::Switch(true) => Ok(true),
            Given::Typed("false") | Given::Switch(false) => Ok(false),
            Given::Typed(_) | Given::Text(_) | Given::Number(_) => Err(BadValue::NotSwitch),
        }
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}
