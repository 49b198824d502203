//! What an operator may set about jobs.

use std::path::PathBuf;
use std::time::Duration;

use dossier_jobs::{JobSettings, TenantLimits};

use super::{ConfigError, JobsArgs};

/// Documents that are read later.
#[derive(Clone, Debug)]
pub struct JobsConfig {
    /// Where they are kept.
    pub store: JobsStore,
    /// Where the key is that everything in it is sealed under.
    pub key: JobsKey,
    /// Documents that this host reads at a time.
    pub workers: usize,
    /// Documents of a job at most.
    pub documents: usize,
    /// Whether webhooks may go to private addresses, and without TLS.
    pub webhooks_to_private: bool,
    /// What holds for every job.
    pub settings: JobSettings,
}

/// Where jobs are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobsStore {
    /// In a folder of this host's.
    Folder(PathBuf),
    /// In a PostgreSQL database, which several hosts may share.
    Postgres {
        /// Where its URL is, and whose certificates it may show.
        server: ServerFiles,
        /// Connections to it at most.
        connections: usize,
        /// Over what those hosts wake each other; nothing where each looks by itself.
        nats: Option<NatsConfig>,
    },
}

/// A NATS server over which hosts wake each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatsConfig {
    /// Where its URLs are, and whose certificates it may show.
    pub server: ServerFiles,
    /// The stream.
    pub stream: String,
}

/// The files that say how a server is reached. A password stands in the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFiles {
    /// Its URL.
    pub url: PathBuf,
    /// Certificates of authorities in PEM; none for those of the system.
    pub authorities: Option<PathBuf>,
}

/// Where the key of jobs is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobsKey {
    /// In a file.
    File(PathBuf),
    /// A program prints it: its name and its arguments.
    Command(Vec<String>),
}

impl JobsArgs {
    pub(super) fn settle(&self) -> Result<Option<JobsConfig>, ConfigError> {
        let invalid = |key, reason| ConfigError::Invalid { key, reason };
        let key = match (self.jobs_key_file(), self.jobs_key_command()) {
            (None, None) => None,
            (Some(file), None) => Some(JobsKey::File(file)),
            (None, Some(command)) => {
                let words = command.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                if words.is_empty() {
                    return Err(invalid("jobs_key_command", "must name a program"));
                }
                Some(JobsKey::Command(words))
            }
            (Some(_), Some(_)) => {
                return Err(invalid(
                    "jobs_key_command",
                    "stands beside jobs_key_file: one is enough",
                ));
            }
        };
        let (store, key) = match (self.store()?, key) {
            (None, None) => return Ok(None),
            (Some(store), Some(key)) => (store, key),
            (Some(JobsStore::Folder(_)), None) => {
                return Err(invalid("jobs_dir", "needs jobs_key_file or jobs_key_command"));
            }
            (Some(JobsStore::Postgres { .. }), None) => {
                let reason = "needs jobs_key_file or jobs_key_command";
                return Err(invalid("jobs_postgres_file", reason));
            }
            (None, Some(key)) => {
                let key = match key {
                    JobsKey::File(_) => "jobs_key_file",
                    JobsKey::Command(_) => "jobs_key_command",
                };
                let reason = "is of no use without jobs_dir or jobs_postgres_file";
                return Err(invalid(key, reason));
            }
        };
        Ok(Some(JobsConfig {
            store,
            key,
            workers: self.job_workers(),
            documents: self.job_documents(),
            webhooks_to_private: self.webhooks_to_private(),
            settings: JobSettings {
                limits: TenantLimits {
                    waiting: self.job_waiting_documents(),
                    bytes: self.job_bytes(),
                },
                attempts: self.job_attempts(),
                lease: Duration::from_millis(self.job_lease_ms()),
                ttl: Duration::from_millis(self.job_ttl_ms()),
            },
        }))
    }

    /// Where jobs are kept, if anywhere.
    fn store(&self) -> Result<Option<JobsStore>, ConfigError> {
        let invalid = |key, reason| Err(ConfigError::Invalid { key, reason });
        let nats = match (self.jobs_nats_file(), self.jobs_nats_ca()) {
            (None, None) => None,
            (None, Some(_)) => {
                return invalid("jobs_nats_ca", "is of no use without jobs_nats_file");
            }
            (Some(url), authorities) => {
                let server = ServerFiles { url, authorities };
                Some(NatsConfig { server, stream: self.jobs_nats_stream() })
            }
        };
        let (url, authorities) = (self.jobs_postgres_file(), self.jobs_postgres_ca());
        match (self.jobs_dir(), url) {
            (Some(_), Some(_)) => {
                invalid("jobs_postgres_file", "stands beside jobs_dir: jobs are kept in one place")
            }
            (None, Some(url)) => {
                let connections = self.jobs_postgres_connections();
                if connections < self.job_workers().saturating_add(SPARE_CONNECTIONS) {
                    let reason = "must be four more than job_workers at least";
                    return invalid("jobs_postgres_connections", reason);
                }
                let server = ServerFiles { url, authorities };
                Ok(Some(JobsStore::Postgres { server, connections, nats }))
            }
            (_, None) if authorities.is_some() => {
                invalid("jobs_postgres_ca", "is of no use without jobs_postgres_file")
            }
            (_, None) if nats.is_some() => {
                invalid("jobs_nats_file", "is of no use without jobs_postgres_file")
            }
            (dir, None) => Ok(dir.map(JobsStore::Folder)),
        }
    }
}

/// Connections for whoever sends jobs and asks for them, and for the look at the clock.
const SPARE_CONNECTIONS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(args: JobsArgs) -> Result<Option<JobsConfig>, String> {
        args.settle().map_err(|error| error.to_string())
    }

    #[test]
    fn a_folder_needs_a_key_and_a_key_a_folder() {
        let (dir, file) = (Some(PathBuf::from("jobs")), Some(PathBuf::from("key")));
        let command = Some(" kms  print ".to_owned());
        let with = |jobs_dir: &Option<PathBuf>,
                    jobs_key_file: &Option<PathBuf>,
                    jobs_key_command: &Option<String>| {
            settled(JobsArgs {
                jobs_dir: jobs_dir.clone(),
                jobs_key_file: jobs_key_file.clone(),
                jobs_key_command: jobs_key_command.clone(),
                ..JobsArgs::default()
            })
        };
        assert!(with(&None, &None, &None).expect("nothing is set").is_none());
        let key = with(&dir, &file, &None).expect("valid").map(|jobs| jobs.key);
        assert_eq!(key, Some(JobsKey::File("key".into())));
        let key = with(&dir, &None, &command).expect("valid").map(|jobs| jobs.key);
        assert_eq!(key, Some(JobsKey::Command(vec!["kms".to_owned(), "print".to_owned()])));
        for (refused, key) in [
            (with(&dir, &None, &None), "jobs_dir"),
            (with(&None, &file, &None), "jobs_key_file"),
            (with(&None, &None, &command), "jobs_key_command"),
            (with(&dir, &file, &command), "jobs_key_command"),
            (with(&dir, &None, &Some(" ".to_owned())), "jobs_key_command"),
        ] {
            let told = refused.expect_err(key);
            assert!(told.starts_with(key), "{told}");
        }
    }

    #[test]
    fn jobs_are_kept_in_a_folder_or_in_a_database() {
        let file = |name: &str| Some(PathBuf::from(name));
        let args = || JobsArgs {
            jobs_postgres_file: file("url"),
            jobs_key_file: file("key"),
            ..JobsArgs::default()
        };
        let store = settled(args()).expect("valid").map(|jobs| jobs.store);
        let server = ServerFiles { url: "url".into(), authorities: None };
        let alone = JobsStore::Postgres { server, connections: 16, nats: None };
        assert_eq!(store, Some(alone));
        let nats = JobsArgs { jobs_nats_file: file("nats"), jobs_nats_ca: file("ca"), ..args() };
        let Some(JobsStore::Postgres { nats: Some(nats), .. }) =
            settled(nats).expect("valid").map(|jobs| jobs.store)
        else {
            panic!("NATS is set")
        };
        assert_eq!((nats.stream.as_str(), nats.server.authorities), ("DOSSIER_JOBS", file("ca")));
        for (refused, key) in [
            (JobsArgs { jobs_dir: file("jobs"), ..args() }, "jobs_postgres_file"),
            (JobsArgs { jobs_key_file: None, ..args() }, "jobs_postgres_file"),
            (JobsArgs { job_workers: Some(13), ..args() }, "jobs_postgres_connections"),
            (JobsArgs { jobs_nats_ca: file("ca"), ..args() }, "jobs_nats_ca"),
            (JobsArgs { jobs_postgres_ca: file("ca"), ..JobsArgs::default() }, "jobs_postgres_ca"),
            (JobsArgs { jobs_nats_file: file("nats"), ..JobsArgs::default() }, "jobs_nats_file"),
        ] {
            let told = settled(refused).map(drop).expect_err(key);
            assert!(told.starts_with(key), "{told}");
        }
    }
}
