//! What the gateway says has changed about who may see what, for the caches that answer it.
//!
//! Events name what changed and never say how it is now, so that late and repeated ones, which a session that is
//! taken up again brings, do no harm. Whoever keeps an answer drops it and asks again. Most events need the `GUILDS` and `GUILD_MODERATION` intents,
//! member updates the privileged members intent, and with HTTP delivery none come at all: they make
//! caches fresher, not right.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::mpsc;

use super::{ChannelId, GuildId, UserId};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Its owner or roles changed, or the bot has (again) access to it.
    GuildChanged {
        guild: GuildId,
    },
    /// The bot was removed.
    GuildLeft {
        guild: GuildId,
    },
    /// A channel or thread: overwrites, name, archived, locked, who is in a private thread.
    ChannelChanged {
        guild: GuildId,
        channel: ChannelId,
    },
    ChannelDeleted {
        guild: GuildId,
        channel: ChannelId,
    },
    /// A member's roles, nickname or time-out. Needs the members intent.
    MemberChanged {
        guild: GuildId,
        user: UserId,
    },
    /// Left or kicked (members intent), or banned.
    MemberGone {
        guild: GuildId,
        user: UserId,
    },
    /// A new gateway session, or we fell behind: anything may have changed.
    Missed,
}

/// Events a slow listener may fall behind by.
const BACKLOG: usize = 1024;

/// Where the gateway puts its events: never waits, and says so when it had to leave some out.
#[derive(Debug, Clone)]
pub struct Events {
    sender: mpsc::Sender<Event>,
    missed: Arc<AtomicBool>,
}

impl Events {
    pub fn channel() -> (Self, mpsc::Receiver<Event>) {
        let (sender, receiver) = mpsc::channel(BACKLOG);
        (Self { sender, missed: Arc::default() }, receiver)
    }

    pub fn send(&self, event: Event) {
        if self.missed.load(Ordering::Acquire) && self.sender.try_send(Event::Missed).is_ok() {
            self.missed.store(false, Ordering::Release);
        }
        // A listener that has gone needs no events; one that is behind is told with the next.
        if let Err(mpsc::error::TrySendError::Full(_)) = self.sender.try_send(event) {
            self.missed.store(true, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_listener_is_told_that_it_missed_some() {
        let (events, mut receiver) = Events::channel();
        for _ in 0..BACKLOG + 10 {
            events.send(Event::GuildLeft { guild: GuildId::new(1) });
        }
        for _ in 0..BACKLOG {
            assert!(matches!(receiver.recv().await, Some(Event::GuildLeft { .. })));
        }
        events.send(Event::GuildLeft { guild: GuildId::new(2) });
        assert!(matches!(receiver.recv().await, Some(Event::Missed)));
        assert!(matches!(receiver.recv().await, Some(Event::GuildLeft { guild }) if guild == GuildId::new(2)));
    }
}
