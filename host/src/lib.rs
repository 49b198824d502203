//! The host of `dossier`: HTTP, the admin API, the configuration and the command line around
//! [`dossier_engine`], which reads the documents.
//!
//! `ARCHITECTURE.md` beside this crate tells the flow and what each part must not know.
#![forbid(unsafe_code)]

pub mod cli;

pub mod config;

pub mod telemetry;

mod traces;

mod server;
pub use server::{HandOverError, HandedOver, RunningServer, ServeError, listen, serve, serve_on};

mod supervisor;

pub mod metrics;

pub mod api;

pub mod admin;

mod audit;

mod server_files;
pub use server_files::FileUnread;

mod sharing;
pub use sharing::SharingStartError;

mod jobs;
pub use jobs::JobsStartError;

pub mod auth;

mod certificates;

mod reloaded;
pub use reloaded::FileError;

pub mod outgoing;

mod user_cache;

#[cfg(test)]
mod testing;
