//! The columns of `cards` about the thread at the card.

use crate::store::{Store, big};

/// The thread at a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardThread {
    Open(u64),
    /// None can be had there: lines go into the channel.
    Unfit,
    /// Somebody closed or deleted it: there are no more lines.
    Closed,
}

impl CardThread {
    pub(super) fn of(state: Option<&str>, id: Option<u64>) -> Option<Self> {
        match (state?, id) {
            ("open", Some(id)) => Some(Self::Open(id)),
            ("closed", _) => Some(Self::Closed),
            _ => Some(Self::Unfit),
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Unfit => "unfit",
            Self::Closed => "closed",
        }
    }
}

impl Store {
    /// What became of the thread at the card.
    pub async fn card_thread(&self, session_id: &str, thread: CardThread) -> sqlx::Result<()> {
        let id = if let CardThread::Open(id) = thread { Some(big(id)) } else { None };
        sqlx::query("UPDATE cards SET thread_state = $2, thread_id = COALESCE($3, thread_id) WHERE session_id = $1")
            .bind(session_id)
            .bind(thread.code())
            .bind(id)
            .execute(self.pool())
            .await?;
        Ok(())
    }
}
