//! The columns of `cards` about activity lines: what the last one tells, how far the channel has been told; and the
//! events that are told.

use futures::{Stream, StreamExt as _};
use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Posted, Store, big};

/// How far lines have told a session's events: those up to `number`, as they stood at the time `at`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    pub number: i64,
    pub at: i64,
}

/// The last activity line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub message: Posted,
    /// The thread it stands in; none: in the channel.
    pub thread: Option<u64>,
    pub started_at: i64,
    /// It tells what came after this.
    pub since: Told,
    /// Digest of what it says.
    pub look: String,
}

/// An event as far as lines care: a member's, not an audience's, screen's or device's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberEvent {
    pub number: i64,
    /// `joined`, `left` or `ended`.
    pub kind: String,
    /// The person: equal for all their devices.
    pub who: String,
    pub name: String,
    pub recorded_at: i64,
}

impl FromRow<'_, AnyRow> for MemberEvent {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            number: row.try_get("number")?,
            kind: row.try_get("kind")?,
            who: row.try_get("who")?,
            name: row.try_get("name")?,
            recorded_at: row.try_get("recorded_at")?,
        })
    }
}

/// A person, whatever number of devices they have; who has no Discord identity is one for each member id.
macro_rules! who {
    ($table:literal) => {
        concat!("COALESCE(CAST(", $table, ".user_id AS TEXT), ", $table, ".member_id, '')")
    };
}

pub(super) use who;

impl Store {
    /// The number of the first event that came after `number` or was recorded after `recorded_after`.
    pub async fn first_event(&self, session_id: &str, number: i64, recorded_after: i64) -> sqlx::Result<Option<i64>> {
        sqlx::query_scalar("SELECT MIN(number) FROM events WHERE session_id = $1 AND (number > $2 OR recorded_at > $3)")
            .bind(session_id)
            .bind(number)
            .bind(recorded_after)
            .fetch_one(self.pool())
            .await
    }

    /// Members' devices inside before the event `number`, by person.
    pub async fn devices_before(&self, session_id: &str, number: i64) -> sqlx::Result<Vec<(String, i64)>> {
        sqlx::query_as(concat!(
            "SELECT ",
            who!("events"),
            ", CAST(SUM(CASE events.kind WHEN 'joined' THEN 1 ELSE -1 END) AS BIGINT)
               FROM events JOIN stays ON stays.session_id = events.session_id AND stays.member_id = events.member_id
              WHERE events.session_id = $1 AND events.number < $2 AND events.kind IN ('joined', 'left')
                AND stays.kind = 'member'
              GROUP BY ",
            who!("events"),
            " HAVING SUM(CASE events.kind WHEN 'joined' THEN 1 ELSE -1 END) > 0"
        ))
        .bind(session_id)
        .bind(number)
        .fetch_all(self.pool())
        .await
    }

    /// The session's events from `number` on that lines care about, in order.
    pub fn member_events(&self, session_id: &str, number: i64) -> impl Stream<Item = sqlx::Result<MemberEvent>> {
        sqlx::query_as(concat!(
            "SELECT events.number, events.kind, events.recorded_at, ",
            who!("events"),
            " AS who, COALESCE(events.name, stays.name, '') AS name
               FROM events LEFT JOIN stays
                 ON stays.session_id = events.session_id AND stays.member_id = events.member_id
              WHERE events.session_id = $1 AND events.number >= $2
                AND (events.kind = 'ended' OR (events.kind IN ('joined', 'left') AND stays.kind = 'member'))
              ORDER BY events.number"
        ))
        .bind(session_id.to_owned())
        .bind(number)
        .fetch(self.pool())
        .boxed()
    }

    /// A line was posted or edited; without one the channel has been told all the same. Not so if another process told
    /// more meanwhile.
    pub async fn line_told(&self, session_id: &str, line: Option<&Line>, told: Told) -> sqlx::Result<bool> {
        let kept = sqlx::query(
            "UPDATE cards SET announced = $2, announced_at = $3, line_message_id = $4, line_webhook_id = $5,
                    line_started_at = $6, line_from = $7, line_from_at = $8, line_look = $9, line_thread_id = $10
              WHERE session_id = $1 AND announced <= $2",
        )
        .bind(session_id)
        .bind(told.number)
        .bind(told.at)
        .bind(line.map(|line| big(line.message.message_id)))
        .bind(line.and_then(|line| line.message.webhook_id).map(big))
        .bind(line.map(|line| line.started_at))
        .bind(line.map_or(0, |line| line.since.number))
        .bind(line.map_or(0, |line| line.since.at))
        .bind(line.map(|line| line.look.as_str()))
        .bind(line.and_then(|line| line.thread).map(big))
        .execute(self.pool())
        .await?;
        Ok(kept.rows_affected() == 1)
    }

    /// The line cannot be edited any more; the next news is a new one.
    pub async fn line_forgotten(&self, session_id: &str) -> sqlx::Result<()> {
        sqlx::query("UPDATE cards SET line_message_id = NULL, line_webhook_id = NULL WHERE session_id = $1")
            .bind(session_id)
            .execute(self.pool())
            .await?;
        Ok(())
    }
}
