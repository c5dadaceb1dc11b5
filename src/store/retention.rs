//! How long anything is kept. In small steps, so that nobody waits long for the database meanwhile.

use super::Store;

const DAY_MS: i64 = 24 * 3600 * 1000;
const EVENTS_MS: i64 = 30 * DAY_MS;
/// Sessions, with their stays, card and refusals.
const SESSIONS_MS: i64 = 90 * DAY_MS;
/// How long joining took, counted.
const JOIN_TIMES_MS: i64 = 90 * DAY_MS;
/// After they ran out; guests too, and knocks after their session.
const TICKETS_MS: i64 = DAY_MS;
/// After the bot was removed from a guild.
const LEFT_GUILD_MS: i64 = 7 * DAY_MS;
/// Interactions that were answered: to Discord they are over after 3 seconds, and a signature counts for 5 minutes.
const INTERACTIONS_MS: i64 = 3600 * 1000;
/// Sessions dealt with in one step.
const STEP: i64 = 50;

/// What belongs to a session, in the order in which it may go.
pub(super) const OF_SESSION: [&str; 6] = [
    "DELETE FROM knocks WHERE session_id = $1",
    "DELETE FROM events WHERE session_id = $1",
    "DELETE FROM stays WHERE session_id = $1",
    "DELETE FROM refusals WHERE session_id = $1",
    "DELETE FROM cards WHERE session_id = $1",
    "DELETE FROM sessions WHERE session_id = $1",
];

impl Store {
    /// Removes what has been kept long enough by `now`; how many rows. Nothing of a session that has not ended goes.
    pub async fn forget_old(&self, now: i64) -> sqlx::Result<u64> {
        let mut gone = self.forget_sessions(now - SESSIONS_MS).await?;
        gone += self.forget_events(now - EVENTS_MS).await?;
        gone += self.forget_join_times(now - JOIN_TIMES_MS).await?;
        gone += self.sweep_tickets(now - TICKETS_MS).await?;
        gone += self.sweep_guests(now - TICKETS_MS).await?;
        gone += self.sweep_knocks(now - TICKETS_MS).await?;
        gone += self.sweep_sids(now).await?;
        gone += self.sweep_leases(now).await?;
        gone += self.sweep_interactions(now - INTERACTIONS_MS).await?;
        gone += self.forget_left_guilds(now - LEFT_GUILD_MS).await?;
        Ok(gone)
    }

    async fn forget_sessions(&self, ended_before: i64) -> sqlx::Result<u64> {
        let mut gone = 0;
        loop {
            let old: Vec<String> =
                sqlx::query_scalar("SELECT session_id FROM sessions WHERE ended_at < $1 ORDER BY ended_at LIMIT $2")
                    .bind(ended_before)
                    .bind(STEP)
                    .fetch_all(self.pool())
                    .await?;
            if old.is_empty() {
                return Ok(gone);
            }
            for session_id in &old {
                gone += self.forget(&OF_SESSION, session_id.as_str()).await?;
            }
        }
    }

    /// Runs statements about one `id`, all or none; how many rows.
    pub(super) async fn forget<'a, Id>(&self, statements: &[&'static str], id: Id) -> sqlx::Result<u64>
    where
        Id: Clone + Send + sqlx::Encode<'a, sqlx::Any> + sqlx::Type<sqlx::Any> + 'a,
    {
        let mut gone = 0;
        let mut transaction = self.pool().begin().await?;
        for sql in statements {
            gone += sqlx::query(*sql).bind(id.clone()).execute(&mut *transaction).await?.rows_affected();
        }
        transaction.commit().await?;
        Ok(gone)
    }

    async fn forget_events(&self, recorded_before: i64) -> sqlx::Result<u64> {
        let mut gone = 0;
        loop {
            let old: Vec<String> = sqlx::query_scalar(
                "SELECT DISTINCT events.session_id
                   FROM events JOIN sessions ON sessions.session_id = events.session_id
                  WHERE events.recorded_at < $1 AND sessions.ended_at IS NOT NULL LIMIT $2",
            )
            .bind(recorded_before)
            .bind(STEP)
            .fetch_all(self.pool())
            .await?;
            if old.is_empty() {
                return Ok(gone);
            }
            for session_id in &old {
                gone += sqlx::query("DELETE FROM events WHERE session_id = $1 AND recorded_at < $2")
                    .bind(session_id)
                    .bind(recorded_before)
                    .execute(self.pool())
                    .await?
                    .rows_affected();
            }
        }
    }
}
