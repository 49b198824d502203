//! Connections, so many at most, and transactions on them. One that the server ended for another's sake is
//! begun again; a server that is away is waited for no longer than a moment.

use std::error::Error as _;
use std::pin::Pin;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
    Transaction,
};
use tokio::time::{sleep, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Error, IsolationLevel, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::PostgresSettings;

/// What a transaction does.
pub type Work<'t, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>;

/// How long a caller waits for a connection that is free, or made.
const WAIT: Duration = Duration::from_secs(5);
/// How long one transaction may take. The server is told to end a statement before that.
const LONGEST: Duration = Duration::from_secs(60);
/// How often a transaction is begun that the server ends for another's sake.
const TRIES: u32 = 6;
/// How long before it is begun again, the first time; twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// What every connection begins with. A statement, a lock and a holder that went silent are bounded; what is
/// committed is on the disk, whatever the database's default is.
pub(crate) const SESSION: &str = "
    SET statement_timeout = '30s';
    SET lock_timeout = '20s';
    SET idle_in_transaction_session_timeout = '60s';
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off';
";

/// Connections to a database, whose statements find the tables of one schema.
#[derive(Clone, Debug)]
pub struct Connections(Pool);

impl Connections {
    /// Makes none yet. `schema` is a plain name.
    ///
    /// # Errors
    /// When they can't be managed.
    pub fn new(settings: PostgresSettings, schema: &'static str) -> Result<Self, PostgresError> {
        let PostgresSettings { server, tls, connections } = settings;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match tls {
            Some(tls) => {
                let tls = MakeRustlsConnect::new(tls.as_ref().clone());
                Manager::from_config(server, tls, recycling)
            }
            None => Manager::from_config(server, NoTls, recycling),
        };
        let begin = Hook::async_fn(move |client, _| {
            Box::pin(async move {
                let session = format!("SET search_path = {schema};{SESSION}");
                client.batch_execute(&session).await.map_err(HookError::Backend)
            })
        });
        let pool = Pool::builder(manager)
            .max_size(connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .post_create(begin)
            .build();
        pool.map(Self).map_err(|error| PostgresError::text(error.to_string()))
    }

    /// Runs a transaction that may change something.
    ///
    /// # Errors
    /// What `work` says, or the server.
    pub async fn write<A: Sync, T, E: OfPostgres>(
        &self,
        arguments: &A,
        work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T, E>,
    ) -> Result<T, E> {
        self.run(Access::Write, arguments, work).await
    }

    /// Runs a transaction that reads, and sees one moment.
    ///
    /// # Errors
    /// What `work` says, or the server.
    pub async fn read<A: Sync, T, E: OfPostgres>(
        &self,
        arguments: &A,
        work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T, E>,
    ) -> Result<T, E> {
        self.run(Access::Read, arguments, work).await
    }

    async fn run<A: Sync, T, E: OfPostgres>(
        &self,
        access: Access,
        arguments: &A,
        work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T, E>,
    ) -> Result<T, E> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..TRIES {
            match self.once(access, arguments, work).await {
                Err(error) if error.of_postgres().is_some_and(|error| error.is_undone) => {
                    sleep(pause).await;
                }
                done => return done,
            }
            pause *= 2;
        }
        self.once(access, arguments, work).await
    }

    async fn once<A: Sync, T, E: OfPostgres>(
        &self,
        access: Access,
        arguments: &A,
        work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T, E>,
    ) -> Result<T, E> {
        let mut connection = self.0.get().await.map_err(PostgresError::of_pool)?;
        match timeout(LONGEST, transact(&mut connection, access, arguments, work)).await {
            Ok(done) => done,
            Err(_) => {
                // Nobody knows what it still does: it is closed, and not lent again.
                drop(Object::take(connection));
                let text = format!("no answer within {} s", LONGEST.as_secs());
                // It may have been about to be committed.
                let is_undecided = matches!(access, Access::Write);
                Err(PostgresError { is_undecided, ..PostgresError::text(text) }.into())
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Access {
    Read,
    Write,
}

async fn transact<A: Sync, T, E: OfPostgres>(
    connection: &mut Object,
    access: Access,
    arguments: &A,
    work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T, E>,
) -> Result<T, E> {
    let begin = match access {
        Access::Read => {
            let begin = connection.build_transaction().read_only(true);
            begin.isolation_level(IsolationLevel::RepeatableRead)
        }
        // Each statement sees what others have committed: what is locked is then read as it is.
        Access::Write => {
            connection.build_transaction().isolation_level(IsolationLevel::ReadCommitted)
        }
    };
    let transaction = begin.start().await.map_err(|error| PostgresError::begin(&error))?;
    match work(&transaction, arguments).await {
        Ok(done) => {
            let committed = transaction.commit().await;
            committed.map_err(|error| PostgresError::commit(&error))?;
            Ok(done)
        }
        Err(error) => {
            // Where that does not go through, the server ends it with the connection.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}

/// An error that may have come from the server.
pub trait OfPostgres: From<PostgresError> {
    /// What the server, or the way to it, said; none where the error is another.
    fn of_postgres(&self) -> Option<&PostgresError>;
}

/// Why the server did not do something. No text of it holds a value of a statement or anything of the address.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub struct PostgresError {
    text: String,
    /// Whether nothing of the transaction is left, and it may go well now.
    is_undone: bool,
    /// Whether it was to be committed, and nobody knows whether it was.
    is_undecided: bool,
}

impl PostgresError {
    /// Whether what was to be committed may be committed or not: the server did not answer.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.is_undecided
    }

    pub(crate) fn text(text: String) -> Self {
        Self { text, is_undone: false, is_undecided: false }
    }

    fn of(error: &Error) -> Self {
        let Some(refused) = error.as_db_error() else {
            let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            return Self::text(format!("{error}{source}"));
        };
        // Without its detail and its hint, where values stand.
        let text = format!("{} ({})", refused.message(), refused.code().code());
        let undone = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
        Self { is_undone: undone.contains(refused.code()), ..Self::text(text) }
    }

    /// A connection that was lent may have been closed by the server since it was used last.
    fn begin(error: &Error) -> Self {
        Self { is_undone: error.is_closed(), ..Self::of(error) }
    }

    /// What the server says no to is not committed; where it says nothing, it may be.
    fn commit(error: &Error) -> Self {
        Self { is_undecided: error.as_db_error().is_none(), ..Self::of(error) }
    }

    fn of_pool(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                Self::of(&error)
            }
            error => Self::text(error.to_string()),
        }
    }
}

impl From<Error> for PostgresError {
    fn from(error: Error) -> Self {
        Self::of(&error)
    }
}

impl OfPostgres for PostgresError {
    fn of_postgres(&self) -> Option<&PostgresError> {
        Some(self)
    }
}
