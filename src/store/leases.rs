//! The table `leases`: locks that are held open for somebody, and gates that transactions pass one by one.

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Store, connect::Connection};

/// How long a gate's row outlives its last use before it is swept.
const GATE_KEPT_MS: i64 = 60 * 60 * 1000;

/// A session's lock that is held open for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLock {
    pub session_id: String,
    pub video_session_id: String,
    pub user_id: u64,
}

impl FromRow<'_, AnyRow> for HeldLock {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let owner: String = row.try_get("owner")?;
        Ok(Self {
            session_id: row.try_get("session_id")?,
            video_session_id: row.try_get("video_session_id")?,
            user_id: owner.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        })
    }
}

impl Store {
    /// Notes that a session's lock is held open until `until` for somebody, who is the one to shut it again.
    pub async fn hold_lock(&self, session_id: &str, user_id: u64, until: i64) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO leases (name, owner, until) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until",
        )
        .bind(lock(session_id))
        .bind(user_id.to_string())
        .bind(until)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Whether it still is, and for them: who comes in later shuts it for both.
    pub async fn holds_lock(&self, session_id: &str, user_id: u64) -> sqlx::Result<bool> {
        let owner: Option<String> = sqlx::query_scalar("SELECT owner FROM leases WHERE name = $1")
            .bind(lock(session_id))
            .fetch_optional(self.pool())
            .await?;
        Ok(owner.is_some_and(|owner| owner == user_id.to_string()))
    }

    pub async fn let_lock_go(&self, session_id: &str, user_id: u64) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM leases WHERE name = $1 AND owner = $2")
            .bind(lock(session_id))
            .bind(user_id.to_string())
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Locks of present sessions that should have been shut before `before`.
    pub async fn forgotten_locks(&self, before: i64) -> sqlx::Result<Vec<HeldLock>> {
        sqlx::query_as(
            "SELECT sessions.session_id, sessions.video_session_id, leases.owner
               FROM leases JOIN sessions ON leases.name = 'lock/' || sessions.session_id
              WHERE leases.until < $1 AND sessions.ended_at IS NULL AND sessions.video_session_id IS NOT NULL",
        )
        .bind(before)
        .fetch_all(self.pool())
        .await
    }

    /// Drops what ran out before `before`: the lock of a session that ended, a gate that nobody passes.
    pub async fn sweep_leases(&self, before: i64) -> sqlx::Result<u64> {
        let swept = sqlx::query(
            "DELETE FROM leases
              WHERE until < $1
                AND NOT EXISTS (SELECT 1 FROM sessions
                                 WHERE leases.name = 'lock/' || sessions.session_id AND sessions.ended_at IS NULL)",
        )
        .bind(before)
        .execute(self.pool())
        .await?;
        Ok(swept.rows_affected())
    }
}

fn lock(session_id: &str) -> String {
    format!("lock/{session_id}")
}

/// Until the transaction ends, others that pass the same gate wait: its row is locked (PostgreSQL), or the whole
/// database is (SQLite).
pub(super) async fn pass(transaction: &mut Connection, gate: &str, now: i64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO leases (name, owner, until) VALUES ($1, '', $2)
         ON CONFLICT (name) DO UPDATE SET until = excluded.until",
    )
    .bind(gate)
    .bind(now + GATE_KEPT_MS)
    .execute(transaction)
    .await?;
    Ok(())
}
