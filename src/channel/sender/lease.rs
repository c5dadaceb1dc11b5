//! One sender per channel, however many processes share a database: whoever writes holds the channel's lease, until
//! the channel is quiet again. So the channel's window holds over all of them, and no card is posted twice.

use std::sync::Arc;

use crate::{channel::Shared, lease::Lease, store::Engine};

/// A process's claim to one channel.
#[derive(Debug)]
pub(super) struct Claim {
    name: String,
    held: Option<Arc<Lease>>,
}

/// Whose turn it is.
#[derive(Debug, Clone)]
pub(super) enum Turn {
    Ours,
    /// Ours from now on: another process may have written since the database was read.
    OursAnew(Arc<Lease>),
    Theirs,
}

impl Claim {
    pub fn to(channel_id: u64) -> Self {
        Self { name: format!("channel/{channel_id}"), held: None }
    }

    /// Before a request leaves.
    pub async fn hold(&mut self, shared: &Shared) -> sqlx::Result<Turn> {
        // A SQLite file has one process.
        if shared.store.engine() == Engine::Sqlite || self.held.as_ref().is_some_and(|lease| lease.is_ours()) {
            return Ok(Turn::Ours);
        }
        self.held = shared.leases.take(&self.name).await?.map(Arc::new);
        Ok(self.held.clone().map_or(Turn::Theirs, Turn::OursAnew))
    }

    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Nothing is left to send, and the channel's window is as good as new: the next may be another's.
    pub fn let_go(&mut self) {
        self.held = None;
    }
}
