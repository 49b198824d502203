//! A registry of OCI artifacts in this process: as much of the distribution specification as pushing
//! and pulling take, and room to put into it what no honest registry has.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A registry. Dropping it ends it.
#[derive(Debug)]
pub struct TestRegistry {
    address: SocketAddr,
    content: Arc<Content>,
    serving: JoinHandle<()>,
}

/// What it holds, whatever the repository.
#[derive(Debug, Default)]
struct Content {
    blobs: Mutex<BTreeMap<String, Bytes>>,
    /// By `repository:tag` and `repository@digest`.
    manifests: Mutex<BTreeMap<String, Bytes>>,
    /// Bytes of uploads under way, by their number.
    uploads: Mutex<Vec<Vec<u8>>>,
    /// Blobs that were asked for.
    fetched: Mutex<Vec<String>>,
}

impl TestRegistry {
    /// Starts an empty registry on a free port.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).await?;
        let address = listener.local_addr()?;
        let content = Arc::new(Content::default());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&content));
        let serving = tokio::spawn(async move {
            #[expect(
                clippy::disallowed_methods,
                reason = "a registry for one test needs no limits"
            )]
            let served = axum::serve(listener, router).await;
            served.expect("it serves until it is dropped");
        });
        Ok(Self { address, content, serving })
    }

    /// A reference to something in it.
    #[must_use]
    pub fn reference(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    /// A manifest, by `repository:tag`.
    ///
    /// # Errors
    /// When it is not there.
    pub fn manifest(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let manifest = get(&self.content.manifests, name);
        Ok(manifest.context("no such manifest")?.to_vec())
    }

    /// A blob.
    ///
    /// # Errors
    /// When it is not there.
    pub fn blob(&self, digest: &str) -> anyhow::Result<Vec<u8>> {
        Ok(get(&self.content.blobs, digest).context("no such blob")?.to_vec())
    }

    /// Puts a manifest there, whatever it says.
    pub fn set_manifest(&self, name: &str, manifest: Vec<u8>) {
        lock(&self.content.manifests).insert(name.to_owned(), manifest.into());
    }

    /// Puts bytes there under a digest, whether or not it is theirs.
    pub fn set_blob(&self, digest: &str, bytes: Vec<u8>) {
        lock(&self.content.blobs).insert(digest.to_owned(), bytes.into());
    }

    /// The blobs that were asked for since this was called last.
    #[must_use]
    pub fn take_fetched(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.content.fetched))
    }
}

impl Drop for TestRegistry {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(
    State(content): State<Arc<Content>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let path = uri.path().trim_start_matches("/v2/");
    let ask = Ask { content: &content, method, query: uri.query().unwrap_or_default(), headers };
    if let Some((_, number)) = path.split_once("/blobs/uploads/") {
        return ask.upload(path, number, &body);
    }
    if let Some((_, digest)) = path.split_once("/blobs/") {
        return ask.blob(digest);
    }
    if let Some((repository, reference)) = path.split_once("/manifests/") {
        let by = if reference.contains(':') { '@' } else { ':' };
        return ask.manifest(repository, &format!("{repository}{by}{reference}"), body);
    }
    reply(if path.is_empty() { StatusCode::OK } else { StatusCode::NOT_FOUND }, &[], Bytes::new())
}

/// One request.
struct Ask<'a> {
    content: &'a Content,
    method: Method,
    query: &'a str,
    headers: HeaderMap,
}

impl Ask<'_> {
    /// POST begins, PATCH appends, PUT ends and names the digest.
    fn upload(&self, path: &str, number: &str, body: &[u8]) -> Response<Body> {
        let mut uploads = lock(&self.content.uploads);
        if self.method == Method::POST {
            uploads.push(Vec::new());
            let location = format!("/v2/{path}{}", uploads.len() - 1);
            return reply(StatusCode::ACCEPTED, &[("location", &location)], Bytes::new());
        }
        let number = number.parse::<usize>().ok();
        let Some(upload) = number.and_then(|number| uploads.get_mut(number)) else {
            return reply(StatusCode::NOT_FOUND, &[], Bytes::new());
        };
        let range = self.headers.get("content-range").and_then(|range| range.to_str().ok());
        let start = range.and_then(|range| range.split_once('-')?.0.parse::<usize>().ok());
        if start.is_some_and(|start| start != upload.len()) {
            return reply(StatusCode::RANGE_NOT_SATISFIABLE, &[], Bytes::new());
        }
        upload.extend(body);
        if self.method == Method::PATCH {
            let range = format!("0-{}", upload.len().saturating_sub(1));
            let location = format!("/v2/{path}");
            let headers = [("location", location.as_str()), ("range", &range)];
            return reply(StatusCode::ACCEPTED, &headers, Bytes::new());
        }
        let said = self.query.split('&').find_map(|pair| pair.strip_prefix("digest="));
        let digest = digest_of(upload);
        if said.map(|said| said.replace("%3A", ":")).as_deref() != Some(&digest) {
            return reply(StatusCode::BAD_REQUEST, &[], Bytes::new());
        }
        let bytes = std::mem::take(upload);
        lock(&self.content.blobs).insert(digest.clone(), bytes.into());
        reply(StatusCode::CREATED, &[("location", &format!("/v2/blobs/{digest}"))], Bytes::new())
    }

    fn blob(&self, digest: &str) -> Response<Body> {
        if self.method == Method::GET {
            lock(&self.content.fetched).push(digest.to_owned());
        }
        match get(&self.content.blobs, digest) {
            Some(bytes) => reply(StatusCode::OK, &[], bytes),
            None => reply(StatusCode::NOT_FOUND, &[], Bytes::new()),
        }
    }

    fn manifest(&self, repository: &str, name: &str, body: Bytes) -> Response<Body> {
        if self.method == Method::PUT {
            let digest = digest_of(&body);
            let mut manifests = lock(&self.content.manifests);
            manifests.insert(format!("{repository}@{digest}"), body.clone());
            manifests.insert(name.to_owned(), body);
            let location = format!("/v2/{repository}/manifests/{digest}");
            return reply(StatusCode::CREATED, &[("location", &location)], Bytes::new());
        }
        match get(&self.content.manifests, name) {
            Some(bytes) => reply(StatusCode::OK, &[], bytes),
            None => reply(StatusCode::NOT_FOUND, &[], Bytes::new()),
        }
    }
}

fn reply(status: StatusCode, headers: &[(&str, &str)], body: Bytes) -> Response<Body> {
    let builder = headers
        .iter()
        .fold(Response::builder(), |builder, (name, value)| builder.header(*name, *value));
    builder.status(status).body(Body::from(body)).expect("a response of known parts")
}

fn digest_of(bytes: &[u8]) -> String {
    let hex = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("sha256:{hex}")
}

fn get(map: &Mutex<BTreeMap<String, Bytes>>, key: &str) -> Option<Bytes> {
    lock(map).get(key).cloned()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
