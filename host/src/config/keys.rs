//! Every key of the configuration, declared once. Flags, environment variables, the file, defaults, bounds
//! and `host/docs/configuration.md` follow from what stands here.
//!
//! The comment `//` above a key says why its default is what it is.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use dossier_engine::settings::PublisherLimits;
use dossier_model::{AdapterPrecision, DeviceKind, WeightPrecision};
use dossier_plugin::PluginSettings;
use jiff::civil::Date;

use super::declare::keys;
use super::key::{Form, number, text};
use super::{LogFormat, LogLevel};

/// Only this machine: opening the server to a network is a decision.
const LOCAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Longest a time may be set to, in milliseconds: an hour. What takes longer has failed.
const HOUR_MS: u64 = 60 * 60 * 1000;
/// More memory than any one machine has: 4 TiB.
const MEMORY_BYTES: u64 = 1 << 42;

keys! {
    /// Connections, requests and their times. Only `dossier serve` takes these.
    HttpArgs, "Server";

    /// Address and port to listen on; port 0 takes a free one.
    listen: SocketAddr = LOCAL, text("ADDRESS");
    /// Address and port of a listener for metrics alone: `/metrics`, `/metrics/routing` and the probes,
    /// without a token; port 0 takes a free one.
    metrics_listen: SocketAddr, text("ADDRESS"), unset "metrics are on the admin listener alone, for its tokens";
    // Whoever may send documents may not be whoever may see how many others send.
    /// Answer `/metrics` and `/metrics/routing` on `listen` too, as some routers want it.
    metrics_on_listen: bool = false, Form::Switch;
    // It shows nothing that its user could not ask for without it.
    /// Serve the console, pages for people, at `/` of `listen` and of `admin_listen`.
    console: bool = true, Form::Switch;
    // A few thousand file descriptors are the usual limit of a process; this leaves room.
    /// Open connections at most; one that does nothing gives way to a further one, and while all are in
    /// work, further ones may ask for `/livez` and `/readyz` only.
    max_connections: usize = 512, number("N", 1..=65_536);
    // Bounds memory: each may hold one body and its decoded pages.
    /// Documents in work or waiting at most; one more is answered 429. Three quarters of them may be of
    /// one type.
    max_concurrent_requests: usize = 32, number("N", 1..=4_096);
    // Two photographs of a phone camera.
    /// Length of a request body in bytes; a longer one is answered 413.
    max_body_bytes: usize = 32 << 20, number("BYTES", 1..=1 << 30);
    // A document takes a few hundred kilobytes, of which this holds hundreds; of the largest, eight.
    /// Bytes of all bodies together, of those that arrive and of documents in work; not less than
    /// `max_body_bytes`.
    max_all_bodies_bytes: usize = 256 << 20, number("BYTES", 1..=MEMORY_BYTES);
    // A head is one packet or two.
    /// Time for a request's head to arrive; then the connection is closed.
    header_timeout_ms: u64 = 10_000, number("MS", 1..=HOUR_MS);
    // The largest body over 10 Mbit/s.
    /// Time for a request's whole body to arrive, then 408; not longer than `request_timeout_ms`.
    body_timeout_ms: u64 = 30_000, number("MS", 1..=HOUR_MS);
    // The wait in the queue included.
    /// Time from a request's head to its answer, then 504.
    request_timeout_ms: u64 = 60_000, number("MS", 1..=HOUR_MS);
    // A client that takes nothing of its answer for so long will take none.
    /// Time for a client to take something of its answer; one that takes nothing is cut off.
    write_timeout_ms: u64 = 10_000, number("MS", 1..=HOUR_MS);
    // As many as a busy client sends again within their time.
    /// Answers kept for requests with an `Idempotency-Key`, those in work too; 0 refuses the header.
    idempotency_entries: usize = 1_024, number("N", 0..=1_000_000);
    // An answer takes a few kilobytes.
    /// Bytes of these answers; the oldest make room.
    idempotency_bytes: usize = 16 << 20, number("BYTES", 1..=MEMORY_BYTES);
    // Who sends again does so within minutes; answers hold values of documents.
    /// Time that such an answer is kept.
    idempotency_ttl_ms: u64 = 600_000, number("MS", 1..=24 * HOUR_MS);
    /// Address to which traces go, as OTLP/HTTP in JSON, such as `http://127.0.0.1:4318/v1/traces`.
    traces_endpoint: String, text("ADDRESS"), unset "no traces are sent";
    // A collector samples better than whoever does not know how a trace ends.
    /// Of a hundred requests whose clients don't say whether their trace is kept, those that are.
    traces_percent: u64 = 100, number("N", 0..=100);
    // No load balancer is told by default; in Kubernetes, set the time that endpoints take to vanish.
    /// After SIGTERM, time during which `/readyz` fails and requests are still taken.
    drain_delay_ms: u64 = 0, number("MS", 0..=HOUR_MS);
    // Kubernetes kills after 30 s by default.
    /// After that, time for requests in work to finish.
    shutdown_timeout_ms: u64 = 25_000, number("MS", 1..=HOUR_MS);
}

keys! {
    /// Who may send documents. Only `dossier serve` takes these.
    AccessArgs, "Access";

    /// File of the tokens that clients bear, as `dossier token` writes it; it is read again when it changes,
    /// and at SIGHUP.
    tokens_file: PathBuf, text("FILE"), unset "everybody may send documents";
    /// Serve without tokens on an address that others than this machine reach.
    allow_anonymous: bool = false, Form::Switch;
    /// File to which a line of JSON is added for every document, before its client has the answer: who, when,
    /// which type, what read it and the verdict, never a value. Whatever moves it away gets a new one begun.
    audit_file: PathBuf, text("FILE"), unset "no such lines are written";
}

keys! {
    /// An identity provider whose tokens (JWT) clients may bear, beside those of `tokens_file` or in their
    /// place. A token must have `exp`, `iss`, `aud` and `sub`. Only `dossier serve` takes these.
    JwtArgs, "JWT";

    /// What its tokens have as `iss`; needs `jwt_audience` and `jwt_keys`.
    jwt_issuer: String, text("TEXT"), unset "no tokens of an identity provider are taken";
    /// What those for this host have as `aud`.
    jwt_audience: String, text("TEXT"), unset "no tokens of an identity provider are taken";
    /// Its public keys (JWKS): an address that begins with `https://` or `http://`, or a file, which is read
    /// again when it changes.
    jwt_keys: String, text("ADDRESS|FILE"), unset "no tokens of an identity provider are taken";
    /// What its tokens may be signed with: some of `RS256`, `ES256` and `EdDSA`, separated by commas.
    jwt_algorithms: String = "RS256,ES256,EdDSA".to_owned(), text("NAMES");
    /// The claim that names the tenant: a text as in the file of tokens.
    jwt_tenant_claim: String = "tenant".to_owned(), text("NAME");
    /// The claim that names the document types: a list of patterns, or a text of some with blanks between.
    jwt_document_types_claim: String = "document_types".to_owned(), text("NAME");
    // Providers rotate keys in days; a token of a key that is not known yet is looked for at once.
    /// Time between two requests for the keys of an address.
    jwt_refresh_ms: u64 = 10 * 60 * 1000, number("MS", 1_000..=HOUR_MS);
    // A day's outage of a provider stops nobody whose tokens still hold.
    /// Time that keys of an address hold which can't be had again; not less than `jwt_refresh_ms`.
    jwt_keys_max_age_ms: u64 = 24 * HOUR_MS, number("MS", 1_000..=7 * 24 * HOUR_MS);
}

keys! {
    /// Certificates of the listeners, PEM files that are read again when they change, and at SIGHUP. Only
    /// `dossier serve` takes these.
    TlsArgs, "TLS";

    /// Certificate of the listener of documents, with those between it and an authority behind it; needs
    /// `tls_key`.
    tls_certificate: PathBuf, text("FILE"), unset "everything is in the clear";
    /// Private key of this certificate.
    tls_key: PathBuf, text("FILE"), unset "everything is in the clear";
    /// Authorities of which every client must show a certificate, probes included.
    tls_client_ca: PathBuf, text("FILE"), unset "clients show no certificate";
    /// Certificate of the admin API's listener, in the same way; needs `admin_tls_key`.
    admin_tls_certificate: PathBuf, text("FILE"), unset "everything is in the clear";
    /// Private key of this certificate.
    admin_tls_key: PathBuf, text("FILE"), unset "everything is in the clear";
    /// Authorities of which every client of the admin API must show a certificate, beside its token.
    admin_tls_client_ca: PathBuf, text("FILE"), unset "clients show no certificate";
}

keys! {
    /// Packages that come and go while the host serves. Only `dossier serve` takes these.
    PlatformArgs, "Packages";

    /// Folder for published packages and their catalogue.
    data_dir: PathBuf, text("FOLDER"), unset "the folders are served as they stand at start";
    /// Address and port of the admin API; needs `data_dir` and tokens.
    admin_listen: SocketAddr, text("ADDRESS"), unset "there is no admin API";
    /// Take unsigned packages too, for development.
    dev: bool = false, Form::Switch;
    /// Folder whose components (`NAME.wasm`) are reloaded when they change, for development; without
    /// `data_dir` it works on a temporary one.
    watch: PathBuf, text("FOLDER"), unset "nothing is watched";
    // A publisher's mistake shows within a few requests.
    /// Requests that a canary answers before its failures count.
    canary_min_calls: u32 = 20, number("N", 1..=1_000_000);
    /// By how many percent a canary's share of failures may exceed that of the active version; beyond it
    /// the canary ends by itself.
    canary_max_failure_percent: u32 = 5, number("PERCENT", 0..=100);
    // Rules in Rust compile in 50 MiB, a component with a Python interpreter in under 1 GiB.
    /// Address space in bytes of the process that compiles a component first.
    compile_memory_bytes: u64 = 2 << 30, number("BYTES", 1..=MEMORY_BYTES);
    // As long as the engine itself gives a compilation.
    /// Time that this process may take.
    compile_timeout_ms: u64 = milliseconds(PluginSettings::COMPILE_TIMEOUT), number("MS", 1..=HOUR_MS);
    // A mistake shows within a month; whoever wants an older version publishes it again.
    /// Days that a package stays on disk which no kept generation names.
    package_grace_days: u32 = 30, number("DAYS", 0..=36_500);
    /// Take such packages away at start, as `dossier package prune` does at any time.
    prune_at_start: bool = false, Form::Switch;
    // A few hundred adapters of 40 MB.
    /// Bytes of packages on disk of one publisher at most.
    publisher_disk_bytes: u64 = PublisherLimits::DISK_BYTES, number("BYTES", 1..=1 << 50);
    // A publisher's own automation, and no more: at this rate its own history lasts an hour at least.
    /// Publications and changes of one publisher in a minute at most; rollbacks are not counted.
    publisher_changes_a_minute: u32 = PublisherLimits::CHANGES_A_MINUTE, number("N", 1..=1_000_000);
    // A compilation of a minute, and as long again for fixtures.
    /// Time of one publication, from its turn on: compilation, fixtures and all.
    publish_timeout_ms: u64 = milliseconds(PublisherLimits::PUBLISH_TIMEOUT), number("MS", 1..=HOUR_MS);
    /// Take packages too whose version is not later than all that their name had, as `dev` does.
    older_versions: bool = false, Form::Switch;
}

keys! {
    /// A catalogue that many hosts share: what is published or changed through one of them serves on all, within
    /// seconds. Only `dossier serve` takes these.
    SharingArgs, "Sharing";

    /// File of the URL of a PostgreSQL database in which hosts share the catalogue of packages:
    /// `postgres://user:password@host/database`. Over the network TLS is spoken and checked, unless the URL says
    /// `sslmode=disable`. It is read once, at start. Needs `data_dir`, which is each host's own, and
    /// `catalogue_artifacts`.
    catalogue_postgres_file: PathBuf, text("FILE"), unset "the catalogue is this host's own";
    /// File of the certificates, in PEM, by which the database's is checked.
    catalogue_postgres_ca: PathBuf, text("FILE"), unset "those of the system";
    /// Where hosts that share a catalogue put packages and find them: a folder that all of them see,
    /// `file:///folder`, or a bucket of S3 or of what speaks its protocol, `s3://bucket/prefix`.
    catalogue_artifacts: String, text("PLACE"), unset "packages are this host's own";
    /// Server of the bucket, `https://host:port`.
    catalogue_s3_endpoint: String, text("ADDRESS"), unset "Amazon's, of the region";
    /// Region of the bucket.
    catalogue_s3_region: String, text("NAME"), unset "`us-east-1`, which stores without regions take";
    /// File of the access key of the bucket: its id, and the key, a line each; a third line is a session token.
    /// It is read for every request.
    catalogue_s3_credentials_file: PathBuf, text("FILE"), unset "there is no bucket";
    /// File of the certificates, in PEM, by which the bucket's server is checked.
    catalogue_s3_ca: PathBuf, text("FILE"), unset "those of the system";
    /// Time after which a host that can't follow the shared catalogue is not ready any more (`/readyz`); it
    /// serves its last generation all the same. All hosts that are cut off at once are not ready at once.
    catalogue_stale_ms: u64, number("MS", 5_000..=30 * 24 * HOUR_MS), unset "it stays ready";
}

keys! {
    /// Documents that are read later: jobs. Only `dossier serve` takes these.
    JobsArgs, "Jobs";

    /// Folder in which jobs are kept, sealed; one host at a time has it open. Needs `jobs_key_file` or
    /// `jobs_key_command`.
    jobs_dir: PathBuf, text("FOLDER"), unset "no jobs are taken, unless `jobs_postgres_file` is set";
    /// File of the URL of a PostgreSQL database in which jobs are kept in place of `jobs_dir`, sealed, for as many
    /// hosts as share it: `postgres://user:password@host/database`. Over the network TLS is spoken and checked,
    /// unless the URL says `sslmode=disable`. It is read once, at start, as the next five are.
    jobs_postgres_file: PathBuf, text("FILE"), unset "jobs are kept in `jobs_dir`";
    /// File of the certificates, in PEM, by which the database's is checked.
    jobs_postgres_ca: PathBuf, text("FILE"), unset "those of the system";
    // Each reader holds one while it begins or ends a document, and requests come beside.
    /// Connections to the database at most: four more than `job_workers` at least.
    jobs_postgres_connections: usize = 16, number("N", 5..=1_024);
    /// File of URLs of NATS servers, with commas between, over whose JetStream hosts that share a database wake
    /// each other: `tls://user:password@host`. Without it a host that has nothing to do looks every second.
    jobs_nats_file: PathBuf, text("FILE"), unset "hosts look every second";
    /// File of the certificates, in PEM, by which those of NATS are checked.
    jobs_nats_ca: PathBuf, text("FILE"), unset "those of the system";
    /// Stream over which hosts that share a database wake each other; others need another.
    jobs_nats_stream: String = "DOSSIER_JOBS".to_owned(), text("NAME");
    /// File of the key that all of them are sealed under, the same on every host that shares them: 64 hexadecimal digits, as
    /// `openssl rand -hex 32` prints them. It is read once, at start.
    jobs_key_file: PathBuf, text("FILE"), unset "the key is that of `jobs_key_command`";
    /// Command that prints this key, such as a client of a key management service. It is split at blanks, run
    /// once, at start, by no shell, and has 30 seconds.
    jobs_key_command: String, text("COMMAND"), unset "the key is that of `jobs_key_file`";
    // An eighth of the permits: whoever waits for an answer finds some.
    /// Documents of jobs that this host reads at a time; 0 takes jobs and reads none.
    job_workers: usize = 4, number("N", 0..=1_024);
    // What fits a body of the default length.
    /// Documents of a job at most.
    job_documents: usize = 100, number("N", 1..=256);
    // A day's work of a small host.
    /// Documents of a tenant that wait or are read, at most; one more is answered 429.
    job_waiting_documents: u64 = 10_000, number("N", 1..=100_000_000);
    // A few thousand documents, and the results of a million.
    /// Bytes of documents and results that a tenant may have, sealed; beyond it a job is answered 429.
    job_bytes: u64 = 4 << 30, number("BYTES", 1..=1 << 50);
    // What has failed so often for nobody's fault fails again.
    /// Times that a document is begun before it is given up.
    job_attempts: u32 = 5, number("N", 1..=100);
    // A host that died is missed within two minutes; one that lives says so three times in this time.
    /// Time after which a document is another's to read when its reader says nothing more.
    job_lease_ms: u64 = 120_000, number("MS", 3_000..=HOUR_MS);
    // Who sends a job asks for it within the day.
    /// Time that a job and its results are kept at most; a client may ask for less.
    job_ttl_ms: u64 = 24 * HOUR_MS, number("MS", 1_000..=30 * 24 * HOUR_MS);
    /// Tell addresses too that are private or without TLS when a job is done with: for tests, and where only
    /// those send jobs who may reach whatever this host reaches.
    webhooks_to_private: bool = false, Form::Switch;
}

keys! {
    /// Where adapters and rules are.
    RootArgs, "Folders";

    /// Folder that holds `adapters/` and `plugins/`.
    data_root: PathBuf = PathBuf::from("."), text("FOLDER");
}

keys! {
    /// Where the model computes, and in what it is kept.
    ModelArgs, "Model";

    /// Where the model computes: `cpu`, `cuda` or `cuda:1`; the latter two need the cargo feature `cuda`.
    device: DeviceKind = DeviceKind::default(), text("DEVICE");
    /// In what the base's matrices are kept: `f32`, `bf16`, `f16` or `int8`; a CPU computes in f32
    /// whatever they are kept in.
    weight_precision: WeightPrecision = WeightPrecision::default(), text("PRECISION");
    /// In what the matrices of adapters are kept: `f32`, `bf16` or `f16`.
    adapter_precision: AdapterPrecision = AdapterPrecision::default(), text("PRECISION");
}

keys! {
    /// How documents are read, and what one of them may cost.
    ReadingArgs, "Reading";

    /// The date the rules take for today.
    today: Date, text("YYYY-MM-DD"), unset "the clock's date, in UTC";
    /// Pages of a document at most.
    max_pages: usize = 8, number("N", 1..=1_000);
    // A4 at 600 dpi is 35 million pixels.
    /// Pixels of a page at most; a larger one is answered 413 before it is decoded.
    max_page_pixels: u64 = 40_000_000, number("PIXELS", 1..=1 << 30);
    // Three bytes a pixel: 240 MB for the largest document.
    /// Pixels of all pages of a document at most; not less than `max_page_pixels`.
    max_document_pixels: u64 = 80_000_000, number("PIXELS", 1..=1 << 32);
    // As many as requests are admitted: the queue refuses only what admission let through by mistake.
    /// Documents waiting for the model at most; one more is answered 429. As many more may wait for
    /// their adapters.
    queue_documents: usize = 32, number("N", 1..=65_536);
    // 4,000 adapters of 1 MiB.
    /// Bytes of adapters in memory; beyond it the least recently used are loaded again when needed.
    adapter_memory_bytes: usize = 4 << 30, number("BYTES", 1..=MEMORY_BYTES);
    // As files they are half as large as in f32, and the operating system caches them too.
    /// Bytes of files of adapters that had to be loaded again, kept so that the next time they are
    /// neither read nor hashed; 0 for none.
    adapter_host_memory_bytes: usize = 1 << 30, number("BYTES", 0..=MEMORY_BYTES);
    // More rows make no better use of a CPU; an accelerator may take more.
    /// Documents that are read at a time; they join and leave between decoder steps.
    batch_documents: usize = 8, number("N", 1..=4_096);
    // Eight for every document of a batch: one large page, or several.
    /// Pages of these; not less than `max_pages`. A page that an adapter wants larger than the base's counts
    /// as several.
    batch_pages: usize = 64, number("N", 1..=65_536);
    // Sixteen for every document of a batch.
    /// Fields of these.
    batch_rows: usize = 128, number("N", 1..=65_536);
    // Four of the largest pages while they are decoded, or hundreds of ordinary ones.
    /// Memory in bytes for the pages of all documents in work, by their headers; what has no room yet
    /// waits.
    page_memory_bytes: u64 = 1 << 30, number("BYTES", 1..=MEMORY_BYTES);
    // Decoding a page takes a hundredth of reading it: two threads keep up.
    /// Documents whose pages are decoded or prepared at the same time; dear ones have half of the threads
    /// at most.
    decode_threads: usize = 2, number("N", 1..=1_024);
    // Photographs are what people send; a page that fills its picture is left as it is.
    /// Take each picture for a page as it was sent; otherwise pages are found in pictures and laid flat, where
    /// `adapters/locator` is in the data root.
    pages_as_sent: bool = false, Form::Switch;
    // Rules answer within a millisecond; this is for the ones that never do.
    /// Time that the code of the rules may run in one call.
    rules_run_ms: u64 = milliseconds(PluginSettings::RUN_BUDGET), number("MS", 1..=HOUR_MS);
    // For rules that wait instead of running.
    /// Time of one call of the rules, by the clock.
    rules_timeout_ms: u64 = milliseconds(PluginSettings::CALL_TIMEOUT), number("MS", 1..=HOUR_MS);
    // A rules component needs a few hundred KiB, an interpreter 30 MiB; no component has more than 4 GiB.
    /// Memory of one call of the rules, in bytes.
    rules_memory_bytes: usize = PluginSettings::MEMORY_BYTES, number("BYTES", 1..=1 << 32);
}

keys! {
    /// Log lines, which go to the standard error stream.
    TelemetryArgs, "Log";

    /// How log lines look.
    log_format: LogFormat = LogFormat::default(), text("FORMAT");
    /// How much is logged of dossier's own crates; the others log warnings only.
    log_level: LogLevel, text("LEVEL"), unset "`info`; `warn` outside `serve`";
}

/// A default that another crate states as a duration.
const fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis() as u64
}
