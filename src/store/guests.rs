//! The table `guests`: whom a moderator let into one room by name. They have no Discord account; their ids are
//! negative, which no Discord user's is.

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Columns as _, Place, Store, big, leases};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    pub id: u64,
    pub room_key: String,
    /// Of the room.
    pub place: Place,
    /// As shown everywhere: marked as a guest's.
    pub name: String,
    /// `audience` or `member`.
    pub role: String,
    pub invited_by: u64,
    pub invited_at: i64,
    /// They may come in, and stay, until then; revoking brings it forward.
    pub expires_at: i64,
}

impl FromRow<'_, AnyRow> for Guest {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id("guest_id")?,
            room_key: row.try_get("room_key")?,
            place: Place { guild_id: row.id("guild_id")?, channel_id: row.id("channel_id")? },
            name: row.try_get("name")?,
            role: row.try_get("role")?,
            invited_by: row.id("invited_by")?,
            invited_at: row.try_get("invited_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}

impl Store {
    /// Whether there was room for one more: a channel has `at_once` guests whose time isn't over.
    pub async fn add_guest(&self, new: &Guest, at_once: usize) -> sqlx::Result<bool> {
        let mut transaction = self.pool().begin().await?;
        // Counting and adding are one step for the limit.
        let gate = format!("guests/channel/{}", new.place.channel_id);
        leases::pass(&mut transaction, &gate, new.invited_at).await?;
        let present: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM guests WHERE channel_id = $1 AND expires_at > $2")
            .bind(big(new.place.channel_id))
            .bind(new.invited_at)
            .fetch_one(&mut *transaction)
            .await?;
        if usize::try_from(present).unwrap_or(usize::MAX) >= at_once {
            transaction.undo().await?;
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO guests
                (guest_id, room_key, guild_id, channel_id, name, role, invited_by, invited_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(big(new.id))
        .bind(&new.room_key)
        .bind(big(new.place.guild_id))
        .bind(big(new.place.channel_id))
        .bind(&new.name)
        .bind(&new.role)
        .bind(big(new.invited_by))
        .bind(new.invited_at)
        .bind(new.expires_at)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub async fn guest(&self, guest_id: u64) -> sqlx::Result<Option<Guest>> {
        sqlx::query_as(concat!("SELECT ", columns!(guests), " FROM guests WHERE guest_id = $1"))
            .bind(big(guest_id))
            .fetch_optional(self.pool())
            .await
    }

    /// The channel's guests whose time isn't over, in the order they were invited.
    pub async fn guests_in_channel(&self, channel_id: u64, now: i64) -> sqlx::Result<Vec<Guest>> {
        sqlx::query_as(concat!(
            "SELECT ",
            columns!(guests),
            " FROM guests WHERE channel_id = $1 AND expires_at > $2 ORDER BY invited_at, guest_id"
        ))
        .bind(big(channel_id))
        .bind(now)
        .fetch_all(self.pool())
        .await
    }

    /// Ends a guest's time; whether it wasn't over.
    pub async fn revoke_guest(&self, guest_id: u64, now: i64) -> sqlx::Result<bool> {
        let revoked = sqlx::query("UPDATE guests SET expires_at = $2 WHERE guest_id = $1 AND expires_at > $2")
            .bind(big(guest_id))
            .bind(now)
            .execute(self.pool())
            .await?;
        Ok(revoked.rows_affected() == 1)
    }

    /// Forgets guests whose time was over before `before`.
    pub(super) async fn sweep_guests(&self, before: i64) -> sqlx::Result<u64> {
        let swept = sqlx::query("DELETE FROM guests WHERE expires_at < $1").bind(before).execute(self.pool()).await?;
        Ok(swept.rows_affected())
    }
}
