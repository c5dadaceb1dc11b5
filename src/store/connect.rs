//! Connections to the database that nobody waits for longer than stated. In: questions. Out: answers, or an error soon.
//!
//! PostgreSQL ends what takes too long by itself. Where nothing of it arrives any more, and nothing says that the
//! connection is gone (a machine that vanished, a network that drops everything), the wait ends here: a connection with an
//! answer outstanding is closed and never used again, whoever gave up waiting.

use std::{
    future::Future,
    io,
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use deadpool::managed::{self, Metrics, Object, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult};
use futures::TryStreamExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    Any, AnyConnection, Connection as _, Describe, Execute, Executor as _, SqlStr,
    any::{AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo},
};

use self::{
    executor::Step,
    turns::{Line, Turn, Turns},
};
use super::Engine;
use crate::clock::Clock;

/// Both as sqlx's queries ask them.
mod executor;

mod turns;

/// How long a request may wait for a connection, or for its turn to write, before it is answered with 503.
pub(super) const ACQUIRE: Duration = Duration::from_secs(3);

/// A connection that does not say within this that it lives is replaced.
const LIVES: Duration = Duration::from_secs(1);

/// PostgreSQL's own processes grow with what they were asked: none is kept for ever.
const KEPT_FOR: Duration = Duration::from_secs(30 * 60);

/// Longer than PostgreSQL takes to end a statement itself.
const ANSWERED: Duration = Duration::from_secs(6);

impl Engine {
    /// Connections for whoever asks; [`super::Heart`] and whoever is woken by PostgreSQL have their own. A file is read by as many as there are processors
    /// for, and each has a thread and a memory of its own.
    const fn connections(self) -> usize {
        match self {
            Self::Sqlite => 4,
            Self::Postgres => 8,
        }
    }
}

/// What all connections have in common.
#[derive(Debug)]
pub(super) struct Database {
    pub url: SecretString,
    pub engine: Engine,
    pub settings: &'static [&'static str],
}

impl Database {
    pub async fn connect(&self) -> sqlx::Result<AnyConnection> {
        let mut connection = AnyConnection::connect(self.url.expose_secret()).await?;
        for setting in self.settings {
            sqlx::query(*setting).execute(&mut connection).await?;
        }
        Ok(connection)
    }
}

impl managed::Manager for Database {
    type Type = AnyConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> sqlx::Result<AnyConnection> {
        self.connect().await
    }

    async fn recycle(&self, connection: &mut AnyConnection, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        // A file is always there.
        if self.engine == Engine::Sqlite {
            return Ok(());
        }
        if metrics.age() > KEPT_FOR {
            return Err(RecycleError::message("kept long enough"));
        }
        match Clock::system().timeout(LIVES, connection.ping()).await {
            Some(lives) => Ok(lives?),
            None => Err(RecycleError::message("does not answer")),
        }
    }
}

/// What the tables' functions ask. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::store) struct Connections {
    pool: managed::Pool<Database>,
    engine: Engine,
    /// With SQLite.
    turns: Option<Arc<Turns>>,
}

impl Connections {
    pub fn new(opened: Database) -> Self {
        let engine = opened.engine;
        let mut config = PoolConfig::new(engine.connections());
        // Those that are not needed stay small.
        config.queue_mode = QueueMode::Lifo;
        let pool = managed::Pool::builder(opened).config(config).build();
        let pool = pool.expect("a pool without timeouts needs no runtime");
        Self { pool, engine, turns: (engine == Engine::Sqlite).then(|| Arc::new(Turns::new())) }
    }

    /// For several questions.
    pub async fn acquire(&self) -> sqlx::Result<Connection> {
        Clock::system().timeout(ACQUIRE, self.lent()).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    async fn lent(&self) -> sqlx::Result<Connection> {
        let object = self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            _ => sqlx::Error::PoolClosed,
        })?;
        Ok(self.hold(Held::Lent(object)))
    }

    /// One that is nobody else's: whoever has it waits behind no request. SQLite's writers wait in one line all the
    /// same.
    pub async fn own(&self) -> sqlx::Result<Connection> {
        Ok(self.hold(Held::Own(self.another().await?)))
    }

    fn hold(&self, held: Held) -> Connection {
        Connection { held: Some(held), connections: self.clone(), turn: None, is_asked: false }
    }

    /// For something that is written and says what: whoever waits for their turn holds no connection meanwhile.
    pub async fn writing(&self) -> sqlx::Result<Connection> {
        self.in_line(Line::Usual).await
    }

    /// For a single thing that a person waits for.
    pub async fn writing_first(&self) -> sqlx::Result<Connection> {
        self.in_line(Line::First).await
    }

    async fn in_line(&self, line: Line) -> sqlx::Result<Connection> {
        let both = async {
            let turn = self.turn(line).await?;
            let mut connection = self.lent().await?;
            connection.turn = turn;
            Ok(connection)
        };
        Clock::system().timeout(ACQUIRE, both).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    pub async fn begin(&self) -> sqlx::Result<Transaction> {
        let mut transaction = Transaction { connection: self.writing().await?, is_over: false };
        transaction.execute("BEGIN").await?;
        Ok(transaction)
    }

    /// The same, and it waits for its answers however long.
    pub async fn another(&self) -> sqlx::Result<AnyConnection> {
        self.pool.manager().connect().await
    }

    async fn turn(&self, line: Line) -> sqlx::Result<Option<Turn>> {
        let Some(turns) = &self.turns else { return Ok(None) };
        turns.take(line).await.map(Some).map_err(|_| sqlx::Error::PoolClosed)
    }

    async fn turn_in_time(&self, line: Line) -> sqlx::Result<Option<Turn>> {
        Clock::system().timeout(ACQUIRE, self.turn(line)).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Ends when SQLite has written much ahead of its file since it ended last.
    pub async fn much_is_ahead(&self) {
        match &self.turns {
            Some(turns) => turns.many().await,
            None => std::future::pending().await,
        }
    }

    /// Those that nobody uses end in good order, the others when they are given back.
    pub async fn close(&self) {
        let idle = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        for connection in idle {
            // Whatever it says, it is gone.
            let _ = Clock::system().timeout(LIVES, connection.close()).await;
        }
    }
}

#[derive(Debug)]
enum Held {
    Lent(Object<Database>),
    Own(AnyConnection),
}

/// One connection.
#[derive(Debug)]
pub(in crate::store) struct Connection {
    /// Until it is dropped.
    held: Option<Held>,
    connections: Connections,
    turn: Option<Turn>,
    /// The answer is outstanding.
    is_asked: bool,
}

impl Connection {
    async fn all<'q>(&mut self, query: impl Execute<'q, Any> + 'q) -> sqlx::Result<Vec<Step>> {
        self.asks(|connection| connection.fetch_many(query).try_collect()).await
    }

    async fn first<'q>(&mut self, query: impl Execute<'q, Any> + 'q) -> sqlx::Result<Option<AnyRow>> {
        self.asks(|connection| connection.fetch_optional(query)).await
    }

    async fn done<'q>(&mut self, query: impl Execute<'q, Any> + 'q) -> sqlx::Result<AnyQueryResult> {
        let _turn = if self.turn.is_none() { self.connections.turn_in_time(Line::Usual).await? } else { None };
        self.asks(|connection| connection.execute(query)).await
    }

    async fn prepared(&mut self, sql: SqlStr, parameters: &[AnyTypeInfo]) -> sqlx::Result<AnyStatement> {
        self.asks(|connection| connection.prepare_with(sql, parameters)).await
    }

    async fn described(&mut self, sql: SqlStr) -> sqlx::Result<Describe<Any>> {
        self.asks(|connection| connection.describe(sql)).await
    }

    async fn asks<'c, T, F>(&'c mut self, question: impl FnOnce(&'c mut AnyConnection) -> F) -> sqlx::Result<T>
    where
        F: Future<Output = sqlx::Result<T>> + 'c,
    {
        let connection = match self.held.as_mut().ok_or(sqlx::Error::PoolClosed)? {
            Held::Lent(object) => object,
            Held::Own(connection) => connection,
        };
        self.is_asked = true;
        let answer = within(self.connections.engine, question(connection)).await;
        self.is_asked = answer.as_ref().is_err_and(is_the_connections_end);
        answer
    }
}

/// Whatever is asked of it afterwards would fail too.
fn is_the_connections_end(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed)
}

/// A file answers when it can: what it waits for at most is its own `busy_timeout`.
async fn within<T>(engine: Engine, answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    if engine == Engine::Sqlite {
        return answer.await;
    }
    let answered = Clock::system().timeout(ANSWERED, answer).await;
    answered.unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.is_asked
            && let Some(Held::Lent(object)) = self.held.take()
        {
            // Closed, not given back.
            drop(Object::take(object));
        }
    }
}

/// Several changes as one. Dropped before its end, it takes its connection with it, and nothing was changed.
#[derive(Debug)]
pub(in crate::store) struct Transaction {
    connection: Connection,
    is_over: bool,
}

impl Transaction {
    pub async fn commit(self) -> sqlx::Result<()> {
        self.end("COMMIT").await
    }

    /// Nothing is changed, and its connection is kept: where that is nothing out of the ordinary.
    pub async fn undo(self) -> sqlx::Result<()> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, how: &'static str) -> sqlx::Result<()> {
        self.execute(how).await?;
        self.is_over = true;
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.connection.is_asked |= !self.is_over;
    }
}

#[cfg(test)]
mod tests;
