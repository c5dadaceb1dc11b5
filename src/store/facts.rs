//! What the recorder knows of a session and keeps of it: the session's facts with its stays, read together and
//! written together with the events that changed them.

use std::collections::BTreeMap;

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{
    Columns as _, NewSession, Room, Session, Stay, Store,
    events::{self, NewEvent},
    sessions, stays,
};

/// The facts of one session. All but `last_word_at` are in the source's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFacts {
    pub session_id: String,
    pub room_key: String,
    pub video_session_id: Option<String>,
    pub opened_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub end_reason: Option<&'static str>,
    pub recording: bool,
    pub recording_since: Option<i64>,
    /// When a source said so last, as for the two below: an older word changes nothing.
    pub recording_at: i64,
    pub locked: bool,
    pub locked_at: i64,
    pub audience: u32,
    pub audience_at: i64,
    pub peak: u32,
    pub last_word_at: Option<i64>,
    /// How many events there were.
    pub version: i64,
    /// How often it was written, also where nobody is told.
    pub edition: i64,
    pub stays: BTreeMap<String, Stay>,
}

/// Which facts a writer went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    version: i64,
    number: i64,
}

impl SessionFacts {
    pub fn edition(&self) -> Edition {
        Edition { version: self.version, number: self.edition }
    }

    /// A word was heard at `now`, and makes another edition.
    pub fn hear(&mut self, now: i64) {
        self.last_word_at = self.last_word_at.max(Some(now));
        self.edition += 1;
    }
}

/// Why a session ended.
pub const END_REASONS: [&str; 3] = ["left", "ended", "nobody"];

impl FromRow<'_, AnyRow> for SessionFacts {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let reason: Option<String> = row.try_get("end_reason")?;
        Ok(Self {
            session_id: row.try_get("session_id")?,
            room_key: row.try_get("room_key")?,
            video_session_id: row.try_get("video_session_id")?,
            opened_at: row.try_get("opened_at")?,
            started_at: row.try_get("started_at")?,
            ended_at: row.try_get("ended_at")?,
            end_reason: reason.and_then(|reason| END_REASONS.into_iter().find(|known| *known == reason)),
            recording: row.flag("recording")?,
            recording_since: row.try_get("recording_since")?,
            recording_at: row.try_get("recording_at")?,
            locked: row.flag("locked")?,
            locked_at: row.try_get("locked_at")?,
            audience: row.count("audience")?,
            audience_at: row.try_get("audience_at")?,
            peak: row.count("peak")?,
            last_word_at: row.try_get("last_word_at")?,
            version: row.try_get("version")?,
            edition: row.try_get("edition")?,
            stays: BTreeMap::new(),
        })
    }
}

/// A session that has not ended, for whoever compares with SignalWire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    pub session_id: String,
    pub room_key: String,
    pub video_name: String,
    pub video_session_id: Option<String>,
    pub opened_at: i64,
    pub started_at: Option<i64>,
}

impl FromRow<'_, AnyRow> for Present {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            session_id: row.try_get("session_id")?,
            room_key: row.try_get("room_key")?,
            video_name: row.try_get("video_name")?,
            video_session_id: row.try_get("video_session_id")?,
            opened_at: row.try_get("opened_at")?,
            started_at: row.try_get("started_at")?,
        })
    }
}

/// The head of the queries for [`Present`].
macro_rules! present {
    () => {
        "SELECT sessions.session_id, sessions.room_key, rooms.video_name, sessions.video_session_id,
                sessions.opened_at, sessions.started_at
           FROM sessions JOIN rooms ON rooms.room_key = sessions.room_key"
    };
}
/// Reading.
impl Store {
    pub async fn facts(&self, session_id: &str) -> sqlx::Result<Option<SessionFacts>> {
        self.with_stays(concat!("SELECT ", columns!(sessions), " FROM sessions WHERE session_id = $1"), session_id)
            .await
    }

    /// By SignalWire's session id, present or ended.
    pub async fn facts_of_video(&self, video_session_id: &str) -> sqlx::Result<Option<SessionFacts>> {
        self.with_stays(
            concat!("SELECT ", columns!(sessions), " FROM sessions WHERE video_session_id = $1"),
            video_session_id,
        )
        .await
    }

    /// The session first, then its stays: whatever is written in between makes it another [`Edition`], and a write
    /// that goes by what was read here notices.
    async fn with_stays(&self, session: &'static str, id: &str) -> sqlx::Result<Option<SessionFacts>> {
        let facts: Option<SessionFacts> = sqlx::query_as(session).bind(id).fetch_optional(self.pool()).await?;
        let Some(mut facts) = facts else { return Ok(None) };
        let stays = self.stays(&facts.session_id).await?;
        facts.stays = stays.into_iter().map(|stay| (stay.member_id.clone(), stay)).collect();
        Ok(Some(facts))
    }

    /// By SignalWire's room name.
    pub async fn room_of_video(&self, video_name: &str) -> sqlx::Result<Option<Room>> {
        sqlx::query_as(concat!("SELECT ", columns!(rooms), " FROM rooms WHERE video_name = $1"))
            .bind(video_name)
            .fetch_optional(self.pool())
            .await
    }

    /// Every session that has not ended.
    pub async fn present_sessions(&self) -> sqlx::Result<Vec<Present>> {
        sqlx::query_as(concat!(present!(), " WHERE sessions.ended_at IS NULL ORDER BY sessions.opened_at"))
            .fetch_all(self.pool())
            .await
    }

    pub async fn present(&self, session_id: &str) -> sqlx::Result<Option<Present>> {
        sqlx::query_as(concat!(present!(), " WHERE sessions.ended_at IS NULL AND sessions.session_id = $1"))
            .bind(session_id)
            .fetch_optional(self.pool())
            .await
    }
}

/// Writing.
impl Store {
    /// Keeps `facts`, the stays among them that `changed` names, and the events that made them, all or nothing.
    /// `false`: somebody else wrote meanwhile, nothing was kept; read again.
    pub async fn keep_facts(
        &self,
        facts: &SessionFacts,
        read: Edition,
        changed: impl IntoIterator<Item = &str>,
        events: &[NewEvent],
        now: i64,
    ) -> sqlx::Result<bool> {
        let mut transaction = self.pool().begin().await?;
        // The write that may find itself too late comes first; it also makes SQLite take its one write lock here
        // rather than upgrade to it later, which would fail under contention.
        let kept = sqlx::query(
            "UPDATE sessions
                SET video_session_id = $3, started_at = $4, ended_at = $5, end_reason = $6, recording = $7,
                    recording_since = $8, recording_at = $9, locked = $10, locked_at = $11, audience = $12,
                    audience_at = $13, peak = $14, version = $15, edition = $16,
                    last_word_at = CASE WHEN COALESCE(last_word_at, 0) < $17 THEN $17 ELSE last_word_at END
              WHERE session_id = $1 AND version = $2 AND edition = $18",
        )
        .bind(&facts.session_id)
        .bind(read.version)
        .bind(&facts.video_session_id)
        .bind(facts.started_at)
        .bind(facts.ended_at)
        .bind(facts.end_reason)
        .bind(i64::from(facts.recording))
        .bind(facts.recording_since)
        .bind(facts.recording_at)
        .bind(i64::from(facts.locked))
        .bind(facts.locked_at)
        .bind(i64::from(facts.audience))
        .bind(facts.audience_at)
        .bind(i64::from(facts.peak))
        .bind(facts.version)
        .bind(facts.edition)
        .bind(facts.last_word_at)
        .bind(read.number)
        .execute(&mut *transaction)
        .await?;
        if kept.rows_affected() != 1 {
            transaction.undo().await?;
            return Ok(false);
        }
        let changed: Vec<&Stay> = changed.into_iter().filter_map(|member_id| facts.stays.get(member_id)).collect();
        stays::keep(&mut transaction, &facts.session_id, &changed).await?;
        events::append(&mut transaction, &facts.session_id, read.version + 1, events, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// A new session of a room whose last one has ended, though nobody asked: somebody is inside. It goes on as the
    /// last one was. `None`: somebody else was faster.
    pub async fn open_again(&self, last: &Session, id: &str, at: i64) -> sqlx::Result<Option<Session>> {
        let new = NewSession {
            id,
            room_key: &last.room_key,
            place: last.place,
            topic: last.topic.as_deref(),
            locale: &last.locale,
            opened_by: last.opened_by,
            opened_by_name: &last.opened_by_name,
            now: at,
        };
        let mut transaction = self.pool().begin().await?;
        match sessions::insert(&mut transaction, &new).await {
            Ok(session) => transaction.commit().await.map(|()| Some(session)),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => transaction.undo().await.map(|()| None),
            Err(error) => Err(error),
        }
    }

    /// A source that would have told of any change speaks: what is recorded of live sessions holds. Returns those
    /// (session, room key) that had not been spoken of since `unsure_before`.
    pub async fn hear_of_live_sessions(&self, now: i64, unsure_before: i64) -> sqlx::Result<Vec<(String, String)>> {
        let unsure = sqlx::query(
            "SELECT session_id, room_key FROM sessions
              WHERE ended_at IS NULL AND started_at IS NOT NULL AND last_word_at <= $1",
        )
        .bind(unsure_before)
        .fetch_all(self.pool())
        .await?;
        sqlx::query(
            "UPDATE sessions SET last_word_at = $1
              WHERE ended_at IS NULL AND started_at IS NOT NULL AND (last_word_at IS NULL OR last_word_at < $1)",
        )
        .bind(now)
        .execute(self.pool())
        .await?;
        unsure.iter().map(|row| Ok((row.try_get("session_id")?, row.try_get("room_key")?))).collect()
    }
}
