//! What is known of one person goes when they ask for it. What has ended loses their name and id; what is running keeps
//! them, for who is inside and who was put out must be known while it runs.

use super::{Store, big};

/// What became of it, in rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub tickets: u64,
    pub stays: u64,
    pub events: u64,
    /// Calls they opened.
    pub sessions: u64,
    /// Removals: of them, and by them.
    pub refusals: u64,
    /// Invitations: theirs, and by them.
    pub guests: u64,
    /// Knocks: theirs, and those they decided about.
    pub knocks: u64,
    /// Calls that are running and know them.
    pub running: u64,
}

/// In the place of a name.
const NOBODY: &str = "—";

const NAMED: [&str; 3] = [
    "UPDATE stays SET user_id = NULL, name = $2
      WHERE user_id = $1 AND session_id IN (SELECT session_id FROM sessions WHERE ended_at IS NOT NULL)",
    "UPDATE events SET user_id = NULL, name = $2
      WHERE user_id = $1 AND session_id IN (SELECT session_id FROM sessions WHERE ended_at IS NOT NULL)",
    "UPDATE sessions SET opened_by = 0, opened_by_name = $2 WHERE opened_by = $1 AND ended_at IS NOT NULL",
];

const NAMELESS: [&str; 7] = [
    "DELETE FROM tickets WHERE user_id = $1",
    "DELETE FROM refusals
      WHERE user_id = $1 AND session_id IN (SELECT session_id FROM sessions WHERE ended_at IS NOT NULL)",
    "UPDATE refusals SET by_user_id = 0
      WHERE by_user_id = $1 AND session_id IN (SELECT session_id FROM sessions WHERE ended_at IS NOT NULL)",
    "DELETE FROM guests WHERE guest_id = $1",
    "UPDATE guests SET invited_by = 0 WHERE invited_by = $1",
    "DELETE FROM knocks WHERE user_id = $1 AND state <> 'open'",
    "UPDATE knocks SET decided_by = NULL WHERE decided_by = $1",
];

const RUNNING: &str = "SELECT COUNT(*) FROM sessions
    WHERE ended_at IS NULL
      AND (opened_by = $1
           OR session_id IN (SELECT session_id FROM stays WHERE user_id = $1)
           OR session_id IN (SELECT session_id FROM refusals WHERE user_id = $1))";

impl Store {
    /// Forgets `user_id`, as one change.
    pub async fn forget_person(&self, user_id: u64) -> sqlx::Result<Forgotten> {
        let user = big(user_id);
        let mut transaction = self.pool().begin().await?;
        let mut rows = Vec::with_capacity(NAMED.len() + NAMELESS.len());
        for sql in NAMED {
            let done = sqlx::query(sql).bind(user).bind(NOBODY).execute(&mut *transaction).await?;
            rows.push(done.rows_affected());
        }
        for sql in NAMELESS {
            rows.push(sqlx::query(sql).bind(user).execute(&mut *transaction).await?.rows_affected());
        }
        let running: i64 = sqlx::query_scalar(RUNNING).bind(user).fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        let [stays, events, sessions, tickets, of_them, by_them, guest, invited, knocked, decided] = rows[..] else {
            unreachable!("a count for each statement");
        };
        let running = u64::try_from(running).unwrap_or_default();
        let (refusals, guests, knocks) = (of_them + by_them, guest + invited, knocked + decided);
        Ok(Forgotten { tickets, stays, events, sessions, refusals, guests, knocks, running })
    }
}
