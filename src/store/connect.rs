//! Connections to the database that nobody waits for longer than stated. In: questions. Out: answers, or an error soon.
//!
//! PostgreSQL ends what takes too long by itself. Where nothing of it arrives any more, and nothing says that the
//! connection is gone (a machine that vanished, a network that drops everything), the wait ends here: a connection with an
//! answer outstanding is closed and never used again, whoever gave up waiting.

use std::{
    future::Future,
    io,
    ops::{Deref, DerefMut},
    time::Duration,
};

use futures::{
    FutureExt as _, StreamExt as _, TryStreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use sqlx::{
    Any, AnyPool, Describe, Either, Execute, Executor, SqlStr,
    any::{AnyPoolOptions, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo},
    pool::PoolConnection,
};

use super::Engine;
use crate::clock::Clock;

/// Connections, but for the one that [`super::Heart`] keeps.
const REQUESTS: u32 = 8;

/// How long a request may wait for a connection before it is answered with 503.
pub(super) const ACQUIRE: Duration = Duration::from_secs(3);

/// A connection that does not say within this that it lives is replaced.
const LIVES: Duration = Duration::from_secs(1);

/// Longer than PostgreSQL takes to end a statement itself.
const ANSWERED: Duration = Duration::from_secs(6);

/// What all pools have in common.
pub(super) fn options(engine: Engine) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(REQUESTS + 1)
        .acquire_timeout(ACQUIRE)
        // It would wait as long as the whole acquiring may take.
        .test_before_acquire(false)
        .before_acquire(move |connection, _| {
            Box::pin(async move {
                // A file is always there.
                Ok(engine == Engine::Sqlite
                    || matches!(Clock::system().timeout(LIVES, sqlx::Connection::ping(connection)).await, Some(Ok(()))))
            })
        })
}

/// What the tables' functions ask.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Pool<'p> {
    pub(super) pool: &'p AnyPool,
    pub(super) engine: Engine,
}

impl Pool<'_> {
    /// For several questions.
    pub async fn acquire(self) -> sqlx::Result<Connection> {
        Ok(Connection { inner: self.pool.acquire().await?, engine: self.engine, is_asked: false })
    }

    pub async fn begin(self) -> sqlx::Result<Transaction> {
        let mut transaction = Transaction { connection: self.acquire().await?, is_over: false };
        transaction.execute("BEGIN").await?;
        Ok(transaction)
    }
}

/// One connection.
#[derive(Debug)]
pub(in crate::store) struct Connection {
    inner: PoolConnection<Any>,
    engine: Engine,
    /// The answer is outstanding.
    is_asked: bool,
}

impl Connection {
    async fn all<'q>(&mut self, query: impl Execute<'q, Any> + 'q) -> sqlx::Result<Vec<Step>> {
        self.is_asked = true;
        let answer = within(self.engine, self.inner.fetch_many(query).try_collect()).await;
        self.hears(answer)
    }

    async fn first<'q>(&mut self, query: impl Execute<'q, Any> + 'q) -> sqlx::Result<Option<AnyRow>> {
        self.is_asked = true;
        let answer = within(self.engine, self.inner.fetch_optional(query)).await;
        self.hears(answer)
    }

    async fn prepared(&mut self, sql: SqlStr, parameters: &[AnyTypeInfo]) -> sqlx::Result<AnyStatement> {
        self.is_asked = true;
        let answer = within(self.engine, self.inner.prepare_with(sql, parameters)).await;
        self.hears(answer)
    }

    async fn described(&mut self, sql: SqlStr) -> sqlx::Result<Describe<Any>> {
        self.is_asked = true;
        let answer = within(self.engine, self.inner.describe(sql)).await;
        self.hears(answer)
    }

    fn hears<T>(&mut self, answer: sqlx::Result<T>) -> sqlx::Result<T> {
        self.is_asked = matches!(answer, Err(sqlx::Error::Io(_)));
        answer
    }
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
        if self.is_asked {
            self.inner.close_on_drop();
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // What is given back is asked whether it lives. By itself it would be waited for without an end.
            let back = self.inner.return_to_pool();
            runtime.spawn(async move { Clock::system().timeout(ANSWERED, back).await });
        }
    }
}

/// Several changes as one. Dropped before [`Transaction::commit`] it is closed, and nothing was changed.
#[derive(Debug)]
pub(in crate::store) struct Transaction {
    connection: Connection,
    is_over: bool,
}

impl Transaction {
    pub async fn commit(mut self) -> sqlx::Result<()> {
        self.execute("COMMIT").await?;
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

type Step = Either<AnyQueryResult, AnyRow>;

/// Steps that came together, one by one.
fn one_by_one<'e>(
    steps: impl Future<Output = sqlx::Result<Vec<Step>>> + Send + 'e,
) -> BoxStream<'e, sqlx::Result<Step>> {
    stream::once(steps).map_ok(|steps| stream::iter(steps).map(Ok)).try_flatten().boxed()
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<Step>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        one_by_one(self.all(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<AnyRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        self.first(query).boxed()
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [AnyTypeInfo]) -> BoxFuture<'e, sqlx::Result<AnyStatement>>
    where
        'c: 'e,
    {
        self.prepared(sql, parameters).boxed()
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, sqlx::Result<Describe<Any>>>
    where
        'c: 'e,
    {
        self.described(sql).boxed()
    }
}

impl<'p> Executor<'p> for Pool<'p> {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<Step>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        one_by_one(async move { self.acquire().await?.all(query).await })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<AnyRow>>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        async move { self.acquire().await?.first(query).await }.boxed()
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [AnyTypeInfo]) -> BoxFuture<'e, sqlx::Result<AnyStatement>>
    where
        'p: 'e,
    {
        async move { self.acquire().await?.prepared(sql, parameters).await }.boxed()
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, sqlx::Result<Describe<Any>>>
    where
        'p: 'e,
    {
        async move { self.acquire().await?.described(sql).await }.boxed()
    }
}
