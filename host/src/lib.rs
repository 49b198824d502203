//! Reads identity documents: one base model, an adapter and sandboxed rules per document type.
//!
//! The modules stand in the order a request travels; `ARCHITECTURE.md` beside this crate tells the
//! flow and what each part must not know.
#![forbid(unsafe_code)]

pub mod cli;

pub mod bench;

pub mod config;

pub mod telemetry;

mod server;
pub use server::{RunningServer, ServeError, listen, serve};

pub mod api;

pub mod admission;

pub mod pipeline;

mod reader;
pub use reader::{Reader, StartError};

pub mod catalog;

mod fixture;

pub mod reload;

pub mod admin;

mod page_decoder;
pub use page_decoder::{PageDecoder, PageError};

pub mod outgoing;

#[cfg(test)]
mod testing;
