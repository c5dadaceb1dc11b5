//! The table `refusals`: whoever was removed stays out until the session ends, or a moderator lifts it.

use super::{Store, big};

impl Store {
    pub async fn refuse(&self, session_id: &str, user_id: u64, by_user_id: u64, now: i64) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO refusals (session_id, user_id, by_user_id, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (session_id, user_id) DO NOTHING",
        )
        .bind(session_id)
        .bind(big(user_id))
        .bind(big(by_user_id))
        .bind(now)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Whether there was a refusal to lift.
    pub async fn lift_refusal(&self, session_id: &str, user_id: u64) -> sqlx::Result<bool> {
        let lifted = sqlx::query("DELETE FROM refusals WHERE session_id = $1 AND user_id = $2")
            .bind(session_id)
            .bind(big(user_id))
            .execute(self.pool())
            .await?;
        Ok(lifted.rows_affected() == 1)
    }
}
