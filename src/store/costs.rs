//! What calls cost, and what a guild's calls come to.

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Columns as _, Store, big, lines::who};

/// What was done in a guild since some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls that somebody was in.
    pub calls: u32,
    /// Different people in them, by name or as audience.
    pub people: u32,
    /// How long the calls lasted together.
    pub lasted_ms: i64,
    /// Most people at once in one call.
    pub peak: u32,
    /// Millionths of a dollar; none: nothing is known of it.
    pub cost_micros: Option<i64>,
}

/// What goes on now, in a guild or everywhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LiveNow {
    /// Calls that somebody is in.
    pub calls: u32,
    pub people: u32,
}

/// From here on conditions may follow.
macro_rules! live_now {
    () => {
        concat!(
            "SELECT CAST(COUNT(DISTINCT sessions.session_id) AS BIGINT) AS calls, CAST(COUNT(DISTINCT ",
            who!("stays"),
            ") AS BIGINT) AS people
               FROM sessions JOIN stays ON stays.session_id = sessions.session_id
              WHERE sessions.ended_at IS NULL AND stays.left_at IS NULL AND stays.kind IN ('member', 'audience')"
        )
    };
}

impl FromRow<'_, AnyRow> for LiveNow {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self { calls: row.count("calls")?, people: row.count("people")? })
    }
}

impl Store {
    /// The highest figure stands: SignalWire adds to a call's cost, and never takes from it.
    pub async fn keep_cost(&self, session_id: &str, micros: i64, now: i64) -> sqlx::Result<()> {
        sqlx::query(
            "UPDATE sessions SET cost_micros = CASE WHEN COALESCE(cost_micros, 0) < $2 THEN $2 ELSE cost_micros END,
                    cost_at = $3
              WHERE session_id = $1",
        )
        .bind(session_id)
        .bind(micros)
        .bind(now)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Sessions (ours, SignalWire's) that ended between two times and whose cost was not asked for since `after_ms`
    /// after their end.
    pub async fn bills_due(
        &self,
        from: i64,
        to: i64,
        after_ms: i64,
        limit: usize,
    ) -> sqlx::Result<Vec<(String, String)>> {
        sqlx::query_as(
            "SELECT session_id, video_session_id FROM sessions
              WHERE video_session_id IS NOT NULL AND ended_at > $1 AND ended_at <= $2
                AND (cost_at IS NULL OR cost_at < ended_at + $3)
              ORDER BY ended_at LIMIT $4",
        )
        .bind(from)
        .bind(to)
        .bind(after_ms)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.pool())
        .await
    }

    /// Calls that began since `since`.
    pub async fn tally(&self, guild_id: u64, since: i64, now: i64) -> sqlx::Result<Tally> {
        let row = sqlx::query(
            "SELECT CAST(COUNT(*) AS BIGINT) AS calls, CAST(SUM(COALESCE(ended_at, $3) - started_at) AS BIGINT) AS lasted,
                    CAST(COALESCE(MAX(peak), 0) AS BIGINT) AS peak, CAST(SUM(cost_micros) AS BIGINT) AS cost
               FROM sessions WHERE guild_id = $1 AND started_at >= $2",
        )
        .bind(big(guild_id))
        .bind(since)
        .bind(now)
        .fetch_one(self.pool())
        .await?;
        let people: i64 = sqlx::query_scalar(concat!(
            "SELECT CAST(COUNT(DISTINCT ",
            who!("stays"),
            ") AS BIGINT) FROM stays JOIN sessions ON sessions.session_id = stays.session_id
              WHERE sessions.guild_id = $1 AND sessions.started_at >= $2 AND stays.kind IN ('member', 'audience')"
        ))
        .bind(big(guild_id))
        .bind(since)
        .fetch_one(self.pool())
        .await?;
        Ok(Tally {
            calls: row.count("calls")?,
            people: u32::try_from(people).unwrap_or(u32::MAX),
            lasted_ms: row.try_get::<Option<i64>, _>("lasted")?.unwrap_or_default().max(0),
            peak: row.count("peak")?,
            cost_micros: row.try_get("cost")?,
        })
    }

    pub async fn live_now(&self, guild_id: u64) -> sqlx::Result<LiveNow> {
        sqlx::query_as(concat!(live_now!(), " AND sessions.guild_id = $1"))
            .bind(big(guild_id))
            .fetch_one(self.pool())
            .await
    }

    pub async fn live_everywhere(&self) -> sqlx::Result<LiveNow> {
        sqlx::query_as(live_now!()).fetch_one(self.pool()).await
    }

    /// Rooms that are open, with or without people inside.
    pub async fn open_everywhere(&self) -> sqlx::Result<u32> {
        let open: i64 = sqlx::query_scalar("SELECT CAST(COUNT(*) AS BIGINT) FROM sessions WHERE ended_at IS NULL")
            .fetch_one(self.pool())
            .await?;
        Ok(u32::try_from(open).unwrap_or(u32::MAX))
    }
}
