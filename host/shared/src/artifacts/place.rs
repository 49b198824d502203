//! Where shared artifacts are, and how they are reached.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::aws::{AmazonS3Builder, AwsCredential};
use object_store::client::{Certificate, ClientOptions, CredentialProvider};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, RetryConfig};

/// How long a connection to a bucket may take, and one request: the largest package within it.
const CONNECT: Duration = Duration::from_secs(5);
const REQUEST: Duration = Duration::from_secs(120);
/// How often and how long a request is tried again that a bucket could not take.
const RETRIES: usize = 3;
const RETRY: Duration = Duration::from_secs(20);
/// Longest file of credentials.
const CREDENTIAL_BYTES: u64 = 16 << 10;
/// What stores that know no regions are told.
const REGION: &str = "us-east-1";

/// A place of shared artifacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArtifactsPlace {
    /// A folder that every host sees.
    Folder(PathBuf),
    /// A bucket of S3, or of what speaks its protocol.
    Bucket {
        /// Its name.
        bucket: String,
        /// What the names of its objects begin with; empty for nothing.
        prefix: String,
        /// How it is reached.
        settings: S3Settings,
    },
}

/// How a bucket is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct S3Settings {
    /// The server, `https://host:port` or `http://host:port`; without it, Amazon's of the region.
    pub endpoint: Option<String>,
    /// The region; without it, the one that those without regions take.
    pub region: Option<String>,
    /// A file of two lines, the id of an access key and the key; a third is a session token. It is read for
    /// every request, so that keys can be changed.
    pub credentials: PathBuf,
    /// Certificates of authorities, in PEM, that the server's is checked by; without them, the system's.
    pub authorities: Option<Vec<u8>>,
}

/// A place can't be one. No text of it holds a credential.
#[derive(Debug, thiserror::Error)]
pub enum InvalidArtifacts {
    /// It is neither a folder nor a bucket.
    #[error(
        "the place of shared artifacts is not understood: file:///folder or s3://bucket/prefix, of letters, digits and . _ - /"
    )]
    Place,
    /// A folder is not there.
    #[error("{}: the folder of shared artifacts can't be opened: {reason}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The address of a server is no address.
    #[error("the endpoint of the bucket is not understood: https://host:port")]
    Endpoint,
    /// There are no credentials in their file.
    #[error(
        "{}: is no file of credentials: the id of an access key, and the key, a line each", path.display()
    )]
    Credentials {
        /// The file.
        path: PathBuf,
    },
    /// A certificate to trust is refused.
    #[error("a certificate to trust is refused: {0}")]
    Authorities(String),
    /// The client can't be made.
    #[error("the bucket can't be spoken to: {0}")]
    Client(String),
}

impl ArtifactsPlace {
    /// What an operator writes: `file:///folder` or `s3://bucket/prefix`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str, settings: S3Settings) -> Result<Self, InvalidArtifacts> {
        if let Some(folder) = text.strip_prefix("file://") {
            let folder = PathBuf::from(folder);
            return if folder.is_absolute() {
                Ok(Self::Folder(folder))
            } else {
                Err(InvalidArtifacts::Place)
            };
        }
        let rest = text.strip_prefix("s3://").ok_or(InvalidArtifacts::Place)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        let is_plain = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        let parts = || prefix.split('/');
        let is_prefix = prefix.is_empty()
            || parts().all(|part| !matches!(part, "" | "." | "..") && is_plain(part));
        if bucket.is_empty() || !is_plain(bucket) || !is_prefix || prefix.len() > 512 {
            return Err(InvalidArtifacts::Place);
        }
        let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
        Ok(Self::Bucket { bucket, prefix, settings })
    }

    pub(super) fn open(&self) -> Result<(Arc<dyn ObjectStore>, Path), InvalidArtifacts> {
        match self {
            Self::Folder(folder) => {
                let opened = LocalFileSystem::new_with_prefix(folder).map_err(|error| {
                    InvalidArtifacts::Folder { path: folder.clone(), reason: error.to_string() }
                })?;
                Ok((Arc::new(opened.with_fsync(true)), Path::default()))
            }
            Self::Bucket { bucket, prefix, settings } => {
                Ok((settings.open(bucket)?, Path::from(prefix.as_str())))
            }
        }
    }
}

impl fmt::Display for ArtifactsPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "file://{}", folder.display()),
            Self::Bucket { bucket, prefix, .. } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

impl S3Settings {
    fn open(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>, InvalidArtifacts> {
        // What TLS runs on, once in a process; an error says that it is chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let keys = KeyFile(self.credentials.clone());
        keys.read()?;
        let mut options = ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(self.region.as_deref().unwrap_or(REGION))
            .with_retry(RetryConfig {
                max_retries: RETRIES,
                retry_timeout: RETRY,
                ..RetryConfig::default()
            });
        if let Some(endpoint) = &self.endpoint {
            let is_plain = endpoint.starts_with("http://");
            let host = endpoint.split_once("://").map_or("", |(_, host)| host);
            if !(is_plain || endpoint.starts_with("https://"))
                || host.is_empty()
                // A password in it would be shown.
                || host.contains(['@', '?', '#'])
            {
                return Err(InvalidArtifacts::Endpoint);
            }
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
            // Where nothing is encrypted, no certificate is needed to start.
            options = options.with_allow_http(is_plain).with_no_system_certificates(is_plain);
        }
        if let Some(pem) = &self.authorities {
            let refused =
                |error: object_store::Error| InvalidArtifacts::Authorities(error.to_string());
            let trusted = Certificate::from_pem_bundle(pem).map_err(refused)?;
            if trusted.is_empty() {
                return Err(InvalidArtifacts::Authorities("there is none".to_owned()));
            }
            options = options.with_no_system_certificates(true);
            for certificate in trusted {
                options = options.with_root_certificate(certificate);
            }
        }
        let built = builder.with_credentials(Arc::new(keys)).with_client_options(options).build();
        Ok(Arc::new(built.map_err(|error| InvalidArtifacts::Client(error.to_string()))?))
    }
}

/// Credentials in a file.
#[derive(Clone)]
struct KeyFile(PathBuf);

impl KeyFile {
    fn read(&self) -> Result<AwsCredential, InvalidArtifacts> {
        let none = || InvalidArtifacts::Credentials { path: self.0.clone() };
        let mut text = String::new();
        let read = File::open(&self.0)
            .and_then(|file| file.take(CREDENTIAL_BYTES).read_to_string(&mut text));
        read.map_err(|_| none())?;
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let (Some(id), Some(key), token, None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(none());
        };
        let (key_id, secret_key) = (id.to_owned(), key.to_owned());
        Ok(AwsCredential { key_id, secret_key, token: token.map(str::to_owned) })
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyFile").field(&self.0).finish()
    }
}

#[async_trait]
impl CredentialProvider for KeyFile {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let (file, failed) =
            (self.clone(), |source| object_store::Error::Generic { store: "S3", source });
        let read = tokio::task::spawn_blocking(move || file.read()).await;
        let read = read.map_err(|error| failed(Box::new(error)))?;
        read.map(Arc::new).map_err(|error| failed(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket() {
        let parse = |text: &str| ArtifactsPlace::parse(text, S3Settings::default());
        let folder = parse("file:///srv/packages").expect("a folder");
        assert_eq!(folder, ArtifactsPlace::Folder("/srv/packages".into()));
        for text in ["s3://b-1.x/", "s3://b-1.x/one/two/", "s3://b-1.x"] {
            assert!(matches!(parse(text), Ok(ArtifactsPlace::Bucket { .. })), "{text}");
        }
        assert_eq!(parse("s3://b/one/two/").expect("a bucket").to_string(), "s3://b/one/two");
        for text in
            ["", "s3://", "s3:///x", "file://x/y", "gs://b", "/srv", "s3://b/../c", "s3://u:p@b/"]
        {
            assert!(matches!(parse(text), Err(InvalidArtifacts::Place)), "{text}");
        }
    }

    #[test]
    fn no_text_has_a_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keys");
        let settings = |endpoint: &str| S3Settings {
            endpoint: Some(endpoint.to_owned()),
            credentials: file.clone(),
            ..S3Settings::default()
        };
        let open = |endpoint: &str| settings(endpoint).open("b");
        for text in ["", "hunter2", "a\nhunter2\nc\nd"] {
            std::fs::write(&file, text).expect("written");
            let error = open("http://127.0.0.1:1").expect_err("no credentials");
            assert!(matches!(error, InvalidArtifacts::Credentials { .. }), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
        std::fs::write(&file, "AKIA\nhunter2\n").expect("written");
        let shown = format!("{:?}", open("http://127.0.0.1:1").expect("a bucket"));
        assert!(!shown.contains("hunter2"), "{shown}");
        for endpoint in ["127.0.0.1", "ftp://x", "http://", "http://u:hunter2@h"] {
            let error = open(endpoint).expect_err("no endpoint");
            assert!(matches!(error, InvalidArtifacts::Endpoint), "{error}");
        }
    }
}
