//! JSON objects that account for every key: what nobody asked for is an error that names it.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use dossier_document::is_git_lfs_pointer;
use serde_json::{Map, Value};

use crate::ModelError;

/// The greatest size of a configuration; those of models have some kilobytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// An object of a configuration file, emptied key by key.
pub(crate) struct JsonObject {
    path: PathBuf,
    prefix: String,
    map: Map<String, Value>,
}

impl JsonObject {
    /// Reads the file, whose root must be an object.
    pub(crate) fn read(path: &Path) -> Result<Self, ModelError> {
        let io_error = |source| ModelError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io_error)?;
        let mut text = Vec::new();
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut text).map_err(io_error)?;
        Self::parse(path, &text)
    }

    /// Parses the contents of the file at `path`.
    pub(crate) fn parse(path: &Path, text: &[u8]) -> Result<Self, ModelError> {
        if is_git_lfs_pointer(text) {
            return Err(ModelError::GitLfsPointer { path: path.to_owned() });
        }
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(ModelError::FileTooLarge {
                path: path.to_owned(),
                length_bytes: text.len() as u64,
                limit_bytes: MAX_FILE_BYTES,
            });
        }
        let value = serde_json::from_slice(text)
            .map_err(|source| ModelError::Json { path: path.to_owned(), source })?;
        match value {
            Value::Object(map) => Ok(Self { path: path.to_owned(), prefix: String::new(), map }),
            _ => Err(ModelError::InvalidValue {
                path: path.to_owned(),
                key: "the file".to_owned(),
                expected: "an object".to_owned(),
            }),
        }
    }

    /// The value of `key`, if it is there and not null. Null means absent, as in Python's files.
    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        self.map.shift_remove(key).filter(|value| !value.is_null())
    }

    /// The object at `key`.
    pub(crate) fn take_object(&mut self, key: &str) -> Result<Option<Self>, ModelError> {
        let prefix = format!("{}{key}.", self.prefix);
        match self.take(key) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self { path: self.path.clone(), prefix, map })),
            Some(_) => Err(self.invalid(key, "an object")),
        }
    }

    pub(crate) fn take_bool(&mut self, key: &str) -> Result<Option<bool>, ModelError> {
        self.take_with(key, "true or false", |value| value.as_bool())
    }

    pub(crate) fn take_string(&mut self, key: &str) -> Result<Option<String>, ModelError> {
        self.take_with(key, "a string", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn take_f64(&mut self, key: &str) -> Result<Option<f64>, ModelError> {
        self.take_with(key, "a finite number", |value| value.as_f64().filter(|n| n.is_finite()))
    }

    /// A whole number above 0.
    pub(crate) fn take_count(&mut self, key: &str) -> Result<Option<usize>, ModelError> {
        self.take_with(key, "a whole number above 0", |value| as_count(value).filter(|n| *n > 0))
    }

    /// A whole number, 0 included.
    pub(crate) fn take_length(&mut self, key: &str) -> Result<Option<usize>, ModelError> {
        self.take_with(key, "a whole number", as_count)
    }

    /// A list of whole numbers above 0.
    pub(crate) fn take_counts(&mut self, key: &str) -> Result<Option<Vec<usize>>, ModelError> {
        self.take_with(key, "a list of whole numbers above 0", |value| {
            value.as_array()?.iter().map(|n| as_count(n).filter(|n| *n > 0)).collect()
        })
    }

    /// A token id.
    pub(crate) fn take_token(&mut self, key: &str) -> Result<Option<u32>, ModelError> {
        self.take_with(key, "a token id", as_token)
    }

    /// One token id or a list of them.
    pub(crate) fn take_tokens(&mut self, key: &str) -> Result<Option<Vec<u32>>, ModelError> {
        self.take_with(key, "a token id or a list of them", |value| match value {
            Value::Array(items) => items.iter().map(as_token).collect(),
            _ => as_token(value).map(|token| vec![token]),
        })
    }

    /// The value of `key` as `convert` reads it.
    pub(crate) fn take_with<T>(
        &mut self,
        key: &str,
        expected: &str,
        convert: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, ModelError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        convert(&value).map(Some).ok_or_else(|| self.invalid(key, expected))
    }

    /// Refuses `key` unless it is absent, null, or one of the `harmless` values.
    pub(crate) fn refuse_unless(
        &mut self,
        key: &str,
        harmless: impl FnOnce(&Value) -> bool,
    ) -> Result<(), ModelError> {
        match self.take(key) {
            Some(value) if !harmless(&value) => Err(self.unsupported(key, &value)),
            _ => Ok(()),
        }
    }

    /// Drops keys that have no effect on what this program computes.
    pub(crate) fn ignore(&mut self, keys: &[&str]) {
        for key in keys {
            self.map.shift_remove(*key);
        }
    }

    /// Refuses what is left.
    pub(crate) fn finish(self) -> Result<(), ModelError> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(key) => Err(ModelError::UnknownKey {
                path: self.path,
                key: format!("{}{key}", self.prefix),
            }),
        }
    }

    /// The error for a key that must be there.
    pub(crate) fn missing(&self, key: &str) -> ModelError {
        ModelError::MissingKey { path: self.path.clone(), key: format!("{}{key}", self.prefix) }
    }

    /// The error for a value of the wrong type or range.
    pub(crate) fn invalid(&self, key: &str, expected: impl Into<String>) -> ModelError {
        ModelError::InvalidValue {
            path: self.path.clone(),
            key: format!("{}{key}", self.prefix),
            expected: expected.into(),
        }
    }

    /// The error for a value this program does not implement.
    pub(crate) fn unsupported(&self, key: &str, value: &Value) -> ModelError {
        ModelError::Unsupported {
            path: self.path.clone(),
            key: format!("{}{key}", self.prefix),
            value: value.to_string(),
        }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn as_count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|n| usize::try_from(n).ok())
}

fn as_token(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|n| u32::try_from(n).ok())
}
