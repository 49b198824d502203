//! What a key of the configuration is. Its flag, its variable, its place in the file, the check of its
//! value and its documentation follow from its one declaration in `keys`.

use std::ops::RangeInclusive;

use clap::{Arg, ArgAction};

use super::value::{BadValue, Given, Value};

/// One key, as it is declared.
#[derive(Debug)]
pub(crate) struct Key {
    name: &'static str,
    flag: String,
    variable: String,
    meaning: String,
    form: Form,
    words: Vec<String>,
    default: Unless,
}

/// How a value is written.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// A whole number within bounds.
    Number {
        /// What stands for it in a usage line, such as `BYTES`.
        unit: &'static str,
        /// The bounds.
        range: RangeInclusive<u64>,
    },
    /// A text, which the type of the key understands or refuses.
    Text {
        /// What stands for it in a usage line, such as `FOLDER`.
        shape: &'static str,
    },
    /// Yes or no.
    Switch,
}

/// What holds where nobody sets a key.
#[derive(Debug)]
pub(super) enum Unless {
    /// This value.
    Value(String),
    /// No value: this sentence tells what happens then.
    Told(&'static str),
}

/// Keys that belong together: one table of the documentation. What is given of each is an `Option`.
pub(crate) trait Group: Default {
    /// The heading of the table.
    const TITLE: &'static str;
    /// The sentences above the table.
    const ABOUT: &'static [&'static str];

    /// The keys, in the order of their declaration.
    fn keys() -> &'static [Key];

    /// Reads the value of a key; none if the group has no such key.
    fn set(&mut self, name: &str, given: &Given<'_>) -> Option<Result<(), BadValue>>;

    /// Of each key, in the order of [`Group::keys`], what is given, as it would be written.
    fn given(&self) -> Vec<Option<String>>;

    /// What is given here, and where nothing is, what is given in `lower`.
    #[must_use]
    fn over(self, lower: Self) -> Self;
}

pub(super) const fn number(unit: &'static str, range: RangeInclusive<u64>) -> Form {
    Form::Number { unit, range }
}

pub(super) const fn text(shape: &'static str) -> Form {
    Form::Text { shape }
}

impl Key {
    pub(super) fn of<T: Value>(
        name: &'static str,
        lines: &[&str],
        form: Form,
        default: Unless,
    ) -> Self {
        Self {
            name,
            flag: name.replace('_', "-"),
            variable: format!("DOSSIER_{}", name.to_uppercase()),
            meaning: sentences(lines),
            form,
            words: T::words(),
            default,
        }
    }

    /// As the file names it.
    #[must_use]
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// What it does: sentences.
    #[must_use]
    pub(crate) fn meaning(&self) -> &str {
        &self.meaning
    }

    /// How its value is written.
    #[must_use]
    pub(crate) fn form(&self) -> &Form {
        &self.form
    }

    /// The words it may be, where these are all.
    #[must_use]
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// Its default, if it has one.
    #[must_use]
    pub(crate) fn default(&self) -> Option<&str> {
        match &self.default {
            Unless::Value(value) => Some(value),
            Unless::Told(_) => None,
        }
    }

    /// Its default, or what happens where nobody sets it.
    #[must_use]
    pub(crate) fn unless_set(&self) -> &str {
        match &self.default {
            Unless::Value(told) => told,
            Unless::Told(told) => told,
        }
    }

    /// The flag and the variable, which are read as a value of the file is.
    pub(super) fn argument<T: Value>(&'static self) -> Arg {
        let read = move |text: &str| T::read(&Given::Typed(text), &self.form);
        let argument = Arg::new(self.name)
            .long(self.flag.as_str())
            .env(self.variable.as_str())
            .help(self.help())
            .value_parser(read);
        match &self.form {
            Form::Number { unit, .. } => argument.value_name(*unit),
            Form::Text { shape } => argument.value_name(*shape),
            Form::Switch => argument
                .value_name("true|false")
                .action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true"),
        }
    }

    fn help(&self) -> String {
        let meaning = self.meaning.trim_end_matches('.');
        let range = match &self.form {
            Form::Number { range, .. } => format!(" [{} to {}]", range.start(), range.end()),
            Form::Text { .. } if !self.words.is_empty() => format!(" [{}]", self.words.join(", ")),
            Form::Text { .. } | Form::Switch => String::new(),
        };
        format!("{meaning}{range} [default: {}]", self.unless_set())
    }
}

/// The lines of a doc comment as one text.
pub(super) fn sentences(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}
