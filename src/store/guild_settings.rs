//! The table `guild_settings`: what a server decided for all of its channels. No row means the defaults.

use sqlx::{FromRow, any::AnyRow};

use super::{Columns as _, Store, big};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GuildSettings {
    /// Moderators may let in people without a Discord account.
    pub guests: bool,
}

impl FromRow<'_, AnyRow> for GuildSettings {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self { guests: row.flag("guests")? })
    }
}

impl Store {
    pub async fn guild_settings(&self, guild_id: u64) -> sqlx::Result<GuildSettings> {
        let row =
            sqlx::query_as(concat!("SELECT ", columns!(guild_settings), " FROM guild_settings WHERE guild_id = $1"))
                .bind(big(guild_id))
                .fetch_optional(self.pool())
                .await?;
        Ok(row.unwrap_or_default())
    }

    pub async fn save_guild_settings(&self, guild_id: u64, settings: GuildSettings) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO guild_settings (guild_id, guests) VALUES ($1, $2)
             ON CONFLICT (guild_id) DO UPDATE SET guests = excluded.guests",
        )
        .bind(big(guild_id))
        .bind(i64::from(settings.guests))
        .execute(self.pool())
        .await?;
        Ok(())
    }
}
