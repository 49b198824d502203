//! A server in this process.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use dossier::RunningServer;
use dossier::config::{Config, HttpArgs, ReaderArgs, ReadingArgs, RootArgs, ServeArgs};

/// The date the rules take for today, so that no sample expires.
pub const TODAY: &str = "2026-11-24";

/// The defaults, on a free port, with a fixed date, and with time for a machine that does other things
/// beside: what is tested is what is answered, not how soon.
///
/// # Errors
/// When there is no such folder.
pub fn config(data_root: &Path) -> anyhow::Result<Config> {
    let args = ServeArgs {
        http: HttpArgs {
            listen: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)),
            request_timeout_ms: Some(600_000),
            ..HttpArgs::default()
        },
        reader: ReaderArgs {
            root: RootArgs { data_root: Some(data_root.to_owned()) },
            reading: ReadingArgs {
                today: Some(TODAY.parse()?),
                rules_run_ms: Some(1_000),
                rules_timeout_ms: Some(10_000),
                ..ReadingArgs::default()
            },
            ..ReaderArgs::default()
        },
        ..ServeArgs::default()
    };
    Ok(Config::resolve(args)?.0)
}

/// Starts a server with [`config`].
///
/// # Errors
/// When it does not start.
pub async fn serve(data_root: &Path) -> anyhow::Result<RunningServer> {
    Ok(dossier::serve(config(data_root)?).await?)
}
