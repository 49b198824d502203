//! What an operator may set of a document type without a new version of its rules.

use std::cell::Cell;

use serde_json::{Map, Value};

use crate::Refusal;

/// The settings that every document type has whose rules are made with this crate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// `least_confidence`, 0 to 1: a field read with less confidence fails `reading.confidence`.
    pub least_confidence: f32,
    /// `days_after_expiry`, 0 to 3660: for so many days after its date of expiry a document passes
    /// `document.expiry` all the same.
    pub days_after_expiry: u16,
}

impl Default for Settings {
    fn default() -> Self {
        // Below one half the model itself bets against what it read.
        Self { least_confidence: 0.5, days_after_expiry: 0 }
    }
}

thread_local! {
    /// Those of this instance: the host makes one for every call.
    static CURRENT: Cell<Settings> = Cell::new(Settings::default());
}

impl Settings {
    /// Ten years.
    const MOST_DAYS: u16 = 3660;
    /// Longest text that is looked at; the host has the same limit.
    const MOST_BYTES: usize = 64 * 1024;

    /// Reads settings, a JSON object. A key that isn't there has its default.
    ///
    /// # Errors
    /// `settings.malformed`, `settings.unknown` or `settings.range`; the message names the key.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let malformed = || Refusal {
            code: "settings.malformed",
            message: "the settings are no JSON object of at most 64 KiB".to_owned(),
        };
        if text.len() > Self::MOST_BYTES {
            return Err(malformed());
        }
        let object = serde_json::from_str::<Map<String, Value>>(text).map_err(|_| malformed())?;
        let mut settings = Self::default();
        for (key, value) in &object {
            match key.as_str() {
                "least_confidence" => {
                    let confidence = value.as_f64().filter(|value| (0.0..=1.0).contains(value));
                    let confidence = confidence.ok_or_else(|| out_of_range(key, "0 to 1"))?;
                    settings.least_confidence = confidence as f32;
                }
                "days_after_expiry" => {
                    let days = value.as_u64().and_then(|days| u16::try_from(days).ok());
                    settings.days_after_expiry = days
                        .filter(|days| *days <= Self::MOST_DAYS)
                        .ok_or_else(|| out_of_range(key, "a whole number from 0 to 3660"))?;
                }
                _ => {
                    // A key of any length would break the limit on messages.
                    let key = key.chars().filter(|c| !c.is_control()).take(64).collect::<String>();
                    return Err(Refusal {
                        code: "settings.unknown",
                        message: format!("these rules have no setting `{key}`"),
                    });
                }
            }
        }
        Ok(settings)
    }

    /// Those that [`ConfiguredRules::configure`](crate::ConfiguredRules::configure) took for this
    /// instance, or the defaults.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.get()
    }

    /// Makes them those of this instance.
    pub(crate) fn make_current(self) {
        CURRENT.set(self);
    }
}

fn out_of_range(key: &str, range: &str) -> Refusal {
    Refusal { code: "settings.range", message: format!("the setting `{key}` isn't {range}") }
}

#[cfg(test)]
mod tests;
