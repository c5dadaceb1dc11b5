//! "Something about a session changed": the wake-up between steps of one process.
//!
//! The database is the truth and every listener looks there; a lost wake-up only costs the time until
//! the listener's own sweep. So the bus is a bounded broadcast that may drop, and says so.

use std::sync::Arc;

use tokio::sync::broadcast;

/// What a listener is woken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The session (our id) has a new version: people, facts, opening or end.
    Session { session_id: Arc<str>, room_key: Arc<str> },
    /// One person's standing in a room changed (removed, role); pages of that person look again.
    Person { room_key: Arc<str>, user_id: u64 },
    /// Somebody of that name may no longer be in the room's call, and could not be put out: its moderators are told.
    Lingers { room_key: Arc<str>, name: Arc<str> },
}

/// The bus. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Wake(broadcast::Sender<Change>);

/// Wake-ups a slow listener may fall behind by before it is told to look at everything.
const BACKLOG: usize = 1024;

impl Default for Wake {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Wake {
    pub fn session(&self, session_id: &str, room_key: &str) {
        // No listener is no error: the sweep finds the change.
        let _ = self.0.send(Change::Session { session_id: session_id.into(), room_key: room_key.into() });
    }

    pub fn person(&self, room_key: &str, user_id: u64) {
        let _ = self.0.send(Change::Person { room_key: room_key.into(), user_id });
    }

    pub fn lingers(&self, room_key: &str, name: &str) {
        let _ = self.0.send(Change::Lingers { room_key: room_key.into(), name: name.into() });
    }

    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

/// One listener's place in the bus.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Change>);

impl Listener {
    /// The next change; `None` means "some were missed: look at everything".
    pub async fn next(&mut self) -> Option<Change> {
        match self.0.recv().await {
            Ok(change) => Some(change),
            Err(broadcast::error::RecvError::Lagged(_)) => None,
            // The sender lives as long as the app; when it is gone, so is the reason to listen.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
