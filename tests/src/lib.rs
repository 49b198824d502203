//! What the tests of the whole share: roots of artifacts, a server, a client, samples and bad
//! images.
//!
//! Tests run on what is shipped. `DOSSIER_TEST_DATA_ROOT` names another root of artifacts.
#![forbid(unsafe_code)]

mod root;
pub use root::{TestRoot, repository, shipped_root};

mod server;
pub use server::{TODAY, config, serve};

mod platform;
pub use platform::{AdminClient, Publication, TOKEN, platform_config, rules_package, variant};

mod process;

mod crash;
pub use crash::{CrashReport, crash};

mod crash_jobs;
pub use crash_jobs::{JobsReport, crash_jobs};

mod job_stores;
pub use job_stores::{JobStoresReport, KillsReport, WorkArgs, job_stores, work};

mod shared_hosts;
pub use shared_hosts::{Convergence, SharedHostsArgs, SharedHostsReport, Times, shared_hosts};

mod registry;
pub use registry::TestRegistry;

mod registry_process;
pub use registry_process::{RegistryReport, exchange_with_registry};

mod client;
pub use client::{Answer, Client};

mod places;
pub use places::{Corners, overlap};

mod samples;
pub use samples::{Place, Sample, in_turn, samples_below, samples_of, shipped_types};

pub mod bad_images;

pub mod scans;

pub mod fuzz;

pub mod siege;

mod evaluation;
pub use evaluation::{Score, comparable, differences, post_all};
