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

use super::address::PostgresSettings;
use crate::StoreError;

/// What a transaction does.
pub(super) type Work<'t, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 't>>;

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
const SESSION: &str = "
    SET search_path = dossier_jobs;
    SET statement_timeout = '30s';
    SET lock_timeout = '20s';
    SET idle_in_transaction_session_timeout = '60s';
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off';
";

pub(super) struct Connections(Pool);

impl Connections {
    /// Makes none yet.
    pub(super) fn new(settings: PostgresSettings) -> Result<Self, StoreError> {
        let PostgresSettings { server, tls, connections } = settings;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match tls {
            Some(tls) => {
                let tls = MakeRustlsConnect::new(tls.as_ref().clone());
                Manager::from_config(server, tls, recycling)
            }
            None => Manager::from_config(server, NoTls, recycling),
        };
        let begin = Hook::async_fn(|client, _| {
            Box::pin(async move { client.batch_execute(SESSION).await.map_err(HookError::Backend) })
        });
        let pool = Pool::builder(manager)
            .max_size(connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .post_create(begin)
            .build();
        pool.map(Self).map_err(|error| Failure::text(error.to_string()).into())
    }

    /// Runs a transaction that may change something.
    pub(super) async fn write<A: Sync, T>(
        &self,
        arguments: &A,
        work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T>,
    ) -> Result<T, StoreError> {
        self.run(Access::Write, arguments, work).await
    }

    /// Runs a transaction that reads, and sees one moment.
    pub(super) async fn read<A: Sync, T>(
        &self,
        arguments: &A,
        work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T>,
    ) -> Result<T, StoreError> {
        self.run(Access::Read, arguments, work).await
    }

    async fn run<A: Sync, T>(
        &self,
        access: Access,
        arguments: &A,
        work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T>,
    ) -> Result<T, StoreError> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..TRIES {
            match self.once(access, arguments, work).await {
                Err(error) if Failure::is_undone(&error) => sleep(pause).await,
                done => return done,
            }
            pause *= 2;
        }
        self.once(access, arguments, work).await
    }

    async fn once<A: Sync, T>(
        &self,
        access: Access,
        arguments: &A,
        work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.0.get().await.map_err(Failure::of_pool)?;
        match timeout(LONGEST, transact(&mut connection, access, arguments, work)).await {
            Ok(done) => done,
            Err(_) => {
                // Nobody knows what it still does: it is closed, and not lent again.
                drop(Object::take(connection));
                Err(Failure::text(format!("no answer within {} s", LONGEST.as_secs())).into())
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Access {
    Read,
    Write,
}

async fn transact<A: Sync, T>(
    connection: &mut Object,
    access: Access,
    arguments: &A,
    work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T>,
) -> Result<T, StoreError> {
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
    let transaction = begin.start().await.map_err(|error| Failure::begin(&error))?;
    match work(&transaction, arguments).await {
        Ok(done) => {
            transaction.commit().await?;
            Ok(done)
        }
        Err(error) => {
            // Where that does not go through, the server ends it with the connection.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}

/// Why the server did not do something. No text of it holds a value of a statement or anything of the address.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Failure {
    text: String,
    /// Whether nothing of the transaction is left, and it may go well now.
    is_undone: bool,
}

impl Failure {
    fn text(text: String) -> Self {
        Self { text, is_undone: false }
    }

    fn of(error: &Error) -> Self {
        let Some(refused) = error.as_db_error() else {
            let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            return Self::text(format!("{error}{source}"));
        };
        // Without its detail and its hint, where values stand.
        let text = format!("{} ({})", refused.message(), refused.code().code());
        let undone = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
        Self { text, is_undone: undone.contains(refused.code()) }
    }

    /// A connection that was lent may have been closed by the server since it was used last.
    fn begin(error: &Error) -> StoreError {
        Self { is_undone: error.is_closed(), ..Self::of(error) }.into()
    }

    fn of_pool(error: PoolError) -> StoreError {
        match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                Self::of(&error).into()
            }
            error => Self::text(error.to_string()).into(),
        }
    }

    fn is_undone(error: &StoreError) -> bool {
        let StoreError::Unavailable { source } = error else { return false };
        source.downcast_ref::<Self>().is_some_and(|failure| failure.is_undone)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable { source: failure.into() }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Failure::of(&error).into()
    }
}
