//! A registry of OCI artifacts as source and target of packages.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use clap::Args;
use dossier_store::{Package, PackageDigest, PackageError, PackageLimits, PackageParts};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::manifest::OciDescriptor;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use reqwest::header::HeaderValue;
use tokio::io::AsyncWrite;

use crate::outgoing::choose_tls;

mod layout;
use layout::{Artifact, Layout, MANIFEST, PackageConfig, digest_of};

/// A package of the largest size over 10 Mbit/s, and some.
const PATIENCE: Duration = Duration::from_secs(300);
/// For a connection, and between two packets.
const SILENCE: Duration = Duration::from_secs(30);
/// Bytes of a package's configuration: a digest and a word.
const CONFIG_BYTES: usize = 4096;
/// Bytes of an archive beside its files, at most.
const ARCHIVE_OVERHEAD_BYTES: usize = 1 << 21;
/// What a tag may have, by the distribution specification.
const TAG_CHARACTERS: usize = 128;
/// What the tag of the component alone ends with.
const COMPONENT_SUFFIX: &str = "-component";

/// How registries are reached.
#[derive(Args, Clone, Debug, Default)]
pub struct RegistryArgs {
    /// Speak HTTP without TLS to the registry: for one on this machine.
    #[arg(long)]
    pub plain_http: bool,
    /// Who asks the registry [default: anybody].
    #[arg(long, env = "DOSSIER_REGISTRY_USER", value_name = "NAME")]
    pub registry_user: Option<String>,
    /// File that holds the password [default: the environment variable DOSSIER_REGISTRY_PASSWORD].
    #[arg(long, env = "DOSSIER_REGISTRY_PASSWORD_FILE", value_name = "FILE")]
    pub registry_password_file: Option<PathBuf>,
}

/// A package can't be pushed or pulled.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A text names nothing in a registry.
    #[error("`{text}`: {reason}; a reference reads registry.example/folder/name:tag")]
    Reference {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is a user and no password.
    #[error(
        "no password: set DOSSIER_REGISTRY_PASSWORD, or name a file with --registry-password-file"
    )]
    NoPassword,
    /// The file of the password can't be read.
    #[error("{}: can't be read: {source}", path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The registry does not answer, refuses, or sends other bytes than their digest says.
    #[error("{reference}: {source}")]
    Registry {
        /// What was asked for.
        reference: String,
        /// Why.
        source: Box<OciDistributionError>,
    },
    /// What is there is no package.
    #[error("{reference}: no package: {what}")]
    NotAPackage {
        /// What was asked for.
        reference: String,
        /// What is there.
        what: String,
    },
    /// The component of a package to be pushed is none.
    #[error(transparent)]
    Component(#[from] dossier_plugin::PluginError),
    /// The layers are larger than a package may be; nothing of them was fetched.
    #[error("{reference}: {bytes} bytes are more than the {limit_bytes} a package may have")]
    TooLarge {
        /// What was asked for.
        reference: String,
        /// What the manifest says.
        bytes: u64,
        /// The limit.
        limit_bytes: usize,
    },
    /// A layer is longer or shorter than the manifest says.
    #[error("{reference}: the layer {digest} has not the {bytes} bytes that the manifest says")]
    Length {
        /// What was asked for.
        reference: String,
        /// The layer.
        digest: String,
        /// What the manifest says.
        bytes: usize,
    },
    /// The layers make no package.
    #[error("{reference}: {source}")]
    Package {
        /// What was asked for.
        reference: String,
        /// Why.
        source: PackageError,
    },
    /// The layers make another package than the configuration says.
    #[error("{reference}: says it is the package {said}, and is {found}")]
    OtherPackage {
        /// What was asked for.
        reference: String,
        /// The digest in the configuration.
        said: PackageDigest,
        /// The digest of the files.
        found: PackageDigest,
    },
    /// It took too long.
    #[error("{reference}: not done after {:?}", PATIENCE)]
    Timeout {
        /// What was asked for.
        reference: String,
    },
}

/// One name in a registry.
pub(super) struct Registry {
    client: Client,
    reference: Reference,
    auth: RegistryAuth,
}

/// Where a package was pushed to.
pub(super) struct Pushed {
    /// The package, by the digest of its manifest.
    pub(super) package: String,
    /// Its component alone, in the same way.
    pub(super) component: Option<String>,
}

impl Registry {
    /// Reaches for nothing yet.
    pub(super) fn new(text: &str, args: &RegistryArgs) -> Result<Self, RegistryError> {
        let reference = parse(text)?;
        let auth = args.auth()?;
        let protocol = if args.plain_http { ClientProtocol::Http } else { ClientProtocol::Https };
        choose_tls();
        let client = Client::try_from(ClientConfig {
            protocol,
            // An index of several platforms is no package.
            platform_resolver: None,
            read_timeout: Some(SILENCE),
            connect_timeout: Some(SILENCE),
            ..ClientConfig::default()
        });
        let client = client.map_err(|source| RegistryError::Registry {
            reference: reference.whole(),
            source: Box::new(source),
        })?;
        Ok(Self { client, reference, auth })
    }

    /// Pushes a package under the tag, and its component alone under another beside.
    pub(super) async fn push(&self, package: &Package) -> Result<Pushed, RegistryError> {
        let (Some(tag), None) = (self.reference.tag(), self.reference.digest()) else {
            return Err(self.reference_error("what is pushed is named by a tag, not by a digest"));
        };
        let beside = format!("{tag}{COMPONENT_SUFFIX}");
        let component = Artifact::of_component(package)?;
        if component.is_some() && beside.len() > TAG_CHARACTERS {
            return Err(self.reference_error("the tag is too long"));
        }
        let pushing = async {
            let component = match component {
                Some(component) => Some(self.push_artifact(&component, &beside).await?),
                None => None,
            };
            // The package last: whoever finds its tag finds everything.
            let package = self.push_artifact(&Artifact::of_package(package), tag).await?;
            Ok(Pushed { package, component })
        };
        tokio::time::timeout(PATIENCE, pushing).await.map_err(|_| self.timeout())?
    }

    /// Pulls a package: its layers are what the manifest says, and the files what the package's
    /// digest says.
    pub(super) async fn pull(&self) -> Result<Package, RegistryError> {
        let pulling = self.pull_within(PackageLimits::default());
        tokio::time::timeout(PATIENCE, pulling).await.map_err(|_| self.timeout())?
    }

    async fn push_artifact(&self, artifact: &Artifact, tag: &str) -> Result<String, RegistryError> {
        let (registry, repository) = (self.reference.registry(), self.reference.repository());
        let reference =
            Reference::with_tag(registry.to_owned(), repository.to_owned(), tag.to_owned());
        self.client.store_auth_if_needed(reference.resolve_registry(), &self.auth).await;
        for blob in &artifact.blobs {
            let digest = blob.digest();
            let there = self.client.blob_exists(&reference, &digest).await;
            if !there.map_err(|source| self.failed(source))? {
                let pushed = self.client.push_blob(&reference, blob.bytes.clone(), &digest).await;
                pushed.map_err(|source| self.failed(source))?;
            }
        }
        let (manifest, kind) = (artifact.manifest.clone(), HeaderValue::from_static(MANIFEST));
        let pushed = self.client.push_manifest_raw(&reference, manifest, kind).await;
        pushed.map_err(|source| self.failed(source))?;
        Ok(format!("{}@{}", reference.whole(), digest_of(&artifact.manifest)))
    }

    async fn pull_within(&self, limits: PackageLimits) -> Result<Package, RegistryError> {
        let pulled = self.client.pull_manifest_raw(&self.reference, &self.auth, &[MANIFEST]).await;
        let (manifest, _digest) = pulled.map_err(|source| self.failed(source))?;
        let layout = Layout::read(&manifest).map_err(|what| self.no_package(what))?;
        let layers = [Some(&layout.payload), Some(&layout.companions), layout.signature.as_ref()];
        let sizes = layers.into_iter().flatten().map(|layer| u64::try_from(layer.size));
        let bytes = sizes.map(|size| size.unwrap_or(u64::MAX)).fold(0, u64::saturating_add);
        if bytes > (limits.bytes + ARCHIVE_OVERHEAD_BYTES) as u64 {
            let (reference, limit_bytes) = (self.reference.whole(), limits.bytes);
            return Err(RegistryError::TooLarge { reference, bytes, limit_bytes });
        }
        let config = self.pull_blob(&layout.config, CONFIG_BYTES).await?;
        let config = serde_json::from_slice::<PackageConfig>(&config)
            .map_err(|error| self.no_package(format!("its configuration: {error}")))?;
        let most = limits.bytes + ARCHIVE_OVERHEAD_BYTES;
        let parts = PackageParts {
            payload: self.pull_blob(&layout.payload, most).await?,
            companions: self.pull_blob(&layout.companions, most).await?,
            signature: match &layout.signature {
                Some(signature) => Some(self.pull_blob(signature, most).await?),
                None => None,
            },
        };
        let package = Package::from_parts(layout.kind, parts, limits).map_err(|source| {
            RegistryError::Package { reference: self.reference.whole(), source }
        })?;
        let (said, found) = (config.package, package.digest());
        if said != found {
            let reference = self.reference.whole();
            return Err(RegistryError::OtherPackage { reference, said, found });
        }
        Ok(package)
    }

    /// The bytes of a layer. Places that the manifest names elsewhere are not asked.
    async fn pull_blob(
        &self,
        layer: &OciDescriptor,
        limit_bytes: usize,
    ) -> Result<Vec<u8>, RegistryError> {
        let bytes = usize::try_from(layer.size).unwrap_or(usize::MAX);
        let wrong_length = || RegistryError::Length {
            reference: self.reference.whole(),
            digest: layer.digest.clone(),
            bytes,
        };
        if bytes > limit_bytes {
            return Err(wrong_length());
        }
        let mut body = Body { bytes: Vec::with_capacity(bytes), limit_bytes: bytes };
        let pulled = self.client.pull_blob(&self.reference, layer.digest.as_str(), &mut body).await;
        match pulled {
            Err(OciDistributionError::IoError(_)) => Err(wrong_length()),
            Err(source) => Err(self.failed(source)),
            Ok(()) if body.bytes.len() < bytes => Err(wrong_length()),
            Ok(()) => Ok(body.bytes),
        }
    }

    fn failed(&self, source: OciDistributionError) -> RegistryError {
        RegistryError::Registry { reference: self.reference.whole(), source: Box::new(source) }
    }

    fn no_package(&self, what: String) -> RegistryError {
        RegistryError::NotAPackage { reference: self.reference.whole(), what }
    }

    fn reference_error(&self, reason: &str) -> RegistryError {
        RegistryError::Reference { text: self.reference.whole(), reason: reason.to_owned() }
    }

    fn timeout(&self) -> RegistryError {
        RegistryError::Timeout { reference: self.reference.whole() }
    }
}

impl RegistryArgs {
    fn auth(&self) -> Result<RegistryAuth, RegistryError> {
        let Some(user) = &self.registry_user else { return Ok(RegistryAuth::Anonymous) };
        let password = match &self.registry_password_file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|source| RegistryError::PasswordFile { path: path.clone(), source })?,
            // Not a flag: arguments are everybody's to see.
            None => {
                std::env::var("DOSSIER_REGISTRY_PASSWORD").map_err(|_| RegistryError::NoPassword)?
            }
        };
        Ok(RegistryAuth::Basic(user.clone(), password.trim_end_matches('\n').to_owned()))
    }
}

/// Nothing is guessed: without a registry, others would ask one that is everybody's.
fn parse(text: &str) -> Result<Reference, RegistryError> {
    let wrong = |reason: String| RegistryError::Reference { text: text.to_owned(), reason };
    let text = text.strip_prefix("oci://").unwrap_or(text);
    let registry = text.split_once('/').map(|(registry, _)| registry);
    let is_registry =
        |registry: &str| registry == "localhost" || registry.contains(['.', ':', '[']);
    if !registry.is_some_and(is_registry) {
        return Err(wrong("it names no registry".to_owned()));
    }
    let reference = Reference::try_from(text).map_err(|error| wrong(error.to_string()))?;
    let last = text.rsplit('/').next().unwrap_or_default();
    if !last.contains([':', '@']) {
        return Err(wrong("it has neither tag nor digest".to_owned()));
    }
    Ok(reference)
}

/// Bytes of a layer, up to the length that was announced.
struct Body {
    bytes: Vec<u8>,
    limit_bytes: usize,
}

impl AsyncWrite for Body {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.len() > self.limit_bytes - self.bytes.len() {
            return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
        }
        self.bytes.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
