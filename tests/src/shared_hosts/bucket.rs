//! A server that speaks S3's protocol: moto's, from PyPI, as a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;
use dossier_shared::{ArtifactsPlace, ObjectArtifacts, S3Settings};

use crate::client::http_client;
use crate::job_stores::free_port;
use crate::process::Process;

const BUCKET: &str = "packages";

/// The server at work, with one bucket.
pub(super) struct S3Server {
    _process: Process,
    port: u16,
    credentials: PathBuf,
}

impl S3Server {
    pub(super) async fn start(program: &Path, folder: &Path) -> anyhow::Result<Self> {
        let (port, credentials) = (free_port()?, folder.join("bucket-key"));
        std::fs::write(&credentials, "AKIAEXAMPLE\nnot a secret\n")?;
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let mut process = Process::start(&mut command, folder.join("s3.log"))?;
        process.until(|log| log.contains("Running on").then_some(())).await?;
        let server = Self { _process: process, port, credentials };
        let made = http_client().put(format!("{}/{BUCKET}", server.endpoint())).send().await?;
        ensure!(made.status().is_success(), "no bucket is made: {}", made.status());
        Ok(server)
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A place of packages in the bucket.
    pub(super) fn place(&self, prefix: &str) -> String {
        format!("s3://{BUCKET}/{prefix}")
    }

    pub(super) fn credentials(&self) -> &Path {
        &self.credentials
    }

    /// The packages below a prefix, for whoever has the key.
    pub(super) fn packages(&self, prefix: &str) -> anyhow::Result<ObjectArtifacts> {
        let settings = S3Settings {
            endpoint: Some(self.endpoint()),
            credentials: self.credentials.clone(),
            ..S3Settings::default()
        };
        let place = ArtifactsPlace::parse(&self.place(prefix), settings)?;
        Ok(ObjectArtifacts::open(&place)?)
    }
}
