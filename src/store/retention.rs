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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snowflake;
    use crate::store::{NewSession, NewTicket, OpenLimits, Opened, Place, Room, temporary::Temporary};

    const NOW: i64 = 1_788_253_200_000;
    const PLACE: Place = Place { guild_id: 10, channel_id: 20 };

    async fn session(store: &Store, id: &str, opened_at: i64, ended_at: Option<i64>) {
        let room = Room {
            key: format!("room-{id}"),
            place: PLACE,
            canonical: id.to_owned(),
            title: id.to_owned(),
            video_name: id.to_owned(),
            video_room_id: None,
            ensured_at: None,
            created_at: opened_at,
        };
        store.keep_room(&room).await.unwrap();
        let new = NewSession {
            id,
            room_key: &room.key,
            place: PLACE,
            topic: None,
            locale: "en",
            opened_by: 1,
            opened_by_name: "Mira",
            now: opened_at,
        };
        let limits = OpenLimits { per_guild: 9, per_user: 9, user_since: i64::MAX };
        assert!(matches!(store.open_session(&new, limits).await.unwrap(), Opened::New(_)));
        store.refuse(id, 2, 1, opened_at).await.unwrap();
        sqlx::query(
            "INSERT INTO stays (session_id, member_id, name, kind, joined_at) VALUES ($1, 'M', 'Odo', 'member', 1)",
        )
        .bind(id)
        .execute(store.pool())
        .await
        .unwrap();
        sqlx::query("UPDATE sessions SET ended_at = $2 WHERE session_id = $1")
            .bind(id)
            .bind(ended_at)
            .execute(store.pool())
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn what_is_old_goes_and_what_is_live_stays_however_old() {
        let store = Temporary::open().await;
        let days = |count: i64| NOW - count * DAY_MS;
        session(&store, "ancient", days(92), Some(days(91))).await;
        session(&store, "old", days(32), Some(days(31))).await;
        session(&store, "recent", days(2), Some(days(1))).await;
        session(&store, "endless", days(400), None).await;
        for (hash, expires_at) in [("dead", days(2)), ("alive", NOW + 1)] {
            let ticket =
                NewTicket { hash, purpose: "join", room_key: "room-old", user_id: 1, now: days(3), expires_at };
            store.add_ticket(&ticket).await.unwrap();
        }
        store.deny_sid("gone", days(1)).await.unwrap();
        let interactions = [(NOW - 2 * INTERACTIONS_MS, true), (NOW, false)];
        for (made_at, _) in interactions {
            assert!(store.take_interaction(snowflake::at(made_at)).await.unwrap());
            assert!(!store.take_interaction(snowflake::at(made_at)).await.unwrap());
        }
        store.hold_lock("nobody's", 1, days(1)).await.unwrap();

        assert!(store.forget_old(NOW).await.unwrap() > 0);
        assert!(store.session("ancient").await.unwrap().is_none());
        assert!(!store.lift_refusal("ancient", 2).await.unwrap());
        for (id, events) in [("old", 0), ("recent", 1), ("endless", 1)] {
            assert!(store.session(id).await.unwrap().is_some(), "{id}");
            assert_eq!(store.events_after(id, 0, 10).await.unwrap().len(), events, "{id}");
            assert_eq!(store.stays(id).await.unwrap().len(), 1, "{id}");
        }
        assert!(store.ticket("dead").await.unwrap().is_none());
        assert!(store.ticket("alive").await.unwrap().is_some());
        assert!(!store.sid_is_denied("gone").await.unwrap());
        for (made_at, is_forgotten) in interactions {
            assert_eq!(store.take_interaction(snowflake::at(made_at)).await.unwrap(), is_forgotten);
        }
        store.forget_old(NOW).await.unwrap();
        assert_eq!(store.forget_old(NOW).await.unwrap(), 0);
    }
}
