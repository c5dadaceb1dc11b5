//! The table `knocks`: who asked to be let into a session, what was decided, and what the channel shows of it.

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Columns as _, Place, Posted, Store, big, cards::posted, leases, written};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knock {
    pub id: String,
    pub session_id: String,
    /// Of the room.
    pub place: Place,
    pub user_id: u64,
    pub name: String,
    /// What they would come in as: `audience` or `member`.
    pub role: String,
    pub state: KnockState,
    pub knocked_at: i64,
    /// Open ones are answered until then; who was denied may ask again from then on.
    pub expires_at: i64,
    /// The question in the channel.
    pub message: Option<Posted>,
    /// The channel shows it as it is.
    pub is_shown: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KnockState {
    Open,
    Admitted,
    /// Let in to see and hear.
    Audience,
    Denied,
    /// Nobody answered in time.
    Expired,
}

impl KnockState {
    const ALL: [Self; 5] = [Self::Open, Self::Admitted, Self::Audience, Self::Denied, Self::Expired];

    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Admitted => "admitted",
            Self::Audience => "audience",
            Self::Denied => "denied",
            Self::Expired => "expired",
        }
    }

    /// None for no state of ours, which lets nobody in.
    pub(super) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    pub fn is_let_in(self) -> bool {
        matches!(self, Self::Admitted | Self::Audience)
    }
}

impl FromRow<'_, AnyRow> for Knock {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let state: String = row.try_get("state")?;
        Ok(Self {
            id: row.try_get("knock_id")?,
            session_id: row.try_get("session_id")?,
            place: Place { guild_id: row.id("guild_id")?, channel_id: row.id("channel_id")? },
            user_id: row.id("user_id")?,
            name: row.try_get("name")?,
            role: row.try_get("role")?,
            is_shown: row.try_get::<Option<String>, _>("shown")?.is_some_and(|shown| shown == state),
            state: KnockState::from_code(&state).unwrap_or(KnockState::Expired),
            knocked_at: row.try_get("knocked_at")?,
            expires_at: row.try_get("expires_at")?,
            message: posted(row, "message_id", "webhook_id")?,
        })
    }
}

/// What became of a knock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Knocked {
    /// The question is asked now.
    New,
    /// It was asked before, and this is how it stands.
    Before(KnockState),
    /// So many wait already.
    Full,
}

impl Store {
    /// Somebody asks to be let in, unless they did and it holds, or `open_max` wait in the session already.
    pub async fn knock(&self, new: &Knock, open_max: i64) -> sqlx::Result<Knocked> {
        let now = new.knocked_at;
        let mut transaction = self.pool().begin().await?;
        // Counting and adding are one step for the limit.
        leases::pass(&mut transaction, &format!("knocks/{}", new.session_id), now).await?;
        let before: Option<Knock> =
            sqlx::query_as(concat!("SELECT ", columns!(knocks), " FROM knocks WHERE session_id = $1 AND user_id = $2"))
                .bind(&new.session_id)
                .bind(big(new.user_id))
                .fetch_optional(&mut *transaction)
                .await?;
        let holds = |before: &Knock| before.state.is_let_in() || now < before.expires_at || !before.is_shown;
        if let Some(before) = before.filter(holds) {
            transaction.undo().await?;
            return Ok(Knocked::Before(before.state));
        }
        let open: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM knocks WHERE session_id = $1 AND state = 'open' AND expires_at > $2",
        )
        .bind(&new.session_id)
        .bind(now)
        .fetch_one(&mut *transaction)
        .await?;
        if open >= open_max {
            transaction.undo().await?;
            return Ok(Knocked::Full);
        }
        sqlx::query("DELETE FROM knocks WHERE session_id = $1 AND user_id = $2")
            .bind(&new.session_id)
            .bind(big(new.user_id))
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO knocks
                (knock_id, session_id, guild_id, channel_id, user_id, name, role, knocked_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&new.id)
        .bind(&new.session_id)
        .bind(big(new.place.guild_id))
        .bind(big(new.place.channel_id))
        .bind(big(new.user_id))
        .bind(&new.name)
        .bind(&new.role)
        .bind(now)
        .bind(new.expires_at)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Knocked::New)
    }

    pub async fn knock_by_id(&self, knock_id: &str) -> sqlx::Result<Option<Knock>> {
        sqlx::query_as(concat!("SELECT ", columns!(knocks), " FROM knocks WHERE knock_id = $1"))
            .bind(knock_id)
            .fetch_optional(self.pool())
            .await
    }

    /// Answers an open knock, until `until`; whether it was still open. One statement: of two answers the first counts.
    pub async fn answer_knock(
        &self,
        knock_id: &str,
        answer: KnockState,
        by_user_id: u64,
        now: i64,
        until: i64,
    ) -> sqlx::Result<bool> {
        let answered = sqlx::query(
            "UPDATE knocks SET state = $2, decided_by = $3, expires_at = $5
              WHERE knock_id = $1 AND state = 'open' AND expires_at > $4",
        )
        .bind(knock_id)
        .bind(answer.code())
        .bind(big(by_user_id))
        .bind(now)
        .bind(until)
        .execute(self.pool())
        .await?;
        Ok(answered.rows_affected() == 1)
    }

    /// Knocks that nobody answered in time, or before the call ended, are over.
    pub async fn expire_knocks(&self, now: i64) -> sqlx::Result<u64> {
        let expired = sqlx::query(
            "UPDATE knocks SET state = 'expired'
              WHERE state = 'open'
                AND (expires_at <= $1
                     OR session_id IN (SELECT session_id FROM sessions WHERE ended_at IS NOT NULL))",
        )
        .bind(now)
        .execute(self.pool())
        .await?;
        Ok(expired.rows_affected())
    }

    /// A knock that the channel does not show as it is, for `owner` to work on until `lease`.
    pub async fn claim_knock(&self, owner: &str, now: i64, lease: i64) -> sqlx::Result<Option<Knock>> {
        let rows = sqlx::query_as(concat!(
            "UPDATE knocks SET lease = $2, owner = $3
              WHERE knock_id = (SELECT knock_id FROM knocks
                                 WHERE (owner IS NULL OR lease <= $1) AND (shown IS NULL OR shown <> state)
                                 ORDER BY knocked_at, knock_id LIMIT 1)
                AND (owner IS NULL OR lease <= $1)
             RETURNING ",
            columns!(knocks)
        ))
        .bind(now)
        .bind(lease)
        .bind(owner)
        .fetch_all(&mut self.pool().writing().await?)
        .await?;
        Ok(written(rows))
    }

    /// When one runs out, or may be claimed, next.
    pub async fn knocks_due_at(&self) -> sqlx::Result<Option<i64>> {
        sqlx::query_scalar(
            "SELECT CAST(MIN(CASE WHEN shown = state THEN expires_at
                                  WHEN owner IS NULL THEN 0
                                  WHEN state = 'open' AND expires_at < lease THEN expires_at
                                  ELSE lease END) AS BIGINT)
               FROM knocks WHERE state = 'open' OR shown IS NULL OR shown <> state",
        )
        .fetch_one(self.pool())
        .await
    }

    /// The channel shows the knock in that state; what changed meanwhile is claimed again.
    pub async fn knock_shown(&self, knock: &Knock, message: Option<Posted>) -> sqlx::Result<()> {
        sqlx::query("UPDATE knocks SET shown = $2, message_id = $3, webhook_id = $4, owner = NULL WHERE knock_id = $1")
            .bind(&knock.id)
            .bind(knock.state.code())
            .bind(message.map(|message| big(message.message_id)))
            .bind(message.and_then(|message| message.webhook_id).map(big))
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Forgets knocks at sessions that ended before `ended_before`.
    pub(super) async fn sweep_knocks(&self, ended_before: i64) -> sqlx::Result<u64> {
        let swept =
            sqlx::query("DELETE FROM knocks WHERE session_id IN (SELECT session_id FROM sessions WHERE ended_at < $1)")
                .bind(ended_before)
                .execute(self.pool())
                .await?;
        Ok(swept.rows_affected())
    }
}
