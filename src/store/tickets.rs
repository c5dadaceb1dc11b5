//! The table `tickets`: single-use personal links, known by the SHA-256 of their secret.

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Columns as _, Store, big, written};

#[derive(Debug)]
pub struct NewTicket<'a> {
    pub hash: &'a str,
    pub purpose: &'a str,
    pub room_key: &'a str,
    pub user_id: u64,
    pub now: i64,
    pub expires_at: i64,
}

/// A ticket as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub purpose: String,
    pub room_key: String,
    pub user_id: u64,
    pub expires_at: i64,
    pub used_at: Option<i64>,
    /// The browser session it was swapped for.
    pub sid: Option<String>,
}

impl FromRow<'_, AnyRow> for Ticket {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            purpose: row.try_get("purpose")?,
            room_key: row.try_get("room_key")?,
            user_id: row.id("user_id")?,
            expires_at: row.try_get("expires_at")?,
            used_at: row.try_get("used_at")?,
            sid: row.try_get("sid")?,
        })
    }
}

impl Store {
    pub async fn add_ticket(&self, new: &NewTicket<'_>) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO tickets (ticket_hash, purpose, room_key, user_id, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(new.hash)
        .bind(new.purpose)
        .bind(new.room_key)
        .bind(big(new.user_id))
        .bind(new.now)
        .bind(new.expires_at)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Uses the ticket up, or answers whoever used it with the same nonce after `repeat_since` once more. One
    /// statement: of any number of tries at once, one wins. A repeat keeps the first use's session.
    pub async fn use_ticket(
        &self,
        hash: &str,
        nonce_hash: &str,
        sid: &str,
        now: i64,
        repeat_since: i64,
    ) -> sqlx::Result<Option<Ticket>> {
        let rows = sqlx::query_as(concat!(
            "UPDATE tickets SET used_at = COALESCE(used_at, $4), nonce_hash = COALESCE(nonce_hash, $2),
                                sid = COALESCE(sid, $3)
              WHERE ticket_hash = $1 AND purpose IN ('join', 'handoff', 'guest')
                AND ((used_at IS NULL AND expires_at > $4) OR (nonce_hash = $2 AND used_at > $5))
             RETURNING ",
            columns!(tickets)
        ))
        .bind(hash)
        .bind(nonce_hash)
        .bind(sid)
        .bind(now)
        .bind(repeat_since)
        .fetch_all(&mut self.pool().writing_first().await?)
        .await?;
        Ok(written(rows))
    }

    pub async fn ticket(&self, hash: &str) -> sqlx::Result<Option<Ticket>> {
        sqlx::query_as(concat!("SELECT ", columns!(tickets), " FROM tickets WHERE ticket_hash = $1"))
            .bind(hash)
            .fetch_optional(self.pool())
            .await
    }

    /// Forgets tickets that ran out before `before`.
    pub async fn sweep_tickets(&self, before: i64) -> sqlx::Result<u64> {
        let swept = sqlx::query("DELETE FROM tickets WHERE expires_at < $1").bind(before).execute(self.pool()).await?;
        Ok(swept.rows_affected())
    }
}
