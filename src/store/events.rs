//! The table `events`: each applied change of a session, numbered by the version it made.

use sqlx::{AssertSqlSafe, FromRow, Row as _, any::AnyRow};

use super::{Columns as _, Store, big, connect::Connection, portions, values};

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// Written with the session itself.
    Opened,
    Started,
    Joined,
    Left,
    /// What is known of somebody was put right: who it is, or what kind.
    Updated,
    Recording,
    Locked,
    Audience,
    Ended,
}

impl EventKind {
    pub fn code(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Started => "started",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Updated => "updated",
            Self::Recording => "recording",
            Self::Locked => "locked",
            Self::Audience => "audience",
            Self::Ended => "ended",
        }
    }
}

/// One applied change, to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    pub kind: EventKind,
    /// Whom it is about.
    pub member: Option<EventMember>,
    /// `relay`, `sweep` or `look`.
    pub source: &'static str,
    /// The source's time.
    pub at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMember {
    pub id: String,
    pub user_id: Option<u64>,
    pub name: String,
}

/// A change as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub number: i64,
    /// As [`EventKind::code`] writes it.
    pub kind: String,
    pub member_id: Option<String>,
    pub user_id: Option<u64>,
    pub name: Option<String>,
    pub source: String,
    pub at: i64,
    pub recorded_at: i64,
}

impl FromRow<'_, AnyRow> for Event {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            number: row.try_get("number")?,
            kind: row.try_get("kind")?,
            member_id: row.try_get("member_id")?,
            user_id: row.maybe_id("user_id")?,
            name: row.try_get("name")?,
            source: row.try_get("source")?,
            at: row.try_get("at")?,
            recorded_at: row.try_get("recorded_at")?,
        })
    }
}

impl Store {
    /// A session's changes after `number`, in order.
    pub async fn events_after(&self, session_id: &str, number: i64, limit: i64) -> sqlx::Result<Vec<Event>> {
        sqlx::query_as(concat!(
            "SELECT ",
            columns!(events),
            " FROM events WHERE session_id = $1 AND number > $2 ORDER BY number LIMIT $3"
        ))
        .bind(session_id)
        .bind(number)
        .bind(limit)
        .fetch_all(self.pool())
        .await
    }

    /// When anything was recorded last.
    pub async fn recorded_last(&self) -> sqlx::Result<Option<i64>> {
        sqlx::query_scalar("SELECT CAST(MAX(recorded_at) AS BIGINT) FROM events").fetch_one(self.pool()).await
    }
}

/// Appends `events`, of which the first has the number `number`.
pub(super) async fn append(
    connection: &mut Connection,
    session_id: &str,
    mut number: i64,
    events: &[NewEvent],
    now: i64,
) -> sqlx::Result<()> {
    for portion in portions(events) {
        let sql = format!(
            "INSERT INTO events (session_id, number, kind, member_id, user_id, name, source, at, recorded_at) {}",
            values(portion.len(), 9)
        );
        let mut insert = sqlx::query(AssertSqlSafe(sql));
        for event in portion {
            let member = event.member.as_ref();
            insert = insert
                .bind(session_id)
                .bind(number)
                .bind(event.kind.code())
                .bind(member.map(|member| &member.id))
                .bind(member.and_then(|member| member.user_id).map(big))
                .bind(member.map(|member| &member.name))
                .bind(event.source)
                .bind(event.at)
                .bind(now);
            number += 1;
        }
        insert.execute(&mut *connection).await?;
    }
    Ok(())
}
