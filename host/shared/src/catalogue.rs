//! The shared catalogue on PostgreSQL: what serves is what its last generation says, on every host.
//!
//! Each change is one transaction that holds the one row of `meta`, so that changes come one after the other;
//! what it wrote bears its position, by which hosts find what they have not. Every table is bounded as a host's
//! own catalogue is.

use std::fmt;
use std::pin::Pin;

use deadpool_postgres::Transaction;
use dossier_postgres::{Connections, Listener, OfPostgres, PostgresError, PostgresSettings};
use dossier_store::{
    Answer, Change, Committed, Delta, PackageDigest, SharedArtifacts, SharedCatalogue, SharedError,
};
use tokio::sync::OnceCell;

mod changes;
mod read;
mod schema;
mod write;

/// The schema of its tables.
const SCHEMA: &str = "dossier_catalogue";
/// What hosts listen to. Nothing but that something changed is said there.
const CHANNEL: &str = "dossier_catalogue";
/// Connections of a host: one follows, one changes, and one takes packages away.
const CONNECTIONS: usize = 4;

/// A catalogue in the schema `dossier_catalogue` of a database. Whoever makes it asks for nothing yet: a host
/// serves its last generation while the database is away.
pub struct PostgresCatalogue {
    connections: Connections,
    listener: Listener,
    /// Whether the tables are there, and of this program's format.
    is_prepared: OnceCell<()>,
}

impl PostgresCatalogue {
    /// Connections that a host needs.
    pub const CONNECTIONS: usize = CONNECTIONS;

    /// A catalogue of a database.
    ///
    /// # Errors
    /// When connections can't be managed.
    pub fn new(settings: PostgresSettings) -> Result<Self, SharedError> {
        let listener = Listener::start(settings.clone(), CHANNEL);
        let connections = Connections::new(settings, SCHEMA).map_err(catalogue)?;
        Ok(Self { connections, listener, is_prepared: OnceCell::new() })
    }

    async fn prepared(&self) -> Result<&Connections, SharedError> {
        let prepare = async {
            let prepared = self.connections.write(&(), |to, ()| Box::pin(schema::prepare(to)));
            prepared.await.map_err(Failed::told)
        };
        self.is_prepared.get_or_try_init(|| prepare).await?;
        Ok(&self.connections)
    }
}

impl SharedCatalogue for PostgresCatalogue {
    fn since(&self, position: u64) -> Answer<'_, Delta> {
        Box::pin(async move {
            let connections = self.prepared().await?;
            let read = connections.read(&position, |of, since| Box::pin(read::since(of, *since)));
            read.await.map_err(Failed::told)
        })
    }

    fn begin(&self, first: Delta) -> Answer<'_, bool> {
        Box::pin(async move {
            let connections = self.prepared().await?;
            let begun = connections.write(&first, |to, first| Box::pin(write::begin(to, first)));
            begun.await.map_err(Failed::told)
        })
    }

    fn commit(&self, since: u64, change: Change) -> Answer<'_, Committed> {
        Box::pin(async move {
            let connections = self.prepared().await?;
            let arguments = (since, change);
            let committed = connections.write(&arguments, |to, (since, change)| {
                Box::pin(changes::commit(to, *since, change))
            });
            committed.await.map_err(Failed::told)
        })
    }

    fn remove_unknown<'a>(
        &'a self,
        packages: &'a [PackageDigest],
        artifacts: &'a dyn SharedArtifacts,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let connections = self.prepared().await?;
            for package in packages {
                let arguments = (*package, artifacts);
                let removed = connections.write(&arguments, |of, (package, artifacts)| {
                    Box::pin(changes::remove_unknown(of, *package, *artifacts))
                });
                removed.await.map_err(Failed::told)?;
            }
            Ok(())
        })
    }

    fn heard(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.listener.heard())
    }
}

impl fmt::Debug for PostgresCatalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresCatalogue").finish_non_exhaustive()
    }
}

/// Why a transaction failed: the server, or what it has.
#[derive(Debug)]
enum Failed {
    Server(PostgresError),
    Shared(SharedError),
}

impl Failed {
    fn told(self) -> SharedError {
        match self {
            Self::Server(error) if error.is_undecided() => SharedError::Undecided,
            Self::Server(error) => catalogue(error),
            Self::Shared(error) => error,
        }
    }
}

impl OfPostgres for Failed {
    fn of_postgres(&self) -> Option<&PostgresError> {
        match self {
            Self::Server(error) => Some(error),
            Self::Shared(_) => None,
        }
    }
}

impl From<PostgresError> for Failed {
    fn from(error: PostgresError) -> Self {
        Self::Server(error)
    }
}

impl From<tokio_postgres::Error> for Failed {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error.into())
    }
}

impl From<SharedError> for Failed {
    fn from(error: SharedError) -> Self {
        Self::Shared(error)
    }
}

fn catalogue(error: PostgresError) -> SharedError {
    SharedError::Catalogue { source: error.into() }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The one row of `meta`.
struct Meta {
    catalogue: String,
    position: u64,
    generation: u64,
    version_sequence: u64,
    event_sequence: u64,
    removed_at: u64,
}

impl Meta {
    /// Reads it, in a format that is understood; a writer holds it to the end of its transaction.
    async fn read(of: &Transaction<'_>, is_held: bool) -> Result<Self, Failed> {
        let statement = "SELECT format, catalogue::text, position, generation, version_sequence, \
                         event_sequence, removed_at FROM meta";
        let statement =
            if is_held { format!("{statement} FOR UPDATE") } else { statement.to_owned() };
        let row = of.query_one(&statement, &[]).await?;
        let number = |column| row.try_get::<_, i64>(column).map(unsigned);
        schema::known(number(0)?)?;
        Ok(Self {
            catalogue: row.try_get(1)?,
            position: number(2)?,
            generation: number(3)?,
            version_sequence: number(4)?,
            event_sequence: number(5)?,
            removed_at: number(6)?,
        })
    }

    async fn write(&self, to: &Transaction<'_>) -> Result<(), Failed> {
        let statement = "UPDATE meta SET position = $1, generation = $2, version_sequence = $3, \
                         event_sequence = $4, removed_at = $5";
        let numbers = [
            self.position,
            self.generation,
            self.version_sequence,
            self.event_sequence,
            self.removed_at,
        ]
        .map(signed);
        let [position, generation, version, event, removed] = &numbers;
        to.execute(statement, &[position, generation, version, event, removed]).await?;
        // Delivered with the commit.
        to.batch_execute(&format!("NOTIFY {CHANNEL}")).await?;
        Ok(())
    }
}
