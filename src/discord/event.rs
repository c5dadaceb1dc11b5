//! What the gateway says about who may see what, for the caches that answer it. Interactions come
//! another way.
//!
//! Discord delivers most of these only to those who hear of `GUILDS` and `GUILD_MODERATION`; member
//! updates need the privileged members intent. Over HTTP delivery none come at all, so nobody may
//! rely on them: they make caches fresher, not right.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serenity::model::{
    channel::GuildChannel,
    guild::{Member, Role},
};
use tokio::sync::mpsc;

use super::{ChannelId, GuildId, RoleId, UserId};

#[derive(Debug, Clone)]
pub enum Event {
    /// The guild as it is now: at the start of a gateway session, when the bot is added, after an outage.
    Guild(Arc<GuildFacts>),
    /// Name, owner or such changed.
    GuildUpdated {
        guild: GuildId,
        owner: UserId,
    },
    /// The bot was removed.
    GuildLeft {
        guild: GuildId,
    },
    /// Made or changed: overwrites, name, archived, locked. Also a thread.
    Channel(Box<GuildChannel>),
    /// Also a thread.
    ChannelDeleted {
        guild: GuildId,
        channel: ChannelId,
    },
    /// Somebody was added to or removed from a thread.
    ThreadMembers {
        guild: GuildId,
        thread: ChannelId,
        removed: Vec<UserId>,
    },
    Role(Box<Role>),
    RoleDeleted {
        guild: GuildId,
        role: RoleId,
    },
    /// Roles, nickname, time-out. With the members intent only.
    Member(Box<Member>),
    /// Left, kicked (members intent) or banned (always).
    MemberGone {
        guild: GuildId,
        user: UserId,
    },
    /// Events were missed: a session could not be resumed, or we fell behind. What is cached may be wrong.
    Missed,
}

/// What decides who sees which channel of a guild.
#[derive(Debug)]
pub struct GuildFacts {
    pub id: GuildId,
    pub owner: UserId,
    pub roles: Vec<Role>,
    pub channels: Vec<GuildChannel>,
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
