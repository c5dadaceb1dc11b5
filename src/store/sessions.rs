//! The table `sessions`: one row per run of a room, from `/video` to its end. What happens inside is written by the
//! recorder; here a session is opened and read.

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Columns as _, Place, Store, big, connect::Connection, leases};

/// One run of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: String,
    pub room_key: String,
    pub place: Place,
    /// SignalWire's room session, once someone is inside.
    pub video_session_id: Option<String>,
    pub topic: Option<String>,
    /// The guild's language, as [`crate::words::Locale::code`] writes it.
    pub locale: String,
    pub opened_by: u64,
    pub opened_by_name: String,
    pub opened_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub end_reason: Option<String>,
    pub recording: bool,
    pub recording_since: Option<i64>,
    pub locked: bool,
    pub audience: u32,
    pub peak: u32,
    pub last_word_at: Option<i64>,
    pub version: i64,
    /// Millionths of a dollar, as far as SignalWire told.
    pub cost_micros: Option<i64>,
}

impl FromRow<'_, AnyRow> for Session {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("session_id")?,
            room_key: row.try_get("room_key")?,
            place: Place { guild_id: row.id("guild_id")?, channel_id: row.id("channel_id")? },
            video_session_id: row.try_get("video_session_id")?,
            topic: row.try_get("topic")?,
            locale: row.try_get("locale")?,
            opened_by: row.id("opened_by")?,
            opened_by_name: row.try_get("opened_by_name")?,
            opened_at: row.try_get("opened_at")?,
            started_at: row.try_get("started_at")?,
            ended_at: row.try_get("ended_at")?,
            end_reason: row.try_get("end_reason")?,
            recording: row.flag("recording")?,
            recording_since: row.try_get("recording_since")?,
            locked: row.flag("locked")?,
            audience: row.count("audience")?,
            peak: row.count("peak")?,
            last_word_at: row.try_get("last_word_at")?,
            version: row.try_get("version")?,
            cost_micros: row.try_get("cost_micros")?,
        })
    }
}

/// A session to be opened.
#[derive(Debug)]
pub struct NewSession<'a> {
    pub id: &'a str,
    pub room_key: &'a str,
    pub place: Place,
    pub topic: Option<&'a str>,
    pub locale: &'a str,
    pub opened_by: u64,
    pub opened_by_name: &'a str,
    pub now: i64,
}

/// What may be open at once.
#[derive(Debug, Clone, Copy)]
pub struct OpenLimits {
    pub per_guild: u32,
    pub per_user: u32,
    /// Openings after this moment count against `per_user`.
    pub user_since: i64,
}

/// What became of an opening.
#[derive(Debug)]
pub enum Opened {
    New(Session),
    Present(Session),
    GuildFull,
    /// The opening that has to grow old first was at `oldest`.
    UserFull {
        oldest: i64,
    },
}

impl Store {
    /// The room's present session, or a new one with its card wanted and its opening recorded; all or nothing.
    pub async fn open_session(&self, new: &NewSession<'_>, limits: OpenLimits) -> sqlx::Result<Opened> {
        let mut transaction = self.pool().begin().await?;
        // Openings of one guild, and of one person, take turns: counting and adding are one step for the limits.
        // A write first also spares SQLite the upgrade from reading to writing, which fails under contention.
        for gate in [format!("open/guild/{}", new.place.guild_id), format!("open/user/{}", new.opened_by)] {
            leases::pass(&mut transaction, &gate, new.now).await?;
        }
        let opened = match present(&mut transaction, new.room_key).await? {
            Some(session) => {
                want_card_again(&mut transaction, &session).await?;
                Opened::Present(session)
            }
            None => match full(&mut transaction, new.place.guild_id, new.opened_by, limits).await? {
                Some(full) => full,
                None => Opened::New(insert(&mut transaction, new).await?),
            },
        };
        transaction.commit().await?;
        Ok(opened)
    }

    /// Whether [`Store::open_session`] would refuse a new session now; what it returns is final there only.
    pub async fn open_refused(&self, guild_id: u64, user_id: u64, limits: OpenLimits) -> sqlx::Result<Option<Opened>> {
        let mut connection = self.pool().acquire().await?;
        full(&mut connection, guild_id, user_id, limits).await
    }

    pub async fn present_session(&self, room_key: &str) -> sqlx::Result<Option<Session>> {
        let mut connection = self.pool().acquire().await?;
        present(&mut connection, room_key).await
    }

    pub async fn session(&self, session_id: &str) -> sqlx::Result<Option<Session>> {
        sqlx::query_as(concat!("SELECT ", columns!(sessions), " FROM sessions WHERE session_id = $1"))
            .bind(session_id)
            .fetch_optional(self.pool())
            .await
    }

    /// The room's last session, present or ended.
    pub async fn last_session(&self, room_key: &str) -> sqlx::Result<Option<Session>> {
        sqlx::query_as(concat!(
            "SELECT ",
            columns!(sessions),
            " FROM sessions WHERE room_key = $1 ORDER BY opened_at DESC, session_id DESC LIMIT 1"
        ))
        .bind(room_key)
        .fetch_optional(self.pool())
        .await
    }
}

async fn present(connection: &mut Connection, room_key: &str) -> sqlx::Result<Option<Session>> {
    sqlx::query_as(concat!("SELECT ", columns!(sessions), " FROM sessions WHERE room_key = $1 AND ended_at IS NULL"))
        .bind(room_key)
        .fetch_optional(connection)
        .await
}

async fn full(
    connection: &mut Connection,
    guild_id: u64,
    user_id: u64,
    limits: OpenLimits,
) -> sqlx::Result<Option<Opened>> {
    let open: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sessions WHERE guild_id = $1 AND ended_at IS NULL")
        .bind(big(guild_id))
        .fetch_one(&mut *connection)
        .await?;
    if open >= i64::from(limits.per_guild) {
        return Ok(Some(Opened::GuildFull));
    }
    let recent: Vec<i64> = sqlx::query_scalar(
        "SELECT opened_at FROM sessions WHERE opened_by = $1 AND opened_at > $2 ORDER BY opened_at DESC LIMIT $3",
    )
    .bind(big(user_id))
    .bind(limits.user_since)
    .bind(i64::from(limits.per_user))
    .fetch_all(connection)
    .await?;
    let last = recent.last().filter(|_| recent.len() as u64 >= u64::from(limits.per_user));
    Ok(last.map(|&oldest| Opened::UserFull { oldest }))
}

pub(super) async fn insert(connection: &mut Connection, new: &NewSession<'_>) -> sqlx::Result<Session> {
    let session: Session = sqlx::query_as(concat!(
        "INSERT INTO sessions
            (session_id, room_key, guild_id, channel_id, topic, locale, opened_by, opened_by_name, opened_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ",
        columns!(sessions)
    ))
    .bind(new.id)
    .bind(new.room_key)
    .bind(big(new.place.guild_id))
    .bind(big(new.place.channel_id))
    .bind(new.topic)
    .bind(new.locale)
    .bind(big(new.opened_by))
    .bind(new.opened_by_name)
    .bind(new.now)
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO events (session_id, number, kind, user_id, name, source, at, recorded_at)
         VALUES ($1, $2, 'opened', $3, $4, 'command', $5, $5)",
    )
    .bind(new.id)
    .bind(session.version)
    .bind(big(new.opened_by))
    .bind(new.opened_by_name)
    .bind(new.now)
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO cards (session_id, guild_id, channel_id) VALUES ($1, $2, $3)")
        .bind(new.id)
        .bind(big(new.place.guild_id))
        .bind(big(new.place.channel_id))
        .execute(connection)
        .await?;
    Ok(session)
}

/// A card that a moderator deleted, or that could not be posted, is posted when somebody asks for the room again. One
/// that is there as far as we know is looked after: without a known look it is edited, which shows whether it is.
async fn want_card_again(connection: &mut Connection, session: &Session) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE cards SET state = 'wanted', problem = NULL, failed_at = NULL
          WHERE session_id = $1 AND state IN ('deleted', 'undeliverable')",
    )
    .bind(&session.id)
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE cards SET sent_look = NULL, sent_version = 0 WHERE session_id = $1 AND state = 'posted'")
        .bind(&session.id)
        .execute(connection)
        .await?;
    Ok(())
}
