//! The table `channel_settings`: how a channel wants to hear. No row means the defaults.

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Columns as _, Place, Store, big};

/// What is posted in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Lines {
    /// Nothing new; what is there is kept true.
    Off,
    /// The card alone.
    Card,
    /// The card, and lines that gather who came and went.
    #[default]
    Rollup,
    /// The card, and a line of its own for each change.
    Each,
}

impl Lines {
    pub const ALL: [Self; 4] = [Self::Off, Self::Card, Self::Rollup, Self::Each];

    /// As stored and as typed.
    pub fn code(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Card => "card",
            Self::Rollup => "rollup",
            Self::Each => "each",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lines| lines.code() == code)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSettings {
    pub lines: Lines,
    /// Posts make no push notification.
    pub silent: bool,
    /// Lines go into a thread at the card.
    pub thread: bool,
    /// Off: people are counted, never named.
    pub names: bool,
}

impl Default for ChannelSettings {
    fn default() -> Self {
        Self { lines: Lines::default(), silent: false, thread: false, names: true }
    }
}

impl FromRow<'_, AnyRow> for ChannelSettings {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let lines: String = row.try_get("lines")?;
        Ok(Self {
            lines: Lines::from_code(&lines).unwrap_or_default(),
            silent: row.flag("silent")?,
            thread: row.flag("thread")?,
            names: row.flag("names")?,
        })
    }
}

impl Store {
    pub async fn channel_settings(&self, channel_id: u64) -> sqlx::Result<ChannelSettings> {
        let row = sqlx::query_as(concat!(
            "SELECT ",
            columns!(channel_settings),
            " FROM channel_settings WHERE channel_id = $1"
        ))
        .bind(big(channel_id))
        .fetch_optional(self.pool())
        .await?;
        Ok(row.unwrap_or_default())
    }

    pub async fn save_channel_settings(&self, place: Place, settings: ChannelSettings) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO channel_settings (channel_id, guild_id, lines, silent, thread, names)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (channel_id) DO UPDATE SET lines = excluded.lines, silent = excluded.silent,
                thread = excluded.thread, names = excluded.names",
        )
        .bind(big(place.channel_id))
        .bind(big(place.guild_id))
        .bind(settings.lines.code())
        .bind(i64::from(settings.silent))
        .bind(i64::from(settings.thread))
        .bind(i64::from(settings.names))
        .execute(self.pool())
        .await?;
        Ok(())
    }
}
