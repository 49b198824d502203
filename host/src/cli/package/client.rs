//! The client of the admin API.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use dossier_store::{PackageError, PublicKey, SigningError};
use reqwest::Method;
use serde_json::{Value, json};

use super::upload::Upload;
use super::{
    ActivateArgs, AdminArgs, CanaryArgs, HistoryArgs, ListArgs, NameArgs, PruneArgs, PublishArgs,
    RegistryError, dry_run, keys, source,
};
use crate::admin::MOST_NAMES;
use crate::cli::{output, progress};
use crate::outgoing::client_of;

/// A publication compiles and runs fixtures; that has limits of its own on the host.
const PATIENCE: Duration = Duration::from_secs(300);

/// Bytes of a body whose sending is shown.
const UPLOAD: usize = 256 << 10;

/// No connection to a host lives longer than a quarter of an hour.
const DOWNLOAD_PATIENCE: Duration = Duration::from_secs(900);

/// A package can't be sent, or the host refuses.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// A file can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds no settings.
    #[error("{}: no settings of a document type: {reason}", path.display())]
    SettingsFile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The files are no package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// A key or a signature is none.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The package is signed with another key.
    #[error("the package is signed with {found}, not with {wanted}")]
    OtherKey {
        /// The key asked for.
        wanted: PublicKey,
        /// The key found.
        found: PublicKey,
    },
    /// A component is given apart for what is no folder.
    #[error("--component goes with a folder: an archive or a registry has its own")]
    ComponentApart,
    /// A package can't be pushed or pulled.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There is no token to ask with.
    #[error("no token: set DOSSIER_ADMIN_TOKEN, or name a file with --token-file")]
    NoToken,
    /// The admin API does not answer.
    #[error("{url}: {source}: does a host run there with its admin API? --admin-url names another")]
    Unanswered {
        /// Where it should be.
        url: String,
        /// Why.
        source: Box<reqwest::Error>,
    },
    /// The host refuses.
    #[error("{detail} ({code})")]
    Refused {
        /// The stable code.
        code: String,
        /// The sentence.
        detail: String,
    },
    /// Rules that were tried report otherwise than fixtures expect.
    #[error("{failed} of {of} fixtures failed")]
    FixturesFailed {
        /// How many failed.
        failed: usize,
        /// How many there are.
        of: usize,
    },
    /// Nothing was published under the name.
    #[error("nothing is published under `{0}`")]
    NothingPublished(String),
    /// The answer is not as documented.
    #[error("the answer is not understood: is this the admin API of a dossier host?")]
    Answer,
    /// The output can't be written.
    #[error("the output can't be written: {0}")]
    Output(#[source] io::Error),
}

pub(super) type Done = Result<(), AdminError>;

pub(super) async fn publish(args: PublishArgs) -> Done {
    let mut package = source::read(&args.package).await?;
    if let Some(key) = &args.key {
        package.sign(&keys::secret_key(key)?);
    }
    let client = Client::new(args.admin)?;
    if args.dry_run {
        return dry_run::dry_run(&client, package.to_tar()).await;
    }
    let published = client.send(Method::POST, "/v1/packages", Some(package.to_tar())).await?;
    client.print(&published, |published| {
        format!("published {} {}\n", text(&published["name"]), text(&published["package"]))
    })?;
    if args.activate {
        let (name, package) = (text(&published["name"]), &published["package"]);
        return client.change(&name, "activate", Some(json!({"package": package}))).await;
    }
    Ok(())
}

pub(super) async fn activate(args: ActivateArgs) -> Done {
    change_to(args, "activate", None).await
}

pub(super) async fn shadow(args: ActivateArgs) -> Done {
    change_to(args, "shadow", None).await
}

pub(super) async fn canary(args: CanaryArgs) -> Done {
    change_to(args.of, "canary", Some(args.percent)).await
}

pub(super) async fn promote(args: NameArgs) -> Done {
    Client::new(args.admin)?.change(&args.name, "promote", None).await
}

pub(super) async fn roll_back(args: NameArgs) -> Done {
    Client::new(args.admin)?.change(&args.name, "rollback", None).await
}

pub(super) async fn list(args: ListArgs) -> Done {
    let client = Client::new(args.admin)?;
    let listed = match &args.name {
        None => client.list().await?,
        Some(name) => json!({"packages": [client.status(name).await?]}),
    };
    client.print(&listed, |listed| {
        let packages = listed["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let rows = packages.iter().map(|package| {
            let tried = match (&package["canary"], &package["shadow"]) {
                (Value::Null, Value::Null) => "-".to_owned(),
                (Value::Null, shadow) => text(&shadow["package"]),
                (canary, _) => format!("{} ({} %)", text(&canary["package"]), canary["percent"]),
            };
            let reason = text(&package["reason"]["code"]);
            [
                text(&package["name"]),
                text(&package["state"]),
                text(&package["active"]),
                tried,
                reason,
            ]
        });
        output::table(["name", "state", "active", "tried", "last refusal"], rows)
    })
}

pub(super) async fn history(args: HistoryArgs) -> Done {
    let client = Client::new(args.admin)?;
    let path = match &args.name {
        None => format!("/v1/history?limit={}", args.limit),
        Some(name) => format!("{}/history?limit={}", package_path(name), args.limit),
    };
    let told = client.send(Method::GET, &path, None).await?;
    client.print(&told, |told| {
        let events = told["events"].as_array().map(Vec::as_slice).unwrap_or_default();
        let rows = events.iter().map(|event| {
            let why = [text(&event["code"]), text(&event["detail"])].join(" ");
            [
                text(&event["at"]),
                event["generation"].to_string(),
                text(&event["action"]),
                text(&event["name"]),
                text(&event["package"]),
                text(&event["actor"]),
                why.replace("- ", "").trim_end_matches('-').to_owned(),
            ]
        });
        output::table(["at", "generation", "action", "name", "package", "by", "why"], rows)
    })
}

pub(super) async fn prune(args: PruneArgs) -> Done {
    let client = Client::new(args.admin)?;
    let body = json!({"dry_run": args.dry_run}).to_string().into_bytes();
    let pruned = client.send(Method::POST, "/v1/prune", Some(body)).await?;
    client.print(&pruned, |pruned| {
        let packages = pruned["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let rows = packages.iter().map(|package| {
            let texts =
                ["package", "name", "version", "published_at"].map(|key| text(&package[key]));
            let [package_digest, name, version, published_at] = texts;
            [package_digest, name, version, published_at, package["bytes"].to_string()]
        });
        let table = output::table(["package", "name", "version", "published", "bytes"], rows);
        let done = if args.dry_run { "would be removed" } else { "removed" };
        format!("{table}{} packages, {} bytes {done}\n", packages.len(), pruned["bytes"])
    })
}

/// Changes what serves to a package: the one named, or the one published last.
async fn change_to(args: ActivateArgs, action: &str, percent: Option<u8>) -> Done {
    let client = Client::new(args.admin)?;
    let package = match args.package {
        Some(package) => json!(package),
        None => {
            let status = client.status(&args.name).await?;
            let last = status["versions"].as_array().and_then(|versions| versions.last());
            let last = last.map(|version| version["package"].clone());
            last.ok_or_else(|| AdminError::NothingPublished(args.name.clone()))?
        }
    };
    let body = match percent {
        None => json!({"package": package}),
        Some(percent) => json!({"package": package, "percent": percent}),
    };
    client.change(&args.name, action, Some(body)).await
}

pub(in crate::cli) struct Client {
    http: reqwest::Client,
    args: AdminArgs,
    token: String,
}

impl Client {
    pub(in crate::cli) fn new(args: AdminArgs) -> Result<Self, AdminError> {
        let token = match &args.token_file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|source| AdminError::File { path: path.clone(), source })?,
            // Not a flag: arguments are everybody's to see.
            None => std::env::var("DOSSIER_ADMIN_TOKEN").map_err(|_| AdminError::NoToken)?,
        };
        let token = token.trim().to_owned();
        let http = client_of(&args.admin_url).timeout(PATIENCE).build();
        let http = http.map_err(|source| AdminError::Unanswered {
            url: args.admin_url.clone(),
            source: Box::new(source),
        })?;
        Ok(Self { http, args, token })
    }

    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Value, AdminError> {
        let url = format!("{}{path}", self.args.admin_url.trim_end_matches('/'));
        let unanswered =
            |source| AdminError::Unanswered { url: url.clone(), source: Box::new(source) };
        let request = self.http.request(method, &url).bearer_auth(&self.token);
        let (body, then) = (body.unwrap_or_default(), format!("{url} works on it"));
        let (request, waiting) = match body.len() {
            0..UPLOAD => (request.body(body), progress::waiting(then)),
            length => {
                let bar = progress::bytes(Some(length as u64));
                (request.body(reqwest::Body::wrap(Upload::new(body, bar.clone(), then))), bar)
            }
        };
        let response = request.send().await.map_err(unanswered)?;
        let is_success = response.status().is_success();
        let bytes = response.bytes().await.map_err(unanswered)?;
        waiting.finish_and_clear();
        if !is_success {
            return Err(refusal(&bytes));
        }
        serde_json::from_slice(&bytes).map_err(|_| AdminError::Answer)
    }

    /// Posts nothing, and writes the answer into a file, which may be longer than memory.
    pub(in crate::cli) async fn download(&self, path: &str, into: &mut File) -> Done {
        let url = format!("{}{path}", self.args.admin_url.trim_end_matches('/'));
        let unanswered =
            |source| AdminError::Unanswered { url: url.clone(), source: Box::new(source) };
        let request = self.http.post(&url).bearer_auth(&self.token).timeout(DOWNLOAD_PATIENCE);
        let mut response = request.send().await.map_err(unanswered)?;
        if !response.status().is_success() {
            return Err(refusal(&response.bytes().await.map_err(unanswered)?));
        }
        let received = progress::bytes(response.content_length());
        while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
            into.write_all(&chunk).map_err(AdminError::Output)?;
            received.inc(chunk.len() as u64);
        }
        received.finish_and_clear();
        Ok(())
    }

    /// How everything stands, page by page.
    async fn list(&self) -> Result<Value, AdminError> {
        let mut packages = Vec::new();
        let mut after = String::new();
        loop {
            let path = format!("/v1/packages?limit={MOST_NAMES}{after}");
            let mut page = self.send(Method::GET, &path, None).await?;
            let Value::Array(listed) = page["packages"].take() else {
                return Err(AdminError::Answer);
            };
            let is_more = !listed.is_empty();
            packages.extend(listed);
            match page["next"].as_str().filter(|_| is_more) {
                Some(next) => after = format!("&after={}", next.replace('/', "%2F")),
                None => {
                    page["packages"] = Value::Array(packages);
                    return Ok(page);
                }
            }
        }
    }

    async fn status(&self, name: &str) -> Result<Value, AdminError> {
        self.send(Method::GET, &package_path(name), None).await
    }

    async fn change(&self, name: &str, action: &str, body: Option<Value>) -> Done {
        let path = format!("{}/{action}", package_path(name));
        let body = body.map(|body| body.to_string().into_bytes());
        let changed = self.send(Method::POST, &path, body).await?;
        self.print(&changed, |changed| {
            let (name, active) = (text(&changed["name"]), text(&changed["active"]));
            format!("{action} {name}: generation {}, active {active}\n", changed["generation"])
        })
    }

    pub(super) fn print(&self, answer: &Value, as_text: impl FnOnce(&Value) -> String) -> Done {
        let printed =
            if self.args.json { output::json(answer) } else { output::print(&as_text(answer)) };
        printed.map_err(AdminError::Output)
    }
}

/// What a host says that refuses.
fn refusal(bytes: &[u8]) -> AdminError {
    let answer = serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    match (answer["code"].as_str(), answer["detail"].as_str()) {
        (Some(code), Some(detail)) => {
            AdminError::Refused { code: code.to_owned(), detail: detail.to_owned() }
        }
        _ => AdminError::Answer,
    }
}

/// Document types hold `/`, which separates nothing here.
fn package_path(name: &str) -> String {
    format!("/v1/packages/{}", name.replace('/', "%2F"))
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or("-").to_owned()
}
