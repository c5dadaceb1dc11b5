//! The table `pending_interactions`: promised answers. A row is written before the promise and goes with the
//! answer; whoever works on it is its owner. It is free when they are gone, or once its time is over.

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Columns as _, Store, big, written};

/// A promised answer whose worker died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub interaction_id: u64,
    pub token_sealed: String,
    /// What was asked, JSON.
    pub request: String,
    pub created_at: i64,
}

/// How many answers are owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promises {
    pub open: u32,
    /// Of them, those nobody works on.
    pub overdue: u32,
    /// When the oldest of these was promised.
    pub overdue_since: Option<i64>,
}

impl Pending {
    /// What the sealed token belongs to.
    pub fn bound_to(interaction_id: u64) -> String {
        format!("pending/{interaction_id}")
    }
}

impl FromRow<'_, AnyRow> for Pending {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            interaction_id: row.id("interaction_id")?,
            token_sealed: row.try_get("token_sealed")?,
            request: row.try_get("request")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

impl Store {
    /// Writes the promise down, for `owner` to keep until `lease`.
    pub(crate) async fn add_pending(&self, pending: &Pending, owner: &str, lease: i64) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO pending_interactions (interaction_id, token_sealed, request, created_at, lease, owner)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (interaction_id) DO NOTHING",
        )
        .bind(big(pending.interaction_id))
        .bind(&pending.token_sealed)
        .bind(&pending.request)
        .bind(pending.created_at)
        .bind(lease)
        .bind(owner)
        .execute(&mut self.pool().writing_first().await?)
        .await?;
        Ok(())
    }

    /// Its owner could not keep it: whoever looks after `lease` may.
    pub(crate) async fn put_off_pending(&self, interaction_id: u64, lease: i64) -> sqlx::Result<()> {
        sqlx::query("UPDATE pending_interactions SET lease = $2 WHERE interaction_id = $1")
            .bind(big(interaction_id))
            .bind(lease)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    pub(crate) async fn answered(&self, interaction_id: u64) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM pending_interactions WHERE interaction_id = $1")
            .bind(big(interaction_id))
            .execute(self.pool())
            .await?;
        Ok(())
    }

    pub async fn promises(&self, now: i64) -> sqlx::Result<Promises> {
        let row = sqlx::query(
            "SELECT CAST(COUNT(*) AS BIGINT) AS open,
                    CAST(COUNT(CASE WHEN owner IS NULL OR lease < $1 THEN 1 END) AS BIGINT) AS overdue,
                    CAST(MIN(CASE WHEN owner IS NULL OR lease < $1 THEN created_at END) AS BIGINT) AS since
               FROM pending_interactions",
        )
        .bind(now)
        .fetch_one(self.pool())
        .await?;
        Ok(Promises { open: row.count("open")?, overdue: row.count("overdue")?, overdue_since: row.try_get("since")? })
    }

    /// The oldest promise nobody works on, now for `owner` to keep until `lease`.
    pub(crate) async fn claim_pending(&self, owner: &str, now: i64, lease: i64) -> sqlx::Result<Option<Pending>> {
        let rows = sqlx::query_as(
            "UPDATE pending_interactions SET lease = $2, owner = $3
              WHERE interaction_id = (SELECT interaction_id FROM pending_interactions
                                       WHERE owner IS NULL OR lease < $1 ORDER BY created_at LIMIT 1)
                AND (owner IS NULL OR lease < $1)
             RETURNING interaction_id, token_sealed, request, created_at",
        )
        .bind(now)
        .bind(lease)
        .bind(owner)
        .fetch_all(&mut self.pool().writing().await?)
        .await?;
        Ok(written(rows))
    }
}
