//! What rules of document types have in common, so that an author writes plain functions.
//!
//! [`Rules`] is what an author implements and [`export_rules!`] makes a component of it. Rules of several
//! document types implement [`DocumentRules`] for each; those of a state that declares its documents
//! ([`declared`]) implement nothing. The rest are helpers: [`zone`] parses machine-readable zones and offers corrections, [`dates`] reads dates of
//! many calendars and languages, [`names`] compares names across scripts and truncation, [`codes`] are
//! those that documents are issued with, and since when,
//! [`check_digits`] computes the schemes that issuers use, [`requests`] and [`checks`] spare the
//! rest of the routine.
//!
//! Nothing here reads a clock, a file or the environment, and nothing corrects a value silently: a
//! helper that can't say for certain says none.
#![deny(unsafe_code)]

mod rules;
pub use rules::{ConfiguredRules, Description, ObservantRules, Rules, Search};

mod hooks;
pub use hooks::{Check, Field, FieldRequest, Outcome, Reading, Refusal, Report};

mod evidence;
pub use evidence::{Barcode, Observation, SeenPage};

mod settings;
pub use settings::Settings;

mod document_rules;
pub use document_rules::{DocumentRules, after, before, searches};

pub mod declared;

pub mod requests;

pub mod checks;

pub mod fields;

pub mod zone;

pub mod aamva;

pub mod codes;

pub mod dates;
pub use mrz::Date;

pub mod names;

pub mod text;

pub mod check_digits;

pub mod testing;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod component;
