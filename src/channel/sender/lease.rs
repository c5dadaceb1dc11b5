//! One sender per channel, however many processes share a database: whoever writes holds the channel's lease, until
//! the channel is quiet again. So the channel's window holds over all of them, and no card is posted twice.

use std::time::Duration;

use crate::{channel::Shared, clock::millis, store::Engine};

/// How long it is taken for. A process that died is replaced after this.
const HELD: Duration = Duration::from_secs(20);
/// So much of it must be left when a request leaves, for that may take ten seconds. It is renewed every 8 seconds.
const LEFT: Duration = Duration::from_secs(12);

/// A process's claim to one channel.
#[derive(Debug)]
pub(super) struct Lease {
    name: String,
    /// By the monotonic clock; zero while it is not held.
    until: Duration,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Ours,
    /// Ours from now on: another process may have written since the database was read.
    OursAnew,
    Theirs,
}

impl Lease {
    pub fn of(channel_id: u64) -> Self {
        Self { name: format!("channel/{channel_id}"), until: Duration::ZERO }
    }

    /// Before a request leaves.
    pub async fn hold(&mut self, shared: &Shared) -> sqlx::Result<Turn> {
        // A SQLite file has one process.
        if shared.store.engine() == Engine::Sqlite {
            return Ok(Turn::Ours);
        }
        let (now, asked_at) = (shared.clock.unix_ms(), shared.clock.monotonic());
        if asked_at + LEFT <= self.until {
            return Ok(Turn::Ours);
        }
        let is_anew = asked_at >= self.until;
        let taken = shared.store.take_lease(&self.name, &shared.owner, now, now + millis(HELD)).await?;
        self.until = if taken { asked_at + HELD } else { Duration::ZERO };
        Ok(match (taken, is_anew) {
            (false, _) => Turn::Theirs,
            (true, true) => Turn::OursAnew,
            (true, false) => Turn::Ours,
        })
    }

    /// Nothing is left to send: the next may be another's, once the channel's window is as good as new at `quiet_at`.
    pub async fn let_go(&mut self, shared: &Shared, quiet_at: Duration) -> sqlx::Result<()> {
        let (now, at) = (shared.clock.unix_ms(), shared.clock.monotonic());
        let was_held = at < std::mem::take(&mut self.until);
        if !was_held {
            return Ok(());
        }
        match quiet_at.checked_sub(at).filter(|rest| !rest.is_zero()) {
            Some(rest) => shared.store.take_lease(&self.name, &shared.owner, now, now + millis(rest)).await.map(drop),
            None => shared.store.give_lease_back(&self.name, &shared.owner).await,
        }
    }
}
