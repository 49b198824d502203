//! What an operator may set about jobs.

use std::path::PathBuf;
use std::time::Duration;

use dossier_jobs::{JobSettings, TenantLimits};

use super::{ConfigError, JobsArgs};

/// Documents that are read later.
#[derive(Clone, Debug)]
pub struct JobsConfig {
    /// The folder of the store.
    pub dir: PathBuf,
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
        let (dir, key) = match (self.jobs_dir(), key) {
            (None, None) => return Ok(None),
            (Some(dir), Some(key)) => (dir, key),
            (Some(_), None) => {
                return Err(invalid("jobs_dir", "needs jobs_key_file or jobs_key_command"));
            }
            (None, Some(JobsKey::File(_))) => {
                return Err(invalid("jobs_key_file", "is of no use without jobs_dir"));
            }
            (None, Some(JobsKey::Command(_))) => {
                return Err(invalid("jobs_key_command", "is of no use without jobs_dir"));
            }
        };
        Ok(Some(JobsConfig {
            dir,
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
}

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
}
