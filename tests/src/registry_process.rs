//! Packages to and from a real registry: `docker-registry`, as a process of its own.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use crate::client::http_client;
use crate::process::Process;
use crate::{AdminClient, Client, TOKEN, TestRoot, platform_config, shipped_root};

const PASSPORT: &str = "utopia/passport/2024";
/// Who may use the registry that asks.
const USER: &str = "publisher";
const PASSWORD: &str = "a password";
/// The user and the password as bcrypt writes them, which is all that the registry takes.
const HTPASSWD: &str = "publisher:$2b$05$dossiertestsforregisteboaCbn1MpvNRWj8auEEvdHsHhyfh0/e\n";

/// What was seen to work.
#[derive(Clone, Debug)]
pub struct RegistryReport {
    /// The version that the registry tells of itself.
    pub registry: String,
    /// What was done with it, in order.
    pub done: Vec<&'static str>,
}

/// Pushes, pulls and publishes packages by way of a registry that is installed as `program`: in
/// plain HTTP, behind a password, and by TLS.
///
/// # Errors
/// When it is not installed, or anything is not as it should be.
pub async fn exchange_with_registry(
    dossier: &Path,
    program: &str,
) -> anyhow::Result<RegistryReport> {
    let version = Command::new(program).arg("--version").output();
    let version = version.with_context(|| format!("`{program}` is not installed"))?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let mut exchange = Exchange { dossier, folder: tempfile::tempdir()?, done: Vec::new() };

    let open = Registry::start(program, exchange.folder.path(), Kind::Open).await?;
    exchange.push_and_pull(&open).await?;
    exchange.publish(&open).await?;
    exchange.adapter(&open).await?;
    exchange.refuse_without_flag(&open).await?;
    drop(open);
    let closed = Registry::start(program, exchange.folder.path(), Kind::Password).await?;
    exchange.password(&closed).await?;
    drop(closed);
    let encrypted = Registry::start(program, exchange.folder.path(), Kind::Tls).await?;
    exchange.tls(&encrypted).await?;
    Ok(RegistryReport { registry: version, done: exchange.done })
}

/// How a registry is to be spoken to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Password,
    Tls,
}

/// A registry at work. Dropping it ends it.
struct Registry {
    _process: Process,
    port: u16,
    certificate: PathBuf,
}

impl Registry {
    async fn start(program: &str, folder: &Path, kind: Kind) -> anyhow::Result<Self> {
        // Given back at once: the registry can't be told to take any free port.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let certificate = folder.join("certificate.pem");
        let mut http = json!({"addr": format!("127.0.0.1:{port}")});
        let mut auth = Value::Null;
        match kind {
            Kind::Open => {}
            Kind::Password => {
                std::fs::write(folder.join("htpasswd"), HTPASSWD)?;
                auth = json!({"htpasswd": {"realm": "tests", "path": folder.join("htpasswd")}});
            }
            Kind::Tls => {
                make_certificate(folder, &certificate)?;
                http["tls"] = json!({"certificate": certificate, "key": folder.join("key.pem")});
            }
        }
        let mut configuration = json!({
            "version": 0.1,
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": folder.join("registry")}},
            "http": http,
        });
        if !auth.is_null() {
            configuration["auth"] = auth;
        }
        // JSON is YAML.
        let file = folder.join("registry.yml");
        std::fs::write(&file, configuration.to_string())?;
        let mut command = Command::new(program);
        command.arg("serve").arg(&file);
        let mut process = Process::start(&mut command, folder.join("registry.log"))?;
        process.until(|_| TcpStream::connect(("127.0.0.1", port)).ok()).await?;
        Ok(Self { _process: process, port, certificate })
    }

    fn reference(&self, name: &str) -> String {
        format!("localhost:{}/{name}", self.port)
    }
}

fn make_certificate(folder: &Path, certificate: &Path) -> anyhow::Result<()> {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"])
        .args(["/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        // rustls takes no authority for a server.
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(certificate)
        .output()
        .context("`openssl` is not installed")?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}

struct Exchange<'a> {
    dossier: &'a Path,
    folder: tempfile::TempDir,
    done: Vec<&'static str>,
}

impl Exchange<'_> {
    /// What `dossier plugin` prints, or why it fails. It may ask a host in this process, so no
    /// thread of the runtime waits for it.
    async fn plugin(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Result<String, String>> {
        let mut command = Command::new(self.dossier);
        command.arg("package").args(arguments).envs(environment.iter().copied());
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (printed, told) = (text(&output.stdout), text(&output.stderr));
        Ok(if output.status.success() { Ok(printed) } else { Err(told) })
    }

    async fn succeeds(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.plugin(arguments, &[]).await?.map_err(anyhow::Error::msg)
    }

    /// Fails unless the command does, and says why in these words.
    async fn fails(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
        words: &str,
    ) -> anyhow::Result<()> {
        match self.plugin(arguments, environment).await? {
            Ok(printed) => bail!("{arguments:?} should fail, and prints {printed}"),
            Err(error) => {
                ensure!(error.contains(words), "{arguments:?}: {error}");
                Ok(())
            }
        }
    }

    fn path(&self, name: &str) -> anyhow::Result<String> {
        Ok(self.folder.path().join(name).to_str().context("UTF-8")?.to_owned())
    }

    /// A signed package of the shipped rules.
    async fn push_and_pull(&mut self, registry: &Registry) -> anyhow::Result<()> {
        let (key, signed) = (self.path("key")?, self.path("signed.tar")?);
        let root = shipped_root();
        let package = root.join("plugins/utopia/package");
        let component = root.join("plugins/prebuilt/utopia.wasm");
        let (package, component) = (package.to_str(), component.to_str());
        let (package, component) = (package.context("UTF-8")?, component.context("UTF-8")?);
        self.succeeds(&["keygen", &key]).await?;
        let sign = ["sign", package, "--component", component, "--key", &key, "--output", &signed];
        let digest = self.succeeds(&sign).await?.trim().to_owned();

        let reference = registry.reference("utopia/rules:1.0.0");
        let pushed = self.succeeds(&["push", &signed, &reference, "--plain-http"]).await?;
        let pinned = line(&pushed, "pushed")?;
        ensure!(line(&pushed, "package")? == digest, "{pushed}");
        let again = self.succeeds(&["push", &signed, &reference, "--plain-http"]).await?;
        ensure!(again == pushed, "the same package is another artifact: {again} {pushed}");
        self.done.push("a signed package of rules is pushed, twice to the same digest");

        for (number, reference) in [&reference, &pinned].into_iter().enumerate() {
            let pulled = self.path(&format!("pulled-{number}.tar"))?;
            let told =
                self.succeeds(&["pull", reference, "--output", &pulled, "--plain-http"]).await?;
            ensure!(told.trim() == digest, "{told}");
            ensure!(std::fs::read(&pulled)? == std::fs::read(&signed)?, "other bytes came back");
        }
        self.done.push("it is pulled by tag and by digest, the same bytes");

        let component = line(&pushed, "component")?;
        let (name, manifest_digest) = component.split_once('@').context("a digest")?;
        ensure!(name.ends_with("utopia/rules:1.0.0-component"), "{name}");
        let url = format!(
            "http://localhost:{}/v2/utopia/rules/manifests/{manifest_digest}",
            registry.port
        );
        let accept = "application/vnd.oci.image.manifest.v1+json";
        let request = http_client().get(url).header("accept", accept);
        let manifest = serde_json::from_slice::<Value>(&request.send().await?.bytes().await?)?;
        let layers = manifest["layers"].as_array().context("layers")?;
        ensure!(manifest["config"]["mediaType"] == "application/vnd.wasm.config.v0+json");
        ensure!(layers.len() == 1 && layers[0]["mediaType"] == "application/wasm", "{manifest}");
        self.done.push("its component lies beside in the CNCF's layout");

        let alone = registry.reference("utopia/rules:1.0.0-component");
        let output = self.path("alone.tar")?;
        let pull = ["pull", &alone, "--output", &output, "--plain-http"];
        self.fails(&pull, &[], "a component alone").await
    }

    /// From the registry into a host that serves.
    async fn publish(&mut self, registry: &Registry) -> anyhow::Result<()> {
        let root = TestRoot::with_base()?;
        root.add_shipped(PASSPORT)?;
        let data_dir = tempfile::tempdir()?;
        let server = dossier::serve(platform_config(root.path(), data_dir.path())?).await?;
        let admin = server.admin_address().context("listens")?;
        let url = format!("http://{admin}");
        let environment = [("DOSSIER_ADMIN_URL", url.as_str()), ("DOSSIER_ADMIN_TOKEN", TOKEN)];
        let reference = format!("oci://{}", registry.reference("utopia/rules:1.0.0"));
        let arguments = ["publish", reference.as_str(), "--plain-http", "--activate"];
        self.plugin(&arguments, &environment).await?.map_err(anyhow::Error::msg)?;
        let served = Client::new(server.address()).get("/v1/document-types").await?.body;
        let status = AdminClient::new(admin, TOKEN).status("utopia").await?;
        ensure!(served["generation"] == 2 && status["state"] == "active", "{served} {status}");
        server.shutdown().await;
        self.done.push("a host takes it from there and serves it");
        Ok(())
    }

    /// The adapter of a document type.
    async fn adapter(&mut self, registry: &Registry) -> anyhow::Result<()> {
        let folder = shipped_root().join("adapters").join(PASSPORT);
        let folder = folder.to_str().context("UTF-8")?;
        let reference = registry.reference("utopia/passport:2024");
        let pushed = self.succeeds(&["push", folder, &reference, "--plain-http"]).await?;
        ensure!(!pushed.contains("component"), "{pushed}");
        let (output, name) = (self.path("adapter.tar")?, format!("oci://{reference}"));
        let pull = ["pull", &name, "--output", &output, "--plain-http"];
        let told = self.succeeds(&pull).await?;
        ensure!(told.trim() == line(&pushed, "package")?, "{told}");
        self.done.push("an adapter is pushed and pulled");
        Ok(())
    }

    async fn refuse_without_flag(&mut self, registry: &Registry) -> anyhow::Result<()> {
        let (signed, reference) = (self.path("signed.tar")?, registry.reference("utopia/rules:2"));
        self.fails(&["push", &signed, &reference], &[], "error sending request").await?;
        self.done.push("plain HTTP is spoken only when asked for");
        Ok(())
    }

    async fn password(&mut self, registry: &Registry) -> anyhow::Result<()> {
        let (signed, reference) = (self.path("signed.tar")?, registry.reference("utopia/rules:3"));
        let push = ["push", &signed, &reference, "--plain-http", "--registry-user", USER];
        let anybody = &push[..4];
        self.fails(anybody, &[], "").await?;
        self.fails(&push, &[("DOSSIER_REGISTRY_PASSWORD", "another")], "").await?;
        self.fails(&push, &[], "no password").await?;
        let known = [("DOSSIER_REGISTRY_PASSWORD", PASSWORD)];
        let pushed = self.plugin(&push, &known).await?.map_err(anyhow::Error::msg)?;
        let output = self.path("closed.tar")?;
        let mut pull = vec!["pull", &reference, "--output", &output, "--plain-http"];
        self.fails(&pull, &[], "").await?;
        pull.extend(["--registry-user", USER]);
        let pulled = self.plugin(&pull, &known).await?.map_err(anyhow::Error::msg)?;
        ensure!(pulled.trim() == line(&pushed, "package")?, "{pulled}");
        self.done.push("a registry behind a password takes the right one only");
        Ok(())
    }

    async fn tls(&mut self, registry: &Registry) -> anyhow::Result<()> {
        let (signed, reference) = (self.path("signed.tar")?, registry.reference("utopia/rules:4"));
        let (push, output) = (["push", &signed, &reference], self.path("encrypted.tar")?);
        self.fails(&push, &[], "error sending request").await?;
        let certificate = registry.certificate.to_str().context("UTF-8")?;
        let trusting = [("SSL_CERT_FILE", certificate)];
        let pushed = self.plugin(&push, &trusting).await?.map_err(anyhow::Error::msg)?;
        let pull = ["pull", &reference, "--output", &output];
        let pulled = self.plugin(&pull, &trusting).await?.map_err(anyhow::Error::msg)?;
        ensure!(pulled.trim() == line(&pushed, "package")?, "{pulled}");
        self.done.push("TLS is spoken to a registry whose certificate the system trusts");
        Ok(())
    }
}

/// What stands behind a word in what a command printed.
fn line(printed: &str, word: &str) -> anyhow::Result<String> {
    let line = printed.lines().find_map(|line| line.strip_prefix(word));
    Ok(line.with_context(|| format!("no `{word}` in {printed}"))?.trim().to_owned())
}
