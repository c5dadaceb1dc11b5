//! What Greenroom remembers: one SQL, one migration set, on SQLite (the default) and PostgreSQL.
//!
//! Every table has its file here; no SQL stands anywhere else. Times are unix milliseconds.

use std::{pin::pin, str::FromStr, time::Duration};

use anyhow::Context;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    AnyConnection, Connection as _, Row as _,
    any::{AnyPoolOptions, AnyRow},
    migrate::{MigrateError, Migrator},
};

use tokio_util::sync::CancellationToken;

use self::connect::{ACQUIRE, Connections, Database};
use crate::{clock::Clock, config};

#[macro_use]
mod columns;

mod cards;
mod connect;
mod costs;
mod entrance;
mod events;
mod facts;
mod forget;
mod gateway;
mod guests;
mod guild_settings;
mod guilds;
mod interactions;
mod joins;
mod knocks;
mod leases;
mod lines;
mod notices;
mod pending;
mod processes;
mod refusals;
mod retention;
mod rooms;
mod sessions;
mod settings;
mod sids;
mod stays;
mod tickets;
mod transfer;
mod webhooks;

/// For the unit tests of those who use it.
#[cfg(test)]
pub mod temporary;

pub use cards::{CardRow, CardState, CardThread, Crowd, Posted, Settled};
pub use costs::{LiveNow, Tally};
pub use entrance::{Entrance, Listed, Standing};
pub use events::{Event, EventKind, EventMember, NewEvent};
pub use facts::{Present, SessionFacts};
pub use forget::Forgotten;
pub use gateway::{GatewaySession, Spent};
pub use guests::Guest;
pub use guild_settings::GuildSettings;
pub use joins::{BOUNDS_MS, Part, Spread};
pub use knocks::{Knock, KnockState, Knocked};
pub use leases::HeldLock;
pub use lines::{Line, MemberEvent, Told};
pub(crate) use notices::{NOTICE_MAX, Notices};
pub use pending::{Pending, Promises};
pub use processes::Process;
pub(crate) use processes::{Beat, Heart};
pub use rooms::{Place, Room};
pub use sessions::{NewSession, OpenLimits, Opened, Session};
pub use settings::{ChannelSettings, Lines};
pub use stays::{Attendee, Inside, Stay, StayKind};
pub use tickets::{NewTicket, Ticket};
pub use transfer::{Cell, Column, KEPT, SEALED, Sealed, Transfer};
pub use webhooks::Webhook;

/// The pool every table's functions use. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    connections: Connections,
    engine: Engine,
    url: SecretString,
}

/// Which database stands behind the one SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    fn behind(url: &str) -> Self {
        if url.starts_with("sqlite:") { Self::Sqlite } else { Self::Postgres }
    }
}

/// How the tables of a database stand to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// No Greenroom has served from there.
    Missing,
    /// The next start brings them up to date.
    Older,
    Current,
    /// This program can't serve from them.
    Newer,
}

/// All changes to the tables, in their order.
static MIGRATOR: Migrator = sqlx::migrate!();

/// How long a statement may take with PostgreSQL, which else waits for a lock as long as it takes.
const STATEMENT: &str = "SET statement_timeout = '5s'";
const IN_TRANSACTION: &str = "SET idle_in_transaction_session_timeout = '15s'";
/// A database that is near has said something by then.
const SPEAKS: Duration = Duration::from_secs(1);
/// For whoever only looks.
const READ_ONLY: &str = "SET default_transaction_read_only = on";

impl Store {
    /// Opens the database, making a missing SQLite file, and brings its tables up to date.
    pub async fn open(config: &config::Store) -> anyhow::Result<Self> {
        sqlx::any::install_default_drivers();
        let url = config.database_url.expose_secret();
        let engine = Engine::behind(url);
        if engine == Engine::Sqlite {
            prepare_sqlite(url).await?;
        }
        migrate(url).await?;
        let settings: &[&str] = match engine {
            // Pages are the operating system's to keep, for all connections once; each connection's own are few (KiB).
            Engine::Sqlite => &[
                "PRAGMA busy_timeout = 5000",
                "PRAGMA foreign_keys = ON",
                "PRAGMA synchronous = NORMAL",
                "PRAGMA cache_size = -512",
                // `Store::move_into_file` does it before, beside the requests.
                "PRAGMA wal_autocheckpoint = 10000",
            ],
            Engine::Postgres => &[STATEMENT, IN_TRANSACTION],
        };
        Self::connect(url, engine, settings).await
    }

    /// Opens the database for somebody who only looks: no file is made, no table changed, nothing written.
    pub async fn look(config: &config::Store) -> anyhow::Result<Self> {
        sqlx::any::install_default_drivers();
        let url = config.database_url.expose_secret();
        let engine = Engine::behind(url);
        let (url, settings): (_, &[&str]) = match engine {
            Engine::Sqlite => (read_only(url), &["PRAGMA busy_timeout = 5000"]),
            Engine::Postgres => (url.to_owned(), &[STATEMENT, READ_ONLY]),
        };
        is_there(&url).await?;
        Self::connect(&url, engine, settings).await
    }

    async fn connect(url: &str, engine: Engine, settings: &'static [&'static str]) -> anyhow::Result<Self> {
        let connections = Connections::new(Database { url: url.into(), engine, settings });
        connections.acquire().await.context(SILENT)?;
        Ok(Self { connections, engine, url: url.into() })
    }

    /// How its tables stand to this program.
    pub async fn tables(&self) -> sqlx::Result<Tables> {
        let made = sqlx::query_scalar::<_, i64>("SELECT version FROM _sqlx_migrations WHERE success");
        let made = match made.fetch_all(self.pool()).await {
            Ok(made) => made,
            Err(error) if may_work_later(&error) => return Err(error),
            // There is no such table.
            Err(_) => return Ok(Tables::Missing),
        };
        let known: Vec<i64> = MIGRATOR.iter().map(|migration| migration.version).collect();
        Ok(if made.iter().any(|version| !known.contains(version)) {
            Tables::Newer
        } else if known.iter().any(|version| !made.contains(version)) {
            Tables::Older
        } else {
            Tables::Current
        })
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// For the tables' own files.
    pub(in crate::store) fn pool(&self) -> &Connections {
        &self.connections
    }

    /// Moves what SQLite wrote ahead into its file whenever that is much, beside the requests.
    pub async fn move_into_file(self, stop: CancellationToken) {
        while stop.run_until_cancelled(self.pool().much_is_ahead()).await.is_some() {
            let moved = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_all(self.pool()).await;
            if let Err(error) = moved {
                tracing::debug!(%error, "what was written ahead stays there for now");
            }
        }
    }

    /// Moves all of it, before the end: whoever copies the file then has everything.
    pub async fn write_out(&self) {
        if self.engine == Engine::Sqlite
            && let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(self.pool()).await
        {
            tracing::debug!(%error, "what was written ahead stays beside the file");
        }
    }

    /// Whether the database answers now.
    pub async fn answers(&self) -> bool {
        sqlx::query("SELECT 1").fetch_one(self.pool()).await.is_ok()
    }

    pub async fn close(&self) {
        self.connections.close().await;
    }
}

/// Brings the tables up to date, without the limits that statements have later: it may take long, and others that
/// start at once wait for it.
async fn migrate(url: &str) -> anyhow::Result<()> {
    is_there(url).await?;
    let pool = AnyPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE).connect(url).await.context(SILENT)?;
    let brought = MIGRATOR.run(&pool).await;
    pool.close().await;
    match brought {
        // Nothing was changed. Processes that are as old and serve already go on.
        Err(MigrateError::VersionMissing(change)) => anyhow::bail!(
            "DATABASE_URL: a newer Greenroom than this one ({}) has changed the tables (change {change}), and this one can't \
             serve from them. Start the newer one, or a later; to go back, put the backup from before the upgrade in place",
            env!("CARGO_PKG_VERSION"),
        ),
        brought => brought.context("DATABASE_URL: its tables could not be brought up to date"),
    }
}

/// A pool asks again and again where nobody is; one connection says so at once. Where nothing is said at all it takes
/// longer: a packet that was lost is sent again after a second.
async fn is_there(url: &str) -> anyhow::Result<()> {
    let (clock, mut connecting) = (Clock::system(), pin!(AnyConnection::connect(url)));
    let first = match clock.timeout(SPEAKS, &mut connecting).await {
        Some(first) => Some(first),
        None => {
            tracing::warn!("DATABASE_URL: the database says nothing yet; waiting a little longer");
            clock.timeout(ACQUIRE.saturating_sub(SPEAKS), connecting).await
        }
    };
    first.context(SILENT)?.context(SILENT)?.close().await.context(SILENT)
}

/// The same file, for reading alone.
fn read_only(url: &str) -> String {
    let (file, options) = url.split_once('?').unwrap_or((url, ""));
    let kept = options.split('&').filter(|option| !option.is_empty() && !option.starts_with("mode="));
    let options: Vec<&str> = kept.chain(["mode=ro"]).collect();
    format!("{file}?{}", options.join("&"))
}

const SILENT: &str = "DATABASE_URL: the database does not answer";

/// Whether the database may do later what it did not do now: it is away, busy or full. Anything else is our mistake.
pub fn may_work_later(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
    match error {
        Io(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed | Protocol(_) => true,
        Database(error) => error.code().is_some_and(|code| is_passing(&code)),
        _ => false,
    }
}

/// By PostgreSQL's class of five characters, or SQLite's number (<https://sqlite.org/rescode.html>).
fn is_passing(code: &str) -> bool {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const READ_ONLY: i32 = 8;
    const IO: i32 = 10;
    const FULL: i32 = 13;
    const CANNOT_OPEN: i32 = 14;
    if code.len() == 5 {
        // Connection, transaction rolled back, resources, locks, operator, system; a read-only transaction.
        return ["08", "40", "53", "55", "57", "58", "25006"].iter().any(|class| code.starts_with(class));
    }
    let primary = code.parse::<i32>().map(|code| code & 0xff);
    primary.is_ok_and(|code| [BUSY, LOCKED, READ_ONLY, IO, FULL, CANNOT_OPEN].contains(&code))
}

/// Makes the file and switches it to write-ahead logging, which lasts in the file.
async fn prepare_sqlite(url: &str) -> anyhow::Result<()> {
    use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

    let options = SqliteConnectOptions::from_str(url)
        .context("DATABASE_URL: not a usable sqlite URL")?
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let connection = options.connect().await.context("DATABASE_URL: the file can't be opened")?;
    connection.close().await?;
    Ok(())
}

/// So many rows go into a table with one statement. Few sizes, so that few statements are prepared.
const PORTIONS: [usize; 3] = [64, 8, 1];

/// All of `rows`, cut into portions that are inserted together.
fn portions<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = PORTIONS.into_iter().find(|size| *size <= rows.len())?;
        let (portion, rest) = rows.split_at(size);
        rows = rest;
        Some(portion)
    })
}

/// `VALUES ($1, $2), ($3, $4)`: placeholders for so many rows and columns.
fn values(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    format!("VALUES {}", (0..rows).map(row).collect::<Vec<_>>().join(", "))
}

/// The row that a statement of one row wrote and returned. Such statements are read to their end by `fetch_all`:
/// SQLite hands out the row first, and only then says whether it could be kept.
fn written<T>(rows: Vec<T>) -> Option<T> {
    rows.into_iter().next()
}

/// A Discord id as the BIGINT that stands for it.
fn big(id: u64) -> i64 {
    id.cast_signed()
}

/// Reading the few kinds of values that a BIGINT stands for.
trait Columns {
    fn maybe_id(&self, column: &str) -> sqlx::Result<Option<u64>>;
    fn id(&self, column: &str) -> sqlx::Result<u64>;
    fn flag(&self, column: &str) -> sqlx::Result<bool>;
    fn count(&self, column: &str) -> sqlx::Result<u32>;
}

impl Columns for AnyRow {
    fn maybe_id(&self, column: &str) -> sqlx::Result<Option<u64>> {
        Ok(self.try_get::<Option<i64>, _>(column)?.map(i64::cast_unsigned))
    }

    fn id(&self, column: &str) -> sqlx::Result<u64> {
        self.try_get::<i64, _>(column).map(i64::cast_unsigned)
    }

    fn flag(&self, column: &str) -> sqlx::Result<bool> {
        Ok(self.try_get::<i64, _>(column)? != 0)
    }

    fn count(&self, column: &str) -> sqlx::Result<u32> {
        let count = self.try_get::<i64, _>(column)?;
        Ok(u32::try_from(count.max(0)).unwrap_or(u32::MAX))
    }
}
