//! "Something about a session changed": the wake-up between steps of one process, and between processes.
//!
//! The database is the truth and every listener looks there; a lost wake-up only costs the time until
//! the listener's own sweep. So the bus is a bounded broadcast that may drop, and says so. What is said here
//! is heard here at once; on PostgreSQL it is also laid out for the other processes (`others`).

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, broadcast};

/// What other processes say and hear.
pub mod others;

/// What a listener is woken for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The session (our id) has a new version: people, facts, opening or end.
    Session {
        #[serde(with = "text")]
        session_id: Arc<str>,
        #[serde(with = "text")]
        room_key: Arc<str>,
    },
    /// One person's standing in a room changed (removed, role); pages of that person look again.
    Person {
        #[serde(with = "text")]
        room_key: Arc<str>,
        user_id: u64,
    },
    /// Somebody of that name may no longer be in the room's call, and could not be put out: its moderators are told.
    Lingers {
        #[serde(with = "text")]
        room_key: Arc<str>,
        #[serde(with = "text")]
        name: Arc<str>,
    },
}

mod text {
    use std::sync::Arc;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(text: &Arc<str>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<str>, D::Error> {
        Ok(String::deserialize(from)?.into())
    }
}

impl Change {
    fn room_key(&self) -> &str {
        match self {
            Self::Session { room_key, .. } | Self::Person { room_key, .. } | Self::Lingers { room_key, .. } => room_key,
        }
    }

    pub fn is_in(&self, room_key: &str) -> bool {
        self.room_key() == room_key
    }
}

/// Whose access may have changed in a server: there, in one of its channels, or one person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Access {
    pub guild_id: u64,
    pub channel_id: Option<u64>,
    pub user_id: Option<u64>,
}

/// What a listener heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// `None` means "some were missed: look at everything".
    pub change: Option<Change>,
    /// Another process said so, whose own listeners have heard it too.
    pub elsewhere: bool,
}

/// The bus. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Wake {
    bus: broadcast::Sender<Heard>,
    /// None where there is one process.
    others: Option<Arc<Outgoing>>,
}

/// Wake-ups a slow listener may fall behind by before it is told to look at everything.
const BACKLOG: usize = 1024;

/// What is laid out for others at most; beyond that they look at everything.
const OUTGOING_MAX: usize = 512;

impl Default for Wake {
    fn default() -> Self {
        Self { bus: broadcast::channel(BACKLOG).0, others: None }
    }
}

impl Wake {
    /// Other processes share the database; [`others::run`] tells them.
    pub fn among_others() -> Self {
        Self { others: Some(Arc::default()), ..Self::default() }
    }

    pub fn session(&self, session_id: &str, room_key: &str) {
        self.say(Change::Session { session_id: session_id.into(), room_key: room_key.into() });
    }

    pub fn person(&self, room_key: &str, user_id: u64) {
        self.say(Change::Person { room_key: room_key.into(), user_id });
    }

    pub fn lingers(&self, room_key: &str, name: &str) {
        self.say(Change::Lingers { room_key: room_key.into(), name: name.into() });
    }

    /// For others alone: whoever says it has told those here.
    pub fn access(&self, access: Access) {
        if let Some(others) = &self.others {
            others.add(Notice::Access(access));
        }
    }

    fn say(&self, change: Change) {
        if let Some(others) = &self.others {
            others.add(Notice::Change(change.clone()));
        }
        self.hand_on(Some(change), false);
    }

    fn hand_on(&self, change: Option<Change>, elsewhere: bool) {
        // No listener is no error: the sweep finds the change.
        let _ = self.bus.send(Heard { change, elsewhere });
    }

    pub fn listen(&self) -> Listener {
        Listener(self.bus.subscribe())
    }
}

/// One listener's place in the bus.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Heard>);

impl Listener {
    /// The next change, whoever said it; `None` means "some were missed: look at everything".
    pub async fn next(&mut self) -> Option<Change> {
        self.heard().await.change
    }

    pub async fn heard(&mut self) -> Heard {
        match self.0.recv().await {
            Ok(heard) => heard,
            Err(broadcast::error::RecvError::Lagged(_)) => Heard { change: None, elsewhere: false },
            // The sender lives as long as the app; when it is gone, so is the reason to listen.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// What processes tell each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Notice {
    Change(Change),
    Access(Access),
    /// More than was worth a list.
    Everything,
}

/// What others have not been told yet, each once.
#[derive(Debug, Default)]
struct Outgoing {
    waiting: Mutex<HashSet<Notice>>,
    rung: Notify,
}

impl Outgoing {
    fn add(&self, notice: Notice) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < OUTGOING_MAX {
            waiting.insert(notice);
        } else if !matches!(notice, Notice::Access(_)) {
            waiting.retain(|notice| matches!(notice, Notice::Access(_)));
            waiting.insert(Notice::Everything);
        }
        drop(waiting);
        self.rung.notify_one();
    }

    fn take(&self) -> HashSet<Notice> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_are_told_is_bounded() {
        let wake = Wake::among_others();
        let others = wake.others.clone().unwrap();
        for _ in 0..10_000 {
            wake.session("s", "r");
            wake.person("r", 7);
        }
        assert_eq!(others.take().len(), 2);
        for n in 0..10_000 {
            wake.session(&n.to_string(), "r");
            wake.access(Access { guild_id: n, channel_id: None, user_id: None });
        }
        let told = others.take();
        assert!(told.len() <= OUTGOING_MAX, "{}", told.len());
        assert!(told.contains(&Notice::Everything));
    }
}
