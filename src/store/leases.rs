//! The table `leases`: locks that are held open for somebody, and gates that transactions pass one by one.

use super::{Store, connect::Connection};

/// How long a gate's row outlives its last use before it is swept.
const GATE_KEPT_MS: i64 = 60 * 60 * 1000;

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

    /// Drops what ran out before `before`: a lock that nobody shut, a gate that nobody passes.
    pub async fn sweep_leases(&self, before: i64) -> sqlx::Result<u64> {
        let swept = sqlx::query("DELETE FROM leases WHERE until < $1").bind(before).execute(self.pool()).await?;
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
