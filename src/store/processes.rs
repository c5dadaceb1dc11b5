//! The tables `processes` and `holdings`: who shares the database, and who does what only one may do at a time. That
//! what is held goes with its holder is the database's own work: a foreign key.

use std::{collections::HashSet, time::Duration};

use super::{Store, connect::Connection, leases};
use crate::clock::Clock;

/// Newcomers pass one by one, so that of two that come at once the second sees the first.
const GATE: &str = "processes";

/// Every process beats within this, whatever the database.
const WATCHED: Duration = Duration::from_millis(3500);
/// How often is looked meanwhile.
const LOOK: Duration = Duration::from_millis(250);

/// A process that is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub owner: String,
    /// It beats. Those that died are still written down.
    pub lives: bool,
    /// What it alone does.
    pub holds: Vec<String>,
}

/// A process and its beat.
pub(crate) type Beat = (String, i64);

/// A process's own connection for its beats: they wait behind no request. Dropped amid a question it is closed.
#[derive(Debug)]
pub(crate) struct Heart {
    store: Store,
    connection: Option<Connection>,
}

impl Heart {
    pub fn new(store: Store) -> Self {
        Self { store, connection: None }
    }

    /// Beats once, and says whose beats there are. None: `owner` is among them no longer.
    pub async fn beat(&mut self, owner: &str) -> sqlx::Result<Option<Vec<Beat>>> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.store.pool().own().await?,
        };
        sqlx::query("UPDATE processes SET beat = beat + 1 WHERE owner = $1")
            .bind(owner)
            .execute(&mut connection)
            .await?;
        let beats: Vec<Beat> = sqlx::query_as("SELECT owner, beat FROM processes").fetch_all(&mut connection).await?;
        self.connection = Some(connection);
        Ok(beats.iter().any(|(known, _)| known == owner).then_some(beats))
    }
}

impl Store {
    /// A process comes. Alone, it takes whoever is written down for gone.
    pub(crate) async fn join(&self, owner: &str, alone: bool, now: i64) -> sqlx::Result<Vec<Beat>> {
        let mut transaction = self.pool().begin().await?;
        leases::pass(&mut transaction, GATE, now).await?;
        if alone {
            sqlx::query("DELETE FROM processes").execute(&mut *transaction).await?;
        }
        sqlx::query("INSERT INTO processes (owner) VALUES ($1)").bind(owner).execute(&mut *transaction).await?;
        let beats = sqlx::query_as("SELECT owner, beat FROM processes").fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(beats)
    }

    /// A process goes in good order.
    pub(crate) async fn leave(&self, owner: &str) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM processes WHERE owner = $1").bind(owner).execute(self.pool()).await?;
        Ok(())
    }

    /// A process is taken for dead, unless it has beaten since.
    pub(crate) async fn bury(&self, (owner, beat): &Beat) -> sqlx::Result<bool> {
        let buried = sqlx::query("DELETE FROM processes WHERE owner = $1 AND beat = $2")
            .bind(owner)
            .bind(beat)
            .execute(self.pool())
            .await?;
        Ok(buried.rows_affected() == 1)
    }

    /// Whether a process serves from this database.
    pub async fn is_served(&self, real: &Clock) -> sqlx::Result<bool> {
        Ok(self.watch(real).await?.iter().any(|(_, lives)| *lives))
    }

    /// Which processes there are.
    pub async fn processes(&self, real: &Clock) -> sqlx::Result<Vec<Process>> {
        let watched = self.watch(real).await?;
        let held: Vec<(String, String)> =
            sqlx::query_as("SELECT owner, name FROM holdings ORDER BY name").fetch_all(self.pool()).await?;
        let holds =
            |owner: &str| held.iter().filter(|(holder, _)| holder == owner).map(|(_, name)| name.clone()).collect();
        Ok(watched.into_iter().map(|(owner, lives)| Process { holds: holds(&owner), owner, lives }).collect())
    }

    /// Who is written down, and whether they beat while we watch.
    async fn watch(&self, real: &Clock) -> sqlx::Result<Vec<(String, bool)>> {
        let (before, until) = (self.beats().await?, real.monotonic() + WATCHED);
        if before.is_empty() {
            return Ok(Vec::new());
        }
        loop {
            real.sleep(LOOK).await;
            let lives = |beat: Beat| {
                let lives = !before.contains(&beat);
                (beat.0, lives)
            };
            let watched: Vec<_> = self.beats().await?.into_iter().map(lives).collect();
            if watched.iter().all(|(_, lives)| *lives) || real.monotonic() >= until {
                return Ok(watched);
            }
        }
    }

    async fn beats(&self) -> sqlx::Result<Vec<Beat>> {
        sqlx::query_as("SELECT owner, beat FROM processes ORDER BY owner").fetch_all(self.pool()).await
    }

    /// Whether `owner` has `name` now; nobody has who is taken for dead.
    pub(crate) async fn hold(&self, name: &str, owner: &str, turn: i64) -> sqlx::Result<bool> {
        let held =
            sqlx::query("INSERT INTO holdings (name, owner, turn) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING")
                .bind(name)
                .bind(owner)
                .bind(turn)
                .execute(self.pool())
                .await;
        match held {
            Ok(held) => Ok(held.rows_affected() == 1),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn is_held(&self, name: &str) -> sqlx::Result<bool> {
        let held: Option<i64> = sqlx::query_scalar("SELECT turn FROM holdings WHERE name = $1")
            .bind(name)
            .fetch_optional(self.pool())
            .await?;
        Ok(held.is_some())
    }

    /// What is held, by whomever, of all that begins like this.
    pub(crate) async fn held_like(&self, beginning: &str) -> sqlx::Result<HashSet<String>> {
        let held: Vec<String> = sqlx::query_scalar("SELECT name FROM holdings WHERE substr(name, 1, $1) = $2")
            .bind(i32::try_from(beginning.len()).unwrap_or(i32::MAX))
            .bind(beginning)
            .fetch_all(self.pool())
            .await?;
        Ok(held.into_iter().collect())
    }

    pub(crate) async fn let_go(&self, name: &str, owner: &str, turn: i64) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM holdings WHERE name = $1 AND owner = $2 AND turn = $3")
            .bind(name)
            .bind(owner)
            .bind(turn)
            .execute(self.pool())
            .await?;
        Ok(())
    }
}
