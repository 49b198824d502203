//! PostgreSQL and NATS, as Debian packages them.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::process::Process;

/// Where Debian puts PostgreSQL's programs, by version.
const POSTGRES: &str = "/usr/lib/postgresql";
const USER: &str = "postgres";
/// What the server is asked for over the network; on its socket everybody of the machine is trusted.
const PASSWORD: &str = "not a secret";
/// How often a server is started that was killed a moment ago.
const STARTS: usize = 40;

/// A PostgreSQL server with a folder of its own, on a socket in it and, encrypted, on a port.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    /// PostgreSQL does not run as root.
    user: Option<(u32, u32)>,
    /// None while it is killed.
    process: Option<Process>,
}

impl Postgres {
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.join("postgres");
        std::fs::create_dir(&folder)?;
        let is_root = folder.metadata()?.uid() == 0;
        let user = if is_root { Some(user_of_the_system(USER)?) } else { None };
        if let Some((user, group)) = user {
            std::os::unix::fs::chown(&folder, Some(user), Some(group))?;
            // Whoever made the folder above lets nobody else through.
            let above = folder.parent().context("a folder above")?;
            std::fs::set_permissions(above, std::os::unix::fs::PermissionsExt::from_mode(0o711))?;
        }
        let server =
            Self { programs: programs()?, folder, port: free_port()?, user, process: None };
        server.initialise()?;
        let mut server = server;
        server.start_again().await?;
        Ok(server)
    }

    fn initialise(&self) -> anyhow::Result<()> {
        let password = self.folder.join("password");
        std::fs::write(&password, PASSWORD)?;
        std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        let data = self.data();
        let mut command = self.command("initdb");
        command.args(["--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8"]);
        command.args(["--no-locale", "--username", USER, "--pwfile"]).arg(&password);
        succeed(command.arg("--pgdata").arg(&data))?;
        let mut command = self.as_user("openssl");
        command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        command.args(["-nodes", "-days", "2", "-subj", "/CN=localhost"]);
        command.args(["-addext", "subjectAltName=DNS:localhost"]);
        command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        command.arg("-keyout").arg(data.join("server.key"));
        succeed(command.arg("-out").arg(data.join("server.crt")))?;
        let trusted = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(data.join("pg_hba.conf"), trusted)?;
        Ok(())
    }

    /// Starts it on what it has on disk.
    pub(crate) async fn start_again(&mut self) -> anyhow::Result<()> {
        let mut failed = None;
        for _ in 0..STARTS {
            let mut command = self.command("postgres");
            command.arg("-D").arg(self.data()).arg("-k").arg(&self.folder);
            command.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
            command.args(["-c", "ssl=on", "-c", "max_connections=200"]);
            // A database whose default would lose what it acknowledged.
            command.args(["-c", "synchronous_commit=off"]);
            // Its process is killed and not the machine: what it wrote is there, on the disk or not.
            command.args(["-c", "fsync=off"]);
            let log = self.folder.join("postgres.log");
            let mut process = Process::start(&mut command, log)?;
            let is_ready = |log: &str| log.contains("ready to accept connections").then_some(());
            match process.until(is_ready).await {
                Ok(()) => {
                    self.process = Some(process);
                    return Ok(());
                }
                // Processes of the one that was killed are there for a moment.
                Err(error) => failed = Some(error),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(failed.context("never started")?)
    }

    /// Kills it as a machine that fails would.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// Stops it and all that works for it, so that it keeps its connections and answers nothing; or lets it go
    /// on.
    pub(crate) fn freeze(&self, is_frozen: bool) -> anyhow::Result<()> {
        let process = self.process.as_ref().context("it runs")?;
        let parent = process.id().to_string();
        let mut processes = vec![parent.clone()];
        for entry in std::fs::read_dir("/proc")? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            // What is after the program's name, which may have blanks: its state, and its parent.
            let status = std::fs::read_to_string(format!("/proc/{name}/stat")).unwrap_or_default();
            let after = status.rsplit_once(") ").map_or("", |(_, after)| after);
            if after.split(' ').nth(1) == Some(parent.as_str()) {
                processes.push(name);
            }
        }
        let signal = if is_frozen { "-STOP" } else { "-CONT" };
        // One that ended meanwhile is no longer there.
        Command::new("kill").arg(signal).args(&processes).output().map(drop)?;
        Ok(())
    }

    /// The URL of a database on the socket.
    pub(crate) fn url(&self, database: &str) -> anyhow::Result<String> {
        let folder = self.folder.to_str().context("a path of text")?.replace('/', "%2F");
        Ok(format!("postgres://{USER}@{folder}:{}/{database}", self.port))
    }

    /// The URL of a database on the port, where `query` says how it is encrypted.
    pub(crate) fn url_by_network(&self, database: &str, query: &str) -> String {
        let password = PASSWORD.replace(' ', "%20");
        format!("postgres://{USER}:{password}@localhost:{}/{database}{query}", self.port)
    }

    pub(crate) fn password(&self) -> &'static str {
        PASSWORD
    }

    /// What vouches for the server, in PEM.
    pub(crate) fn certificate(&self) -> anyhow::Result<Vec<u8>> {
        Ok(std::fs::read(self.data().join("server.crt"))?)
    }

    pub(crate) fn create(&self, database: &str) -> anyhow::Result<()> {
        let mut command = self.client("createdb");
        succeed(command.arg(database)).map(drop)
    }

    pub(crate) fn sql(&self, database: &str, statement: &str) -> anyhow::Result<String> {
        let mut command = self.client("psql");
        succeed(command.args(["-qAtX", "-d", database, "-c", statement]))
    }

    /// The same, for as long as it takes.
    pub(crate) fn sql_process(&self, database: &str, statement: &str) -> anyhow::Result<Process> {
        let mut command = self.client("psql");
        let command = command.args(["-qAtX", "-d", database, "-c", statement]);
        Process::start(command, self.folder.join("psql.log"))
    }

    pub(crate) fn version(&self) -> anyhow::Result<String> {
        succeed(self.command("postgres").arg("--version"))
    }

    fn client(&self, program: &str) -> Command {
        let mut command = self.command(program);
        command.arg("-h").arg(&self.folder).args(["-p", &self.port.to_string(), "-U", USER]);
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, program: &str) -> Command {
        self.as_user(self.programs.join(program))
    }

    fn as_user(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).env("LC_ALL", "C");
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }
}

/// A NATS server with JetStream.
pub(super) struct Nats {
    folder: PathBuf,
    port: u16,
    /// None while it is killed.
    process: Option<Process>,
}

impl Nats {
    pub(super) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.join("nats");
        std::fs::create_dir(&folder)?;
        let mut server = Self { folder, port: free_port()?, process: None };
        server.start_again().await?;
        Ok(server)
    }

    pub(super) async fn start_again(&mut self) -> anyhow::Result<()> {
        let mut command = Command::new("nats-server");
        command.args(["-js", "-a", "127.0.0.1", "-p", &self.port.to_string(), "-sd"]);
        let mut process = Process::start(command.arg(&self.folder), self.folder.join("nats.log"))
            .context("nats-server is not installed")?;
        process.until(|log| log.contains("Server is ready").then_some(())).await?;
        self.process = Some(process);
        Ok(())
    }

    pub(super) fn kill(&mut self) {
        self.process = None;
    }

    /// Stops it, so that it keeps its connections and answers nothing; or lets it go on.
    pub(super) fn freeze(&self, is_frozen: bool) -> anyhow::Result<()> {
        let process = self.process.as_ref().context("it runs")?;
        let signal = if is_frozen { "-STOP" } else { "-CONT" };
        succeed(Command::new("kill").args([signal, &process.id().to_string()])).map(drop)
    }

    pub(super) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Says something to a subject that is no hint.
    pub(super) fn publish(&self, subject: &str, text: &str) -> anyhow::Result<()> {
        use std::io::{Read as _, Write as _};
        let mut connection = TcpStream::connect(("127.0.0.1", self.port))?;
        let length = text.len();
        write!(
            connection,
            "CONNECT {{\"verbose\":false}}\r\nPUB {subject} {length}\r\n{text}\r\n"
        )?;
        write!(connection, "PING\r\n")?;
        let mut heard = Vec::new();
        let mut bytes = [0; 1024];
        while !heard.windows(4).any(|window| window == b"PONG") {
            let count = connection.read(&mut bytes)?;
            ensure!(count > 0, "the connection was closed");
            heard.extend_from_slice(&bytes[..count]);
        }
        Ok(())
    }

    pub(super) fn version(&self) -> anyhow::Result<String> {
        succeed(Command::new("nats-server").arg("--version"))
    }
}

fn programs() -> anyhow::Result<PathBuf> {
    let versions = std::fs::read_dir(POSTGRES).context("PostgreSQL is not installed")?;
    let versions = versions.filter_map(|entry| {
        let folder = entry.ok()?.path();
        let version = folder.file_name()?.to_str()?.parse::<u32>().ok()?;
        folder.join("bin/postgres").exists().then_some((version, folder.join("bin")))
    });
    Ok(versions.max().context("PostgreSQL's server is not installed")?.1)
}

fn user_of_the_system(name: &str) -> anyhow::Result<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd")?;
    let user = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let user = user.into_iter().find(|parts| parts.first() == Some(&name) && parts.len() > 3);
    let user = user.with_context(|| format!("there is no user {name}"))?;
    Ok((user[2].parse()?, user[3].parse()?))
}

pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn succeed(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("{command:?} is not installed"))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let failed = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success(), "{command:?}: {said} {failed}");
    Ok(said)
}
