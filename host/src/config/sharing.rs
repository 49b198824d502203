//! What an operator may set about a catalogue that many hosts share.

use std::path::PathBuf;
use std::time::Duration;

use super::{ConfigError, ServerFiles, SharingArgs};

/// A catalogue that many hosts share, and the packages that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingConfig {
    /// Where the URL of its database is, and whose certificates that may show.
    pub server: ServerFiles,
    /// Where packages are.
    pub artifacts: String,
    /// How a bucket is reached, where they are in one.
    pub bucket: BucketConfig,
    /// How long a host that can't follow the catalogue is wanted; without it, for ever.
    pub most_stale: Option<Duration>,
}

/// How a bucket is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketConfig {
    /// The server.
    pub endpoint: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The file of the access key.
    pub credentials: Option<PathBuf>,
    /// Certificates of authorities in PEM; none for those of the system.
    pub authorities: Option<PathBuf>,
}

impl SharingArgs {
    pub(super) fn settle(&self, has_data_dir: bool) -> Result<Option<SharingConfig>, ConfigError> {
        let invalid = |key, reason| Err(ConfigError::Invalid { key, reason });
        let (url, authorities) = (self.catalogue_postgres_file(), self.catalogue_postgres_ca());
        let artifacts = self.catalogue_artifacts();
        let bucket = BucketConfig {
            endpoint: self.catalogue_s3_endpoint(),
            region: self.catalogue_s3_region(),
            credentials: self.catalogue_s3_credentials_file(),
            authorities: self.catalogue_s3_ca(),
        };
        let Some(url) = url else {
            let alone = "is of no use without catalogue_postgres_file";
            let keys = [
                ("catalogue_postgres_ca", authorities.is_some()),
                ("catalogue_artifacts", artifacts.is_some()),
                ("catalogue_s3_endpoint", bucket.endpoint.is_some()),
                ("catalogue_s3_region", bucket.region.is_some()),
                ("catalogue_s3_credentials_file", bucket.credentials.is_some()),
                ("catalogue_s3_ca", bucket.authorities.is_some()),
                ("catalogue_stale_ms", self.catalogue_stale_ms().is_some()),
            ];
            return match keys.into_iter().find(|(_, is_set)| *is_set) {
                Some((key, _)) => invalid(key, alone),
                None => Ok(None),
            };
        };
        if !has_data_dir {
            let reason = "needs data_dir: a host that is cut off serves what it has there";
            return invalid("catalogue_postgres_file", reason);
        }
        let Some(artifacts) = artifacts else {
            let reason = "needs catalogue_artifacts: every host must find the packages";
            return invalid("catalogue_postgres_file", reason);
        };
        let is_bucket = artifacts.starts_with("s3://");
        if is_bucket && bucket.credentials.is_none() {
            let reason = "a bucket needs catalogue_s3_credentials_file";
            return invalid("catalogue_artifacts", reason);
        }
        if !is_bucket && bucket != BucketConfig::default() {
            let reason = "is no bucket, and keys of a bucket are set";
            return invalid("catalogue_artifacts", reason);
        }
        let server = ServerFiles { url, authorities };
        let most_stale = self.catalogue_stale_ms().map(Duration::from_millis);
        Ok(Some(SharingConfig { server, artifacts, bucket, most_stale }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_needs_a_place_of_packages_and_a_data_directory() {
        let file = |name: &str| Some(PathBuf::from(name));
        let text = |text: &str| Some(text.to_owned());
        let args = || SharingArgs {
            catalogue_postgres_file: file("url"),
            catalogue_artifacts: text("file:///srv/packages"),
            ..SharingArgs::default()
        };
        let settled = |args: SharingArgs, has_data_dir| {
            args.settle(has_data_dir).map_err(|error| error.to_string())
        };
        assert_eq!(settled(SharingArgs::default(), false), Ok(None));
        let shared = settled(args(), true).expect("valid").expect("shared");
        assert_eq!(shared.server, ServerFiles { url: "url".into(), authorities: None });
        assert_eq!(shared.most_stale, None);
        let bucket = SharingArgs {
            catalogue_artifacts: text("s3://bucket/prefix"),
            catalogue_s3_credentials_file: file("keys"),
            catalogue_stale_ms: Some(5_000),
            ..args()
        };
        let shared = settled(bucket, true).expect("valid").expect("shared");
        assert_eq!(shared.most_stale, Some(Duration::from_secs(5)));
        let alone = |args: SharingArgs| settled(args, true);
        for (refused, key) in [
            (settled(args(), false), "catalogue_postgres_file"),
            (alone(SharingArgs { catalogue_artifacts: None, ..args() }), "catalogue_postgres_file"),
            (
                alone(SharingArgs { catalogue_artifacts: text("s3://b"), ..args() }),
                "catalogue_artifacts",
            ),
            (
                alone(SharingArgs { catalogue_s3_region: text("here"), ..args() }),
                "catalogue_artifacts",
            ),
            (alone(SharingArgs { catalogue_postgres_file: None, ..args() }), "catalogue_artifacts"),
            (
                alone(SharingArgs { catalogue_stale_ms: Some(5_000), ..SharingArgs::default() }),
                "catalogue_stale_ms",
            ),
        ] {
            let told = refused.expect_err(key);
            assert!(told.starts_with(key), "{told}");
        }
    }
}
