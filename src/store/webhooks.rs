//! The table `webhooks`: the one Discord webhook per channel that is ours. Its token arrives and leaves sealed.

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Columns as _, Place, Store, big, written};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where it posts; a thread's webhook is its parent channel's.
    pub place: Place,
    pub webhook_id: u64,
    pub token_sealed: String,
    /// When we made it or found it again.
    pub created_at: i64,
}

impl Webhook {
    /// What the sealed token belongs to.
    pub fn bound_to(webhook_id: u64) -> String {
        format!("webhook/{webhook_id}")
    }
}

impl FromRow<'_, AnyRow> for Webhook {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            place: Place { guild_id: row.id("guild_id")?, channel_id: row.id("channel_id")? },
            webhook_id: row.id("webhook_id")?,
            token_sealed: row.try_get("token_sealed")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

impl Store {
    pub async fn webhook_of(&self, channel_id: u64) -> sqlx::Result<Option<Webhook>> {
        sqlx::query_as(concat!("SELECT ", columns!(webhooks), " FROM webhooks WHERE channel_id = $1"))
            .bind(big(channel_id))
            .fetch_optional(self.pool())
            .await
    }

    pub async fn webhook(&self, webhook_id: u64) -> sqlx::Result<Option<Webhook>> {
        sqlx::query_as(concat!("SELECT ", columns!(webhooks), " FROM webhooks WHERE webhook_id = $1"))
            .bind(big(webhook_id))
            .fetch_optional(self.pool())
            .await
    }

    /// The channel's webhook from now on.
    pub async fn keep_webhook(&self, webhook: &Webhook) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO webhooks (channel_id, guild_id, webhook_id, token_sealed, created_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (channel_id) DO UPDATE SET webhook_id = excluded.webhook_id,
                token_sealed = excluded.token_sealed, created_at = excluded.created_at",
        )
        .bind(big(webhook.place.channel_id))
        .bind(big(webhook.place.guild_id))
        .bind(big(webhook.webhook_id))
        .bind(&webhook.token_sealed)
        .bind(webhook.created_at)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Discord says that the webhook is no more. What was kept of it, if it was known.
    pub async fn forget_webhook(&self, webhook_id: u64) -> sqlx::Result<Option<Webhook>> {
        let rows = sqlx::query_as(concat!("DELETE FROM webhooks WHERE webhook_id = $1 RETURNING ", columns!(webhooks)))
            .bind(big(webhook_id))
            .fetch_all(&mut self.pool().writing().await?)
            .await?;
        Ok(written(rows))
    }
}
