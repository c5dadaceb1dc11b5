//! Wake-ups between processes: PostgreSQL's NOTIFY and LISTEN, the one thing that SQLite has not. A notice is a hint to
//! look at the tables, and may be lost.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use sqlx::postgres::{PgListener, PgPoolOptions};

use super::Store;

const CHANNEL: &str = "greenroom";

/// PostgreSQL takes less than 8000 bytes.
pub(crate) const NOTICE_MAX: usize = 7_900;

const CONNECTED: Duration = Duration::from_secs(2);

/// The returned type is none of those that both databases have.
const NOTIFY: &str = "SELECT CAST(pg_notify($1, $2) AS TEXT)";

/// A connection of its own, on which all notices arrive, this process's among them.
#[derive(Debug)]
pub(crate) struct Notices(PgListener);

impl Store {
    /// For all processes on this PostgreSQL database.
    pub(crate) async fn notify(&self, notice: &str) -> sqlx::Result<()> {
        sqlx::query(NOTIFY).bind(CHANNEL).bind(notice).execute(self.pool()).await?;
        Ok(())
    }

    pub(crate) async fn listen(&self) -> sqlx::Result<Notices> {
        let one = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool = one.acquire_timeout(CONNECTED).connect(self.url.expose_secret()).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        // Whoever has lost one looks at everything once the next stands.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(Notices(listener))
    }
}

impl Notices {
    /// Dropped before it is there, it takes nothing along.
    pub async fn next(&mut self) -> sqlx::Result<String> {
        match self.0.try_recv().await? {
            Some(notice) => Ok(notice.payload().to_owned()),
            None => Err(sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into())),
        }
    }

    /// Through the very connection that listens.
    pub async fn notify(&mut self, notice: &str) -> sqlx::Result<()> {
        sqlx::query(NOTIFY).bind(CHANNEL).bind(notice).execute(&mut self.0).await?;
        Ok(())
    }
}
