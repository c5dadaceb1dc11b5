//! The table `denied_sids`: sessions of browsers that signed out before they ran out, and what else is good once.

use super::Store;

impl Store {
    pub async fn deny_sid(&self, sid: &str, until: i64) -> sqlx::Result<()> {
        sqlx::query("INSERT INTO denied_sids (sid, until) VALUES ($1, $2) ON CONFLICT (sid) DO NOTHING")
            .bind(sid)
            .bind(until)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    pub async fn sid_is_denied(&self, sid: &str) -> sqlx::Result<bool> {
        let denied: Option<i64> = sqlx::query_scalar("SELECT until FROM denied_sids WHERE sid = $1")
            .bind(sid)
            .fetch_optional(self.pool())
            .await?;
        Ok(denied.is_some())
    }

    /// Uses `id` up until `until`, when it is worth nothing by itself. False: it was used before.
    pub async fn use_once(&self, id: &str, until: i64) -> sqlx::Result<bool> {
        let used = sqlx::query("INSERT INTO denied_sids (sid, until) VALUES ($1, $2) ON CONFLICT (sid) DO NOTHING")
            .bind(id)
            .bind(until)
            .execute(self.pool())
            .await?;
        Ok(used.rows_affected() == 1)
    }

    /// Forgets sessions that have run out by themselves.
    pub async fn sweep_sids(&self, now: i64) -> sqlx::Result<u64> {
        let swept = sqlx::query("DELETE FROM denied_sids WHERE until < $1").bind(now).execute(self.pool()).await?;
        Ok(swept.rows_affected())
    }
}
