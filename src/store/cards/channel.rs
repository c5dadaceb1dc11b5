//! Channels whose cards can't be posted, and why.

use sqlx::Row as _;

use super::{
    super::{Columns as _, Store, big},
    CardThread,
};

impl Store {
    /// What stood in the way of the channel's last card, if anything did.
    pub async fn channel_problem(&self, channel_id: u64) -> sqlx::Result<Option<String>> {
        let last: Option<Option<String>> = sqlx::query_scalar(
            "SELECT problem FROM cards WHERE channel_id = $1
              ORDER BY COALESCE(failed_at, posted_at, 0) DESC LIMIT 1",
        )
        .bind(big(channel_id))
        .fetch_optional(self.pool())
        .await?;
        Ok(last.flatten())
    }

    /// What became of the channel's last thread, if one was tried.
    pub async fn last_thread(&self, channel_id: u64) -> sqlx::Result<Option<CardThread>> {
        let last = sqlx::query(
            "SELECT thread_id, thread_state FROM cards WHERE channel_id = $1 AND thread_state IS NOT NULL
              ORDER BY COALESCE(posted_at, 0) DESC LIMIT 1",
        )
        .bind(big(channel_id))
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = last else { return Ok(None) };
        let state: Option<String> = row.try_get("thread_state")?;
        Ok(CardThread::of(state.as_deref(), row.maybe_id("thread_id")?))
    }

    /// The guild's channels with a card that could not be posted, and why.
    pub async fn undeliverable_channels(&self, guild_id: u64) -> sqlx::Result<Vec<(u64, String)>> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT DISTINCT channel_id, problem FROM cards
              WHERE guild_id = $1 AND state = 'undeliverable' AND problem IS NOT NULL",
        )
        .bind(big(guild_id))
        .fetch_all(self.pool())
        .await?;
        Ok(rows.into_iter().map(|(channel_id, problem)| (channel_id.cast_unsigned(), problem)).collect())
    }

    /// Discord takes nothing in this channel.
    pub async fn channel_undeliverable(&self, channel_id: u64, problem: &str, now: i64) -> sqlx::Result<()> {
        sqlx::query(concat!(
            "UPDATE cards SET state = 'undeliverable', problem = $2, failed_at = $3 WHERE channel_id = $1 AND ",
            living!()
        ))
        .bind(big(channel_id))
        .bind(problem)
        .bind(now)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Something changed in the channel: what could not be delivered there is worth another try.
    pub async fn channel_deliverable_again(&self, channel_id: u64) -> sqlx::Result<u64> {
        let changed = sqlx::query(
            "UPDATE cards SET state = 'wanted', problem = NULL, failed_at = NULL
              WHERE channel_id = $1 AND state = 'undeliverable'
                AND session_id IN (SELECT session_id FROM sessions WHERE ended_at IS NULL)",
        )
        .bind(big(channel_id))
        .execute(self.pool())
        .await?;
        Ok(changed.rows_affected())
    }
}
