//! Rooms beside their present sessions, from several tables in one question each: as somebody stands before one, and in
//! lists.

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Columns as _, KnockState, Place, Room, Session, Store, big};

/// How somebody stands in a room's present session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Locked also while its lock is held open for somebody.
    pub session: Session,
    /// The video service's own lock, as it last said.
    pub is_locked: bool,
    /// A moderator removed them.
    pub refused: bool,
    /// They asked to be let in.
    pub knock: Option<KnockState>,
    /// They are inside, with whatever they are inside with.
    pub inside: bool,
    /// Places taken: people, screens and devices.
    pub occupied: u32,
}

impl Standing {
    /// A moderator let them in to see and hear.
    pub fn watches(&self) -> bool {
        self.knock == Some(KnockState::Audience)
    }
}

impl FromRow<'_, AnyRow> for Standing {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let mut session = Session::from_row(row)?;
        let is_locked = session.locked;
        session.locked |= row.flag("held")?;
        Ok(Self {
            session,
            is_locked,
            refused: row.flag("refused")?,
            knock: row.try_get::<Option<String>, _>("knock")?.as_deref().and_then(KnockState::from_code),
            inside: row.flag("already")?,
            occupied: row.count("occupied")?,
        })
    }
}

/// A room with its present session and how many people are inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub room: Room,
    pub session: Option<Session>,
    pub inside: u32,
}

impl FromRow<'_, AnyRow> for Listed {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let session = is_present(row)?.then(|| Session::from_row(row)).transpose()?;
        Ok(Self { room: room_beside(row)?, session, inside: row.count("inside")? })
    }
}

/// A room, and how somebody stands in its present session, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    pub room: Room,
    pub standing: Option<Standing>,
}

impl FromRow<'_, AnyRow> for Entrance {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let standing = is_present(row)?.then(|| Standing::from_row(row)).transpose()?;
        Ok(Self { room: room_beside(row)?, standing })
    }
}

/// Whether the row's room has a present session.
fn is_present(row: &AnyRow) -> sqlx::Result<bool> {
    Ok(row.try_get::<Option<String>, _>("session_id")?.is_some())
}

/// The room of a row of `beside_rooms`.
fn room_beside(row: &AnyRow) -> sqlx::Result<Room> {
    Room::under(row, "of_room", "of_guild", "of_channel")
}

/// Rooms with their present sessions, and more about these, followed by a condition. Both tables have some columns; the
/// room's stand under names of their own.
macro_rules! beside_rooms {
    ($more:literal, $tail:literal) => {
        concat!(
            "SELECT ",
            columns!(sessions),
            ",
                    rooms.room_key AS of_room, rooms.guild_id AS of_guild, rooms.channel_id AS of_channel,
                    rooms.canonical, rooms.title, rooms.video_name, rooms.video_room_id, rooms.ensured_at,
                    rooms.created_at, ",
            $more,
            " FROM rooms LEFT JOIN sessions ON sessions.room_key = rooms.room_key AND sessions.ended_at IS NULL ",
            $tail
        )
    };
}

/// The head of every list of rooms, followed by a condition and an order.
macro_rules! listed {
    ($tail:literal) => {
        beside_rooms!(
            "(SELECT COUNT(DISTINCT stays.user_id) FROM stays
               WHERE stays.session_id = sessions.session_id AND stays.left_at IS NULL
                 AND stays.kind IN ('member', 'audience')) AS inside",
            $tail
        )
    };
}

impl Store {
    /// How the person stands in the room's present session.
    pub async fn standing(&self, room_key: &str, user_id: u64) -> sqlx::Result<Option<Standing>> {
        Ok(self.entrance(room_key, user_id).await?.and_then(|entrance| entrance.standing))
    }

    /// All that a decision about somebody needs of the database, in one question: every request of a page asks it.
    pub async fn entrance(&self, room_key: &str, user_id: u64) -> sqlx::Result<Option<Entrance>> {
        sqlx::query_as(beside_rooms!(
            "(SELECT COUNT(*) FROM refusals
               WHERE refusals.session_id = sessions.session_id AND refusals.user_id = $2) AS refused,
             (SELECT COUNT(*) FROM leases WHERE leases.name = 'lock/' || sessions.session_id) AS held,
             (SELECT knocks.state FROM knocks
               WHERE knocks.session_id = sessions.session_id AND knocks.user_id = $2) AS knock,
             (SELECT COUNT(*) FROM stays
               WHERE stays.session_id = sessions.session_id AND stays.left_at IS NULL) AS occupied,
             (SELECT COUNT(*) FROM stays
               WHERE stays.session_id = sessions.session_id AND stays.left_at IS NULL
                 AND stays.user_id = $2) AS already",
            "WHERE rooms.room_key = $1"
        ))
        .bind(room_key)
        .bind(big(user_id))
        .fetch_optional(self.pool())
        .await
    }

    /// The channel's rooms: those with people first, then open ones, then the most recent.
    pub async fn rooms_in_channel(&self, channel_id: u64, limit: i64) -> sqlx::Result<Vec<Listed>> {
        sqlx::query_as(listed!(
            "WHERE rooms.channel_id = $1
             ORDER BY inside DESC, CASE WHEN sessions.session_id IS NULL THEN 1 ELSE 0 END,
                      COALESCE(rooms.ensured_at, rooms.created_at) DESC, rooms.room_key
             LIMIT $2"
        ))
        .bind(big(channel_id))
        .bind(limit)
        .fetch_all(self.pool())
        .await
    }

    /// The guild's rooms with a present session, fullest first.
    pub async fn rooms_present(&self, guild_id: u64, limit: i64) -> sqlx::Result<Vec<Listed>> {
        sqlx::query_as(listed!(
            "WHERE sessions.session_id IS NOT NULL AND sessions.guild_id = $1
             ORDER BY inside DESC, sessions.opened_at LIMIT $2"
        ))
        .bind(big(guild_id))
        .bind(limit)
        .fetch_all(self.pool())
        .await
    }

    /// Present sessions of rooms of that name in the guild's other channels, fullest first.
    pub async fn rooms_named_elsewhere(&self, place: Place, canonical: &str, limit: i64) -> sqlx::Result<Vec<Listed>> {
        sqlx::query_as(listed!(
            "WHERE sessions.session_id IS NOT NULL AND sessions.guild_id = $1 AND rooms.channel_id <> $2
               AND rooms.canonical = $3
             ORDER BY inside DESC, sessions.opened_at LIMIT $4"
        ))
        .bind(big(place.guild_id))
        .bind(big(place.channel_id))
        .bind(canonical)
        .bind(limit)
        .fetch_all(self.pool())
        .await
    }
}
