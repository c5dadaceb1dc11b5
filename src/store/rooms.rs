//! The table `rooms`: which (guild, channel, canonical name) is which room.

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Columns as _, Store, big, written};

/// Where a room is: its guild and channel (a thread is its own channel).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    pub guild_id: u64,
    pub channel_id: u64,
}

/// A room that somebody asked for once. It stays when its sessions end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Random and opaque: stands in URLs and custom ids.
    pub key: String,
    pub place: Place,
    /// Empty: the channel's own room.
    pub canonical: String,
    /// As last typed, or the channel's present name.
    pub title: String,
    /// SignalWire's name.
    pub video_name: String,
    /// SignalWire's id, once known.
    pub video_room_id: Option<String>,
    /// When SignalWire last confirmed it.
    pub ensured_at: Option<i64>,
    pub created_at: i64,
}

impl FromRow<'_, AnyRow> for Room {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Self::under(row, "room_key", "guild_id", "channel_id")
    }
}

impl Room {
    /// Of a row in which these columns have names of their own.
    pub(super) fn under(row: &AnyRow, key: &str, guild: &str, channel: &str) -> sqlx::Result<Self> {
        Ok(Self {
            key: row.try_get(key)?,
            place: Place { guild_id: row.id(guild)?, channel_id: row.id(channel)? },
            canonical: row.try_get("canonical")?,
            title: row.try_get("title")?,
            video_name: row.try_get("video_name")?,
            video_room_id: row.try_get("video_room_id")?,
            ensured_at: row.try_get("ensured_at")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

impl Store {
    pub async fn room(&self, key: &str) -> sqlx::Result<Option<Room>> {
        sqlx::query_as(concat!("SELECT ", columns!(rooms), " FROM rooms WHERE room_key = $1"))
            .bind(key)
            .fetch_optional(self.pool())
            .await
    }

    pub async fn room_named(&self, place: Place, canonical: &str) -> sqlx::Result<Option<Room>> {
        sqlx::query_as(concat!(
            "SELECT ",
            columns!(rooms),
            " FROM rooms WHERE guild_id = $1 AND channel_id = $2 AND canonical = $3"
        ))
        .bind(big(place.guild_id))
        .bind(big(place.channel_id))
        .bind(canonical)
        .fetch_optional(self.pool())
        .await
    }

    /// `room`, or the row that was there before under its name, with the new title either way.
    pub async fn keep_room(&self, room: &Room) -> sqlx::Result<Room> {
        match self.try_keep_room(room).await {
            // Of two at once PostgreSQL may see the name at SignalWire first, which is as unique. The other's row is there
            // by now.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => self.try_keep_room(room).await,
            kept => kept,
        }
    }

    async fn try_keep_room(&self, room: &Room) -> sqlx::Result<Room> {
        let rows = sqlx::query_as(concat!(
            "INSERT INTO rooms (room_key, guild_id, channel_id, canonical, title, video_name, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (guild_id, channel_id, canonical) DO UPDATE SET title = excluded.title
             RETURNING ",
            columns!(rooms)
        ))
        .bind(&room.key)
        .bind(big(room.place.guild_id))
        .bind(big(room.place.channel_id))
        .bind(&room.canonical)
        .bind(&room.title)
        .bind(&room.video_name)
        .bind(room.created_at)
        .fetch_all(&mut self.pool().writing().await?)
        .await?;
        written(rows).ok_or(sqlx::Error::RowNotFound)
    }

    /// SignalWire confirmed the room at `at`.
    pub async fn room_ensured(&self, key: &str, video_room_id: &str, at: i64) -> sqlx::Result<()> {
        sqlx::query("UPDATE rooms SET video_room_id = $2, ensured_at = $3 WHERE room_key = $1")
            .bind(key)
            .bind(video_room_id)
            .bind(at)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// SignalWire's room is no longer as we want it: it is looked at before it is used again.
    pub async fn room_unensured(&self, key: &str) -> sqlx::Result<()> {
        sqlx::query("UPDATE rooms SET ensured_at = NULL WHERE room_key = $1").bind(key).execute(self.pool()).await?;
        Ok(())
    }
}
