//! Packages, and a host that takes them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context as _, ensure};
use dossier::config::{AdminConfig, Config, PlatformConfig, Token};
use dossier_engine::settings::{Publisher, PublisherLimits};
use dossier_store::{COMPONENT, CanarySettings, Package, RULES_MANIFEST, Scope};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::client::http_client;
use crate::config;

/// The token of a publisher that may do anything.
pub const TOKEN: &str = "a token that reaches everything";

/// [`config`] with a data directory, the admin API on a free port, and unsigned packages taken.
///
/// # Errors
/// When there is no such folder.
pub fn platform_config(data_root: &Path, data_dir: &Path) -> anyhow::Result<Config> {
    let mut config = config(data_root)?;
    let everything = Scope { document_types: vec!["*".parse()?], plugins: vec!["*".parse()?] };
    let publisher = Publisher { name: "tests".to_owned(), scope: everything };
    let token = Token { sha256: Sha256::digest(TOKEN).into(), publisher };
    let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    config.platform = Some(PlatformConfig {
        data_dir: Some(data_dir.to_owned()),
        admin: Some(AdminConfig { listen, tokens: vec![token] }),
        signing_keys: Vec::new(),
        dev: true,
        watch: None,
        canary: CanarySettings { min_calls: 5, max_failure_percent: 10 },
        probe: None,
        compile: dossier::config::CompileLimits {
            memory_bytes: 2 << 30,
            timeout: std::time::Duration::from_secs(60),
        },
        package_grace: std::time::Duration::from_secs(24 * 60 * 60),
        prune_at_start: false,
        // Tests do in a second what publishers do in an hour.
        publisher: PublisherLimits { changes_a_minute: 100_000, ..PublisherLimits::default() },
        older_versions: true,
        revoked: BTreeSet::new(),
    });
    Ok(config)
}

/// A package of rules with one fixture.
///
/// # Errors
/// When the name makes no package.
pub fn rules_package(
    name: &str,
    version: &str,
    document_types: &[&str],
    component: Vec<u8>,
    fixtures: &[Value],
) -> anyhow::Result<Package> {
    let manifest = json!({"name": name, "version": version, "document_types": document_types});
    let mut files = BTreeMap::from([
        (RULES_MANIFEST.to_owned(), manifest.to_string().into_bytes()),
        (COMPONENT.to_owned(), component),
    ]);
    for (number, fixture) in fixtures.iter().enumerate() {
        files.insert(format!("fixtures/{number}.json"), fixture.to_string().into_bytes());
    }
    Ok(Package::new(files)?)
}

/// The same component with another digest: a custom section that nothing reads.
#[must_use]
pub fn variant(component: &[u8], number: u32) -> Vec<u8> {
    let name = b"variant";
    let mut section = vec![u8::try_from(name.len()).unwrap_or_default()];
    section.extend(name);
    section.extend(number.to_le_bytes());
    let mut bytes = component.to_vec();
    bytes.push(0);
    bytes.push(u8::try_from(section.len()).unwrap_or_default());
    bytes.extend(section);
    bytes
}

/// A client of the admin API.
#[derive(Clone, Debug)]
pub struct AdminClient {
    http: reqwest::Client,
    address: SocketAddr,
    token: String,
}

/// What publishing answers.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The package's digest.
    pub package: String,
    /// The digest that answers name it by.
    pub artifact: String,
}

impl AdminClient {
    /// A client that bears a token.
    #[must_use]
    pub fn new(address: SocketAddr, token: &str) -> Self {
        Self { http: http_client(), address, token: token.to_owned() }
    }

    /// Asks anything; status and body.
    ///
    /// # Errors
    /// When there is no answer, or it is no JSON.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<(u16, Value)> {
        let url = format!("http://{}{path}", self.address);
        let request = self.http.request(method, url).bearer_auth(&self.token).body(body);
        let response = request.send().await.context("no answer")?;
        let status = response.status().as_u16();
        Ok((status, serde_json::from_slice(&response.bytes().await?)?))
    }

    /// Asks anything; status and text.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn ask_text(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<(u16, String)> {
        let url = format!("http://{}{path}", self.address);
        let request = self.http.request(method, url).bearer_auth(&self.token).body(body);
        let response = request.send().await.context("no answer")?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    /// Gets a text.
    ///
    /// # Errors
    /// When there is no answer, or it is a refusal.
    pub async fn text(&self, path: &str) -> anyhow::Result<String> {
        let url = format!("http://{}{path}", self.address);
        let response = self.http.get(url).bearer_auth(&self.token).send().await?;
        Ok(response.error_for_status()?.text().await?)
    }

    /// Publishes a package.
    ///
    /// # Errors
    /// When it is refused; the error has the code.
    pub async fn publish(&self, package: &Package) -> anyhow::Result<Publication> {
        let body = self.done(Method::POST, "/v1/packages", package.to_tar()).await?;
        let text = |key: &str| body[key].as_str().map(str::to_owned).context("a text");
        Ok(Publication { package: text("package")?, artifact: text("artifact")? })
    }

    /// Activates a package, or whatever `action` is, and returns the generation.
    ///
    /// # Errors
    /// When it is refused; the error has the code.
    pub async fn change(&self, name: &str, action: &str, body: Value) -> anyhow::Result<u64> {
        let path = format!("/v1/packages/{}/{action}", name.replace('/', "%2F"));
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let body = self.done(Method::POST, &path, body).await?;
        body["generation"].as_u64().context("a generation")
    }

    /// How a name stands.
    ///
    /// # Errors
    /// When the host refuses to tell.
    pub async fn status(&self, name: &str) -> anyhow::Result<Value> {
        let path = format!("/v1/packages/{}", name.replace('/', "%2F"));
        self.done(Method::GET, &path, Vec::new()).await
    }

    async fn done(&self, method: Method, path: &str, body: Vec<u8>) -> anyhow::Result<Value> {
        let (status, body) = self.ask(method, path, body).await?;
        ensure!(status < 300, "{status} {}: {}", body["code"], body["detail"]);
        Ok(body)
    }
}
