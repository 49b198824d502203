//! What many hosts share, as the configuration says: the database of the catalogue, and the place of packages.

use std::path::Path;
use std::sync::Arc;

use dossier_engine::settings::SharedSettings;
use dossier_postgres::{InvalidPostgres, PostgresSettings};
use dossier_shared::{
    ArtifactsPlace, InvalidArtifacts, ObjectArtifacts, PostgresCatalogue, S3Settings,
};
use dossier_store::SharedError;

use crate::config::{ServerFiles, SharingConfig};
use crate::server_files::{FileUnread, read_bytes, read_text};

/// What is shared can't be reached as the configuration says. No text of it holds a password or a key.
#[derive(Debug, thiserror::Error)]
pub enum SharingStartError {
    /// A file can't be read.
    #[error(transparent)]
    File(#[from] FileUnread),
    /// What it says of the database is refused.
    #[error("{key}: {source}")]
    Postgres {
        /// The key at fault.
        key: &'static str,
        /// Why.
        source: InvalidPostgres,
    },
    /// The place of packages is refused.
    #[error("{key}: {source}")]
    Artifacts {
        /// The key at fault.
        key: &'static str,
        /// Why.
        source: InvalidArtifacts,
    },
    /// The database can't be used.
    #[error("catalogue_postgres_file: {0}")]
    Catalogue(#[source] SharedError),
}

/// Opens what is shared. Nobody is asked for anything yet: a host serves its last generation while the database
/// or the bucket is away.
///
/// # Errors
/// When a file can't be read, or what it says is refused.
pub(crate) fn open(config: &SharingConfig) -> Result<SharedSettings, SharingStartError> {
    let artifacts = artifacts_of(config)?;
    let settings = postgres_settings(&config.server)?;
    let catalogue = PostgresCatalogue::new(settings).map_err(SharingStartError::Catalogue)?;
    let (catalogue, artifacts) = (Arc::new(catalogue), Arc::new(artifacts));
    Ok(SharedSettings { catalogue, artifacts, most_stale: config.most_stale })
}

/// The keys of the database's URL and of the certificates it is checked by.
const POSTGRES_KEYS: (&str, &str) = ("catalogue_postgres_file", "catalogue_postgres_ca");

/// How the database is reached, by its files.
///
/// # Errors
/// When one can't be read, or what it says is refused.
pub(crate) fn postgres_settings(
    server: &ServerFiles,
) -> Result<PostgresSettings, SharingStartError> {
    let url = read_text(POSTGRES_KEYS.0, &server.url)?;
    let authorities = server.authorities.as_deref();
    let authorities = authorities.map(|path| read_bytes(POSTGRES_KEYS.1, path)).transpose()?;
    let connections = PostgresCatalogue::CONNECTIONS;
    PostgresSettings::new(url.trim(), authorities.as_deref(), connections).map_err(|source| {
        let key = match source {
            InvalidPostgres::Authorities(_) => POSTGRES_KEYS.1,
            _ => POSTGRES_KEYS.0,
        };
        SharingStartError::Postgres { key, source }
    })
}

/// The place of packages.
///
/// # Errors
/// When it is none, or a file that says how it is reached can't be read.
pub(crate) fn artifacts_of(config: &SharingConfig) -> Result<ObjectArtifacts, SharingStartError> {
    let bucket = &config.bucket;
    let authorities = bucket.authorities.as_deref().map(|path| read_bytes("catalogue_s3_ca", path));
    let settings = S3Settings {
        endpoint: bucket.endpoint.clone(),
        region: bucket.region.clone(),
        credentials: bucket.credentials.as_deref().map(Path::to_owned).unwrap_or_default(),
        authorities: authorities.transpose()?,
    };
    let place = ArtifactsPlace::parse(&config.artifacts, settings);
    place.and_then(|place| ObjectArtifacts::open(&place)).map_err(|source| {
        let key = match source {
            InvalidArtifacts::Endpoint => "catalogue_s3_endpoint",
            InvalidArtifacts::Credentials { .. } => "catalogue_s3_credentials_file",
            InvalidArtifacts::Authorities(_) => "catalogue_s3_ca",
            _ => "catalogue_artifacts",
        };
        SharingStartError::Artifacts { key, source }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BucketConfig;

    #[tokio::test]
    async fn what_is_wrong_is_told_by_its_key_and_no_password_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let url = path("url", "postgres://clerk:hunter2@db.example/dossier?sslmode=disable\n");
        let keys = path("keys", "AKIA\nhunter2\n");
        let config = |artifacts: &str, url: &Path, keys: &Path, endpoint: &str| SharingConfig {
            server: ServerFiles { url: url.to_owned(), authorities: None },
            artifacts: artifacts.to_owned(),
            bucket: BucketConfig {
                endpoint: Some(endpoint.to_owned()),
                credentials: Some(keys.to_owned()),
                ..BucketConfig::default()
            },
            most_stale: None,
        };
        let (s3, endpoint) = ("s3://bucket/prefix", "http://127.0.0.1:1");
        let opened = open(&config(s3, &url, &keys, endpoint)).expect("opens, and asks nobody");
        assert!(!format!("{opened:?}").contains("hunter2"));
        let bad = path("bad", "hunter2");
        let missing = folder.path().join("missing");
        for (config, key) in [
            (config(s3, &missing, &keys, endpoint), "catalogue_postgres_file: "),
            (config(s3, &bad, &keys, endpoint), "catalogue_postgres_file: "),
            (config(s3, &url, &bad, endpoint), "catalogue_s3_credentials_file: "),
            (config(s3, &url, &keys, "hunter2"), "catalogue_s3_endpoint: "),
            (config("hunter2", &url, &keys, endpoint), "catalogue_artifacts: "),
            (config("file:///no/such", &url, &keys, endpoint), "catalogue_artifacts: "),
        ] {
            let told = open(&config).map(drop).expect_err(key).to_string();
            assert!(told.starts_with(key) && !told.contains("hunter2"), "{told}");
        }
    }
}
