//! `dossier token`: the file of the tokens that clients bear. No host is asked; each reads the file again.

use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::output;
use crate::auth::token_file::{self, TokenEntry};
use crate::reloaded::FileError;

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, this once: the file keeps its digest alone.
    New(TokenNewArgs),
    /// List the tokens of the file, without anything that a token could be made of.
    List(TokenListArgs),
    /// Take a token away. Hosts that read the file refuse it a second later.
    Revoke(TokenRevokeArgs),
}

/// The file.
#[derive(Args, Clone, Debug)]
pub struct TokenFileArgs {
    /// The file of tokens, as the key `tokens_file` names it to the host.
    #[arg(long = "tokens-file", env = "DOSSIER_TOKENS_FILE", value_name = "FILE")]
    pub file: PathBuf,
}

/// Flags of `dossier token new`.
#[derive(Args, Debug)]
pub struct TokenNewArgs {
    /// What the token is called when it is listed and revoked.
    #[arg(value_name = "ID")]
    pub id: String,
    /// Whose it is. A tenant may have several, so that one can follow another.
    #[arg(long, value_name = "NAME")]
    pub tenant: String,
    /// The document types it reaches, separated by commas: names, or beginnings of names and `*`.
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', required = true)]
    pub document_types: Vec<String>,
    /// When its time is over, such as 2027-01-31T00:00:00Z [default: never].
    #[arg(long, value_name = "TIME")]
    pub expires: Option<String>,
    /// PEM file of a certificate by which the client is known in the place of a token; none is printed.
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// Requests of the tenant in a minute at most: 1 to 1000000 [default: any number].
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32)
            .range(1..=i64::from(token_file::MOST_REQUESTS_A_MINUTE))
    )]
    pub requests_a_minute: Option<u32>,
    /// Documents of the tenant in work or waiting at most: 1 to 65536 [default: its share of all].
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32)
            .range(1..=i64::from(token_file::MOST_CONCURRENT_DOCUMENTS))
    )]
    pub concurrent_documents: Option<u32>,
    /// The file.
    #[command(flatten)]
    pub file: TokenFileArgs,
}

/// Flags of `dossier token list`.
#[derive(Args, Debug)]
pub struct TokenListArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The file.
    #[command(flatten)]
    pub file: TokenFileArgs,
}

/// Flags of `dossier token revoke`.
#[derive(Args, Debug)]
pub struct TokenRevokeArgs {
    /// What the token is called.
    #[arg(value_name = "ID")]
    pub id: String,
    /// The file.
    #[command(flatten)]
    pub file: TokenFileArgs,
}

/// The file of tokens can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file, or what it would hold.
    #[error(transparent)]
    File(#[from] FileError),
    /// The output can't be written.
    #[error("the output can't be written: {0}")]
    Output(#[from] io::Error),
}

#[derive(Serialize)]
struct ListBody<'a> {
    tokens: Vec<TokenBody<'a>>,
}

#[derive(Serialize)]
struct TokenBody<'a> {
    id: &'a str,
    tenant: &'a str,
    document_types: &'a [String],
    certificate_sha256: Option<&'a str>,
    expires: Option<&'a str>,
    is_expired: bool,
    requests_a_minute: Option<u32>,
    concurrent_documents: Option<u32>,
}

pub(super) fn run(command: TokenCommand) -> Result<(), TokenError> {
    match command {
        TokenCommand::New(args) => {
            let mut entry = TokenEntry::new(args.id, args.tenant, args.document_types);
            entry.expires = args.expires;
            entry.requests_a_minute = args.requests_a_minute;
            entry.concurrent_documents = args.concurrent_documents;
            if let Some(certificate) = args.certificate {
                return Ok(token_file::add_certificate(&args.file.file, entry, &certificate)?);
            }
            let secret = token_file::add(&args.file.file, entry)?;
            Ok(output::print(&format!("{}\n", secret.expose()))?)
        }
        TokenCommand::List(args) => list(&args),
        TokenCommand::Revoke(args) => Ok(token_file::revoke(&args.file.file, &args.id)?),
    }
}

fn list(args: &TokenListArgs) -> Result<(), TokenError> {
    let entries = token_file::list(&args.file.file)?;
    let now = Timestamp::now();
    if args.json {
        let tokens = entries.iter().map(|entry| TokenBody {
            id: &entry.id,
            tenant: &entry.tenant,
            document_types: &entry.document_types,
            certificate_sha256: entry.certificate_sha256.as_deref(),
            expires: entry.expires.as_deref(),
            is_expired: entry.is_expired(now),
            requests_a_minute: entry.requests_a_minute,
            concurrent_documents: entry.concurrent_documents,
        });
        return Ok(output::json(&ListBody { tokens: tokens.collect() })?);
    }
    let number = |number: Option<u32>| number.map_or_else(|| "any".to_owned(), |n| n.to_string());
    let rows = entries.iter().map(|entry| {
        let expires = entry.expires.clone().unwrap_or_else(|| "never".to_owned());
        let is_over = if entry.is_expired(now) { " (expired)" } else { "" };
        [
            entry.id.clone(),
            entry.tenant.clone(),
            if entry.certificate_sha256.is_some() { "certificate" } else { "token" }.to_owned(),
            entry.document_types.join(","),
            format!("{expires}{is_over}"),
            number(entry.requests_a_minute),
            number(entry.concurrent_documents),
        ]
    });
    let head = ["id", "tenant", "by", "document types", "expires", "a minute", "at a time"];
    Ok(output::print(&output::table(head, rows))?)
}
