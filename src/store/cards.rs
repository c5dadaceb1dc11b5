//! The table `cards`: the one card of each session and what of it Discord has; with what a card is drawn from. Written
//! by the channel's sender alone, but for the row itself, which comes with the session.

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{
    Columns as _, Session, Store, big,
    lines::{Line, Told},
};

/// Where a card stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardState {
    /// To be posted; an earlier message of it is to be replaced.
    Wanted,
    /// A post left, or was about to; whether it arrived is unknown.
    Posting,
    Posted,
    /// Somebody deleted it, and it stays deleted.
    Deleted,
    /// There is no way to post it, until something changes.
    Undeliverable,
    /// Says its last word.
    Done,
}

impl CardState {
    const ALL: [Self; 6] = [Self::Wanted, Self::Posting, Self::Posted, Self::Deleted, Self::Undeliverable, Self::Done];

    fn code(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Posting => "posting",
            Self::Posted => "posted",
            Self::Deleted => "deleted",
            Self::Undeliverable => "undeliverable",
            Self::Done => "done",
        }
    }
}

/// A message of ours: by a webhook, or by the bot itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    pub message_id: u64,
    pub webhook_id: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRow {
    pub session: Session,
    /// The room's.
    pub title: String,
    pub state: CardState,
    /// The card; while it is wanted or being posted, the one it replaces.
    pub message: Option<Posted>,
    /// By Discord's clock: a post of unknown outcome is younger.
    pub posting_since: Option<i64>,
    pub posted_at: Option<i64>,
    /// The session version the card shows.
    pub sent_version: i64,
    /// Digest of what Discord shows; none: it is not known to be there.
    pub sent_look: Option<String>,
    pub due_at: Option<i64>,
    pub told: Told,
    pub line: Option<Line>,
    /// None: not tried yet.
    pub thread: Option<CardThread>,
    /// An earlier card, still to be deleted.
    pub replaced: Option<Posted>,
}

impl FromRow<'_, AnyRow> for CardRow {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let state: String = row.try_get("state")?;
        let line = posted(row, "line_message_id", "line_webhook_id")?.map(|message| {
            Ok::<_, sqlx::Error>(Line {
                message,
                thread: row.maybe_id("line_thread_id")?,
                started_at: row.try_get::<Option<i64>, _>("line_started_at")?.unwrap_or_default(),
                since: Told { number: row.try_get("line_from")?, at: row.try_get("line_from_at")? },
                look: row.try_get::<Option<String>, _>("line_look")?.unwrap_or_default(),
            })
        });
        Ok(Self {
            session: Session::from_row(row)?,
            title: row.try_get("title")?,
            state: CardState::ALL.into_iter().find(|known| known.code() == state).unwrap_or(CardState::Done),
            message: posted(row, "message_id", "webhook_id")?,
            posting_since: row.try_get("posting_since")?,
            posted_at: row.try_get("posted_at")?,
            sent_version: row.try_get("sent_version")?,
            sent_look: row.try_get("sent_look")?,
            due_at: row.try_get("due_at")?,
            told: Told { number: row.try_get("announced")?, at: row.try_get("announced_at")? },
            line: line.transpose()?,
            thread: CardThread::of(
                row.try_get::<Option<String>, _>("thread_state")?.as_deref(),
                row.maybe_id("thread_id")?,
            ),
            replaced: posted(row, "replaced_message_id", "replaced_webhook_id")?,
        })
    }
}

/// The message that two columns name, if any.
pub(super) fn posted(row: &AnyRow, message: &str, webhook: &str) -> sqlx::Result<Option<Posted>> {
    let webhook_id = row.maybe_id(webhook)?;
    Ok(row.maybe_id(message)?.map(|message_id| Posted { message_id, webhook_id }))
}

/// What a sender found nothing to send about, to be remembered: see [`Store::card_settled`].
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    pub version: i64,
    pub told: Told,
    pub due_at: Option<i64>,
}

/// Cards that a sender looks after.
macro_rules! living {
    () => {
        "cards.state IN ('wanted', 'posting', 'posted', 'deleted')"
    };
}

/// Something of it is to be sent, at $1.
macro_rules! due {
    () => {
        concat!(
            living!(),
            " AND (cards.state IN ('wanted', 'posting') OR sessions.version > cards.sent_version
                   OR sessions.version > cards.announced OR cards.due_at <= $1
                   OR cards.replaced_message_id IS NOT NULL)"
        )
    };
}

/// Reading.
impl Store {
    /// The channel's cards that still have something to say, oldest first.
    pub async fn living_cards(&self, channel_id: u64) -> sqlx::Result<Vec<CardRow>> {
        sqlx::query_as(concat!(
            "SELECT ",
            columns!(sessions),
            ", rooms.title, cards.state, cards.message_id, cards.webhook_id, cards.posting_since,
                    cards.posted_at, cards.sent_version, cards.sent_look, cards.due_at, cards.announced,
                    cards.announced_at, cards.line_message_id, cards.line_webhook_id, cards.line_started_at,
                    cards.line_from, cards.line_from_at, cards.line_look, cards.line_thread_id,
                    cards.thread_id, cards.thread_state, cards.replaced_message_id,
                    cards.replaced_webhook_id
               FROM cards JOIN sessions ON sessions.session_id = cards.session_id
                          JOIN rooms ON rooms.room_key = sessions.room_key
              WHERE cards.channel_id = $1 AND ",
            living!(),
            " ORDER BY sessions.opened_at, sessions.session_id LIMIT 100"
        ))
        .bind(big(channel_id))
        .fetch_all(self.pool())
        .await
    }

    /// Channels with a card that Discord may not show as it is.
    pub async fn channels_due(&self, now: i64) -> sqlx::Result<Vec<u64>> {
        self.channels(
            concat!(
                "SELECT DISTINCT cards.channel_id
                   FROM cards JOIN sessions ON sessions.session_id = cards.session_id
                  WHERE ",
                due!()
            ),
            Some(now),
        )
        .await
    }

    /// Cards that Discord may not show as they are.
    pub async fn cards_pending(&self, now: i64) -> sqlx::Result<u32> {
        let count: i64 = sqlx::query_scalar(concat!(
            "SELECT CAST(COUNT(*) AS BIGINT)
               FROM cards JOIN sessions ON sessions.session_id = cards.session_id
              WHERE ",
            due!()
        ))
        .bind(now)
        .fetch_one(self.pool())
        .await?;
        Ok(u32::try_from(count).unwrap_or_default())
    }

    /// Channels with a card that still has something to say.
    pub async fn channels_living(&self) -> sqlx::Result<Vec<u64>> {
        self.channels(concat!("SELECT DISTINCT cards.channel_id FROM cards WHERE ", living!()), None).await
    }

    async fn channels(&self, sql: &'static str, now: Option<i64>) -> sqlx::Result<Vec<u64>> {
        let query = sqlx::query_scalar::<_, i64>(sql);
        let query = if let Some(now) = now { query.bind(now) } else { query };
        Ok(query.fetch_all(self.pool()).await?.into_iter().map(i64::cast_unsigned).collect())
    }

    /// Where the session's card is.
    pub async fn card_channel(&self, session_id: &str) -> sqlx::Result<Option<u64>> {
        let channel: Option<i64> = sqlx::query_scalar("SELECT channel_id FROM cards WHERE session_id = $1")
            .bind(session_id)
            .fetch_optional(self.pool())
            .await?;
        Ok(channel.map(i64::cast_unsigned))
    }

    /// Whether the message is one that a card of the channel is, or was.
    pub async fn is_a_card(&self, channel_id: u64, message_id: u64) -> sqlx::Result<bool> {
        let known: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM cards WHERE channel_id = $1 AND (message_id = $2 OR replaced_message_id = $2)",
        )
        .bind(big(channel_id))
        .bind(big(message_id))
        .fetch_optional(self.pool())
        .await?;
        Ok(known.is_some())
    }
}

/// Writing.
impl Store {
    /// A first post is about to leave. `since` is Discord's time.
    pub async fn card_posting(&self, session_id: &str, since: i64) -> sqlx::Result<bool> {
        let changed = sqlx::query(
            "UPDATE cards SET state = 'posting', posting_since = $2 WHERE session_id = $1 AND state = 'wanted'",
        )
        .bind(session_id)
        .bind(since)
        .execute(self.pool())
        .await?;
        Ok(changed.rows_affected() == 1)
    }

    /// The post did not arrive.
    pub async fn card_not_posted(&self, session_id: &str) -> sqlx::Result<()> {
        sqlx::query(
            "UPDATE cards SET state = 'wanted', posting_since = NULL WHERE session_id = $1 AND state = 'posting'",
        )
        .bind(session_id)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// The post that left at `since` is there; what it replaces is to be deleted. Not so if another process had the
    /// card posted meanwhile.
    pub async fn card_posted(
        &self,
        session_id: &str,
        since: i64,
        message: Posted,
        version: i64,
        look: &str,
        now: i64,
    ) -> sqlx::Result<bool> {
        let posted = sqlx::query(
            "UPDATE cards SET state = 'posted', replaced_message_id = message_id, replaced_webhook_id = webhook_id,
                    message_id = $2, webhook_id = $3, posted_at = $6, posting_since = NULL, sent_version = $4,
                    sent_look = $5, problem = NULL, failed_at = NULL
              WHERE session_id = $1 AND state = 'posting' AND posting_since = $7",
        )
        .bind(session_id)
        .bind(big(message.message_id))
        .bind(message.webhook_id.map(big))
        .bind(version)
        .bind(look)
        .bind(now)
        .bind(since)
        .execute(self.pool())
        .await?;
        Ok(posted.rows_affected() == 1)
    }

    /// An edit is about to leave: what the card shows is not known, so that it is edited again should we never hear.
    pub async fn card_editing(&self, session_id: &str) -> sqlx::Result<()> {
        sqlx::query("UPDATE cards SET sent_look = '' WHERE session_id = $1 AND sent_look <> ''")
            .bind(session_id)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// The card now shows `version`.
    pub async fn card_edited(&self, session_id: &str, version: i64, look: &str) -> sqlx::Result<()> {
        sqlx::query("UPDATE cards SET sent_version = $2, sent_look = $3 WHERE session_id = $1")
            .bind(session_id)
            .bind(version)
            .bind(look)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Nothing of the session is to be sent: what it is at `version` is shown and told, until `due_at`. Not so if
    /// another process told more meanwhile.
    pub async fn card_settled(&self, session_id: &str, settled: Settled) -> sqlx::Result<()> {
        sqlx::query(
            "UPDATE cards SET sent_version = $2, announced = $3, announced_at = $4, due_at = $5
              WHERE session_id = $1 AND announced <= $3",
        )
        .bind(session_id)
        .bind(settled.version)
        .bind(settled.told.number)
        .bind(settled.told.at)
        .bind(settled.due_at)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// The card's message is to be replaced by a new one.
    pub async fn card_wanted_again(&self, session_id: &str) -> sqlx::Result<()> {
        sqlx::query("UPDATE cards SET state = 'wanted' WHERE session_id = $1 AND state = 'posted'")
            .bind(session_id)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Somebody deleted the card; where one was asked for since, it is posted anew. Not so where nothing can be posted
    /// meanwhile.
    pub async fn card_deleted(&self, session_id: &str) -> sqlx::Result<()> {
        sqlx::query(concat!(
            "UPDATE cards SET state = CASE WHEN sent_look IS NULL THEN 'wanted' ELSE 'deleted' END,
                              message_id = NULL, webhook_id = NULL, sent_look = NULL
              WHERE session_id = $1 AND ",
            living!()
        ))
        .bind(session_id)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    pub async fn card_done(&self, session_id: &str) -> sqlx::Result<()> {
        sqlx::query("UPDATE cards SET state = 'done', due_at = NULL WHERE session_id = $1")
            .bind(session_id)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// The earlier card is gone, or beyond us.
    pub async fn card_replaced(&self, session_id: &str) -> sqlx::Result<()> {
        sqlx::query("UPDATE cards SET replaced_message_id = NULL, replaced_webhook_id = NULL WHERE session_id = $1")
            .bind(session_id)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Discord will not take the session's card.
    pub async fn card_undeliverable(&self, session_id: &str, problem: &str, now: i64) -> sqlx::Result<()> {
        sqlx::query("UPDATE cards SET state = 'undeliverable', problem = $2, failed_at = $3 WHERE session_id = $1")
            .bind(session_id)
            .bind(problem)
            .bind(now)
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

/// What all cards of a channel share: whether they can be posted.
mod channel;
/// Who is in a session, as its card shows it.
mod crowd;
/// The thread at a card.
mod thread;

pub use crowd::Crowd;
pub use thread::CardThread;

#[cfg(test)]
mod tests;
