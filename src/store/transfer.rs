//! All that must survive, out of one database and into another: row by row, as it stands there.

use anyhow::Context as _;
use futures::{StreamExt as _, stream::BoxStream};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _, ValueRef as _, any::AnyRow};

use super::{Engine, MIGRATOR, Pending, Store, Webhook, portions, values};
use crate::secret::Purpose;

/// The tables that go along, each behind those it refers to.
pub const KEPT: [&str; 16] = [
    "rooms",
    "sessions",
    "stays",
    "events",
    "cards",
    "refusals",
    "knocks",
    "guests",
    "tickets",
    "denied_sids",
    "webhooks",
    "channel_settings",
    "guild_settings",
    "left_guilds",
    "join_times",
    "pending_interactions",
];

/// Those that stay behind: who was at work on what ends with the processes that were, what they answered is over in
/// seconds, and Discord itself says how often one may still identify.
#[cfg(test)]
const LEFT: [&str; 6] = ["leases", "processes", "holdings", "taken_interactions", "identifies", "gateway_sessions"];

/// A column that only its key opens.
#[derive(Debug)]
pub struct Sealed {
    pub table: &'static str,
    pub column: &'static str,
    pub purpose: Purpose,
    /// What the value belongs to, and the column that says so.
    pub id: &'static str,
    pub bound_to: fn(u64) -> String,
}

pub const SEALED: [Sealed; 2] = [
    Sealed {
        table: "webhooks",
        column: "token_sealed",
        purpose: Purpose::WebhookToken,
        id: "webhook_id",
        bound_to: Webhook::bound_to,
    },
    Sealed {
        table: "pending_interactions",
        column: "token_sealed",
        purpose: Purpose::InteractionToken,
        id: "interaction_id",
        bound_to: Pending::bound_to,
    },
];

/// What stands in one column of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    Nothing,
    Number(i64),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    is_number: bool,
}

impl Column {
    pub fn takes(&self, cell: &Cell) -> bool {
        match cell {
            Cell::Nothing => true,
            Cell::Number(_) => self.is_number,
            Cell::Text(_) => !self.is_number,
        }
    }

    fn cell(&self, row: &AnyRow) -> sqlx::Result<Cell> {
        let name = self.name.as_str();
        if row.try_get_raw(name)?.is_null() {
            return Ok(Cell::Nothing);
        }
        if self.is_number { row.try_get(name).map(Cell::Number) } else { row.try_get(name).map(Cell::Text) }
    }
}

/// The whole database at one moment to read, or from now on to fill, all or nothing: in one transaction, on a
/// connection of its own that nobody hurries. Dropped before [`Transfer::commit`], nothing was changed.
#[derive(Debug)]
pub struct Transfer {
    connection: AnyConnection,
    engine: Engine,
}

impl Store {
    /// The number of the newest change to the tables that this program knows, and therefore made.
    pub fn schema() -> i64 {
        MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default()
    }

    /// What stands there now, whatever is written meanwhile.
    pub async fn snapshot(&self) -> sqlx::Result<Transfer> {
        self.transfer("BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// To be filled; [`Transfer::commit`] keeps it.
    pub async fn filling(&self) -> sqlx::Result<Transfer> {
        self.transfer("BEGIN IMMEDIATE", "BEGIN").await
    }

    async fn transfer(&self, sqlite: &'static str, postgres: &'static str) -> sqlx::Result<Transfer> {
        let begin = if self.engine == Engine::Sqlite { sqlite } else { postgres };
        let mut connection = self.pool().another().await?;
        sqlx::raw_sql(begin).execute(&mut connection).await?;
        if self.engine == Engine::Postgres {
            sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut connection).await?;
        }
        Ok(Transfer { connection, engine: self.engine })
    }
}

impl Transfer {
    /// The columns of `table` that go along, in their order: not those that refer to what stays behind.
    pub async fn columns(&mut self, table: &str) -> sqlx::Result<Vec<Column>> {
        let sql = match self.engine {
            Engine::Sqlite => "SELECT name, type AS kind FROM pragma_table_info($1) ORDER BY cid",
            Engine::Postgres => {
                "SELECT CAST(column_name AS TEXT) AS name, CAST(data_type AS TEXT) AS kind
                   FROM information_schema.columns
                  WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
            }
        };
        let rows = sqlx::query(sql).bind(table).fetch_all(&mut self.connection).await?;
        let column = |row: &AnyRow| {
            let kind: String = row.try_get("kind")?;
            Ok(Column { name: row.try_get("name")?, is_number: kind.eq_ignore_ascii_case("bigint") })
        };
        let mut columns = rows.iter().map(column).collect::<sqlx::Result<Vec<_>>>()?;
        for (name, other) in self.references(table).await? {
            if !KEPT.contains(&other.as_str()) {
                columns.retain(|column| column.name != name);
            }
        }
        Ok(columns)
    }

    /// Columns of `table` that refer to a table, and to which. Catalogues are each database's own.
    async fn references(&mut self, table: &str) -> sqlx::Result<Vec<(String, String)>> {
        let sql = match self.engine {
            Engine::Sqlite => "SELECT \"from\", \"table\" FROM pragma_foreign_key_list($1)",
            Engine::Postgres => {
                "SELECT CAST(own.column_name AS TEXT), CAST(other.table_name AS TEXT)
                   FROM information_schema.key_column_usage own
                   JOIN information_schema.table_constraints kind
                     ON kind.constraint_name = own.constraint_name AND kind.constraint_schema = own.constraint_schema
                   JOIN information_schema.constraint_column_usage other
                     ON other.constraint_name = own.constraint_name AND other.constraint_schema = own.constraint_schema
                  WHERE kind.constraint_type = 'FOREIGN KEY' AND own.table_schema = current_schema()
                    AND own.table_name = $1"
            }
        };
        sqlx::query_as(sql).bind(table).fetch_all(&mut self.connection).await
    }

    /// All rows of `table`, their columns in the order of `columns`.
    pub fn rows<'a>(&'a mut self, table: &str, columns: &'a [Column]) -> BoxStream<'a, sqlx::Result<Vec<Cell>>> {
        let sql = AssertSqlSafe(format!("SELECT {} FROM {table}", names(columns)));
        let rows = sqlx::query(sql).fetch(&mut self.connection);
        rows.map(|row| row.and_then(|row| columns.iter().map(|column| column.cell(&row)).collect())).boxed()
    }

    pub async fn is_empty(&mut self, table: &str) -> sqlx::Result<bool> {
        let sql = AssertSqlSafe(format!("SELECT 1 FROM {table} LIMIT 1"));
        Ok(sqlx::query(sql).fetch_optional(&mut self.connection).await?.is_none())
    }

    /// Adds rows as [`Transfer::rows`] gave them.
    pub async fn add(&mut self, table: &str, columns: &[Column], rows: &[Vec<Cell>]) -> anyhow::Result<()> {
        for portion in portions(rows) {
            let places = values(portion.len(), columns.len());
            let mut insert = sqlx::query(AssertSqlSafe(format!("INSERT INTO {table} ({}) {places}", names(columns))));
            for (column, cell) in portion.iter().flat_map(|row| columns.iter().zip(row)) {
                insert = match cell {
                    Cell::Number(number) => insert.bind(number),
                    Cell::Text(text) => insert.bind(text),
                    // Even nothing has a type in PostgreSQL.
                    Cell::Nothing if column.is_number => insert.bind(None::<i64>),
                    Cell::Nothing => insert.bind(None::<String>),
                };
            }
            insert.execute(&mut self.connection).await.with_context(|| format!("{table} does not take its rows"))?;
        }
        Ok(())
    }

    pub async fn commit(mut self) -> sqlx::Result<()> {
        sqlx::raw_sql("COMMIT").execute(&mut self.connection).await?;
        self.connection.close().await
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::temporary::Temporary;

    #[tokio::test]
    async fn every_table_goes_along_or_is_named_as_not_worth_it() {
        let store = Temporary::open().await;
        let sql = "SELECT name FROM sqlite_master
                    WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'";
        let tables: BTreeSet<String> =
            sqlx::query_scalar(sql).fetch_all(store.pool()).await.unwrap().into_iter().collect();
        let named: BTreeSet<String> = KEPT.iter().chain(&LEFT).map(|table| (*table).to_owned()).collect();
        assert_eq!(tables, named);
        assert_eq!(named.len(), KEPT.len() + LEFT.len(), "a table is named twice");
    }

    #[tokio::test]
    async fn a_table_comes_after_those_it_refers_to() {
        let store = Temporary::open().await;
        let mut snapshot = store.snapshot().await.unwrap();
        for (at, table) in KEPT.iter().enumerate() {
            for (_, other) in snapshot.references(table).await.unwrap() {
                assert!(!KEPT[at..].contains(&other.as_str()), "{table} refers to {other}");
            }
        }
    }

    #[tokio::test]
    async fn every_sealed_column_is_known_as_one() {
        let store = Temporary::open().await;
        let mut snapshot = store.snapshot().await.unwrap();
        let mut found = 0;
        for table in KEPT {
            for column in snapshot.columns(table).await.unwrap() {
                if column.name.ends_with("_sealed") {
                    found += 1;
                    let is_known = SEALED.iter().any(|known| known.table == table && known.column == column.name);
                    assert!(is_known, "{table}.{}", column.name);
                }
            }
        }
        assert_eq!(found, SEALED.len());
    }
}
