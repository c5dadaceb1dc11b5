//! The table `left_guilds`: servers the bot was removed from. What is kept of them goes a while later, so that
//! whoever adds the bot again in time finds everything as it was.

use super::{Store, big, retention::OF_SESSION};

/// What belongs to a guild beside its sessions, in the order in which it may go.
const OF_GUILD: [&str; 8] = [
    "DELETE FROM guests WHERE guild_id = $1",
    "DELETE FROM tickets WHERE room_key IN (SELECT room_key FROM rooms WHERE guild_id = $1)",
    "DELETE FROM rooms WHERE guild_id = $1",
    "DELETE FROM webhooks WHERE guild_id = $1",
    "DELETE FROM join_times WHERE guild_id = $1",
    "DELETE FROM channel_settings WHERE guild_id = $1",
    "DELETE FROM guild_settings WHERE guild_id = $1",
    "DELETE FROM left_guilds WHERE guild_id = $1",
];

impl Store {
    /// The bot is not in the guild any more: its cards end as they are. Whether that is new.
    pub async fn leave_guild(&self, guild_id: u64, problem: &str, now: i64) -> sqlx::Result<bool> {
        let mut transaction = self.pool().begin().await?;
        let left = sqlx::query(
            "INSERT INTO left_guilds (guild_id, left_at) VALUES ($1, $2) ON CONFLICT (guild_id) DO NOTHING",
        )
        .bind(big(guild_id))
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "UPDATE cards SET state = 'undeliverable', problem = $2, failed_at = $3
              WHERE guild_id = $1 AND state NOT IN ('undeliverable', 'done')",
        )
        .bind(big(guild_id))
        .bind(problem)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(left.rows_affected() == 1)
    }

    /// The bot is in the guild. Whether it had left.
    pub async fn back_in_guild(&self, guild_id: u64) -> sqlx::Result<bool> {
        let back =
            sqlx::query("DELETE FROM left_guilds WHERE guild_id = $1").bind(big(guild_id)).execute(self.pool()).await?;
        Ok(back.rows_affected() == 1)
    }

    /// Guilds that anything is kept of, and whether the bot is known to have left them.
    pub async fn known_guilds(&self) -> sqlx::Result<Vec<(u64, bool)>> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT known.guild_id, CAST(CASE WHEN left_guilds.guild_id IS NULL THEN 0 ELSE 1 END AS BIGINT)
               FROM (SELECT guild_id FROM rooms UNION SELECT guild_id FROM webhooks
                     UNION SELECT guild_id FROM channel_settings UNION SELECT guild_id FROM guild_settings
                     UNION SELECT guild_id FROM left_guilds) AS known
               LEFT JOIN left_guilds ON left_guilds.guild_id = known.guild_id",
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows.into_iter().map(|(guild_id, left)| (guild_id.cast_unsigned(), left != 0)).collect())
    }

    /// Removes everything of guilds that were left before `left_before`; how many rows.
    pub(super) async fn forget_left_guilds(&self, left_before: i64) -> sqlx::Result<u64> {
        let left: Vec<i64> = sqlx::query_scalar("SELECT guild_id FROM left_guilds WHERE left_at < $1")
            .bind(left_before)
            .fetch_all(self.pool())
            .await?;
        let mut gone = 0;
        for guild_id in left {
            let sessions: Vec<String> = sqlx::query_scalar("SELECT session_id FROM sessions WHERE guild_id = $1")
                .bind(guild_id)
                .fetch_all(self.pool())
                .await?;
            for session_id in &sessions {
                gone += self.forget(&OF_SESSION, session_id.as_str()).await?;
            }
            gone += self.forget(&OF_GUILD, guild_id).await?;
        }
        Ok(gone)
    }
}
