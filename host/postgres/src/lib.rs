//! How a PostgreSQL server is reached: its address, TLS that is checked, and connections, transactions and
//! waiting that are bounded.
//!
//! A crate of its own because jobs and the shared catalogue are kept there alike, and must agree on it. It knows
//! no table of either.
#![forbid(unsafe_code)]

mod address;
pub use address::{InvalidPostgres, PostgresSettings};

mod connections;
pub use connections::{Connections, OfPostgres, PostgresError, Work};

mod listening;
pub use listening::Listener;

mod tls;
pub use tls::{InvalidAuthorities, trusting};
