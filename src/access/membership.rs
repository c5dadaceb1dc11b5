//! Discord is asked who somebody is in a channel: at most once a minute for the same thing, and once for all who
//! wait for the same answer.
//!
//! In: a person and a place, interactions that Discord already vouched for, and what its gateway tells. Out:
//! [`Facts`], or [`Unreachable`] when Discord gives no answer. Of guests, our own tables are asked, so that nobody
//! else needs to know the difference.

use std::{sync::Arc, time::Duration};

use quick_cache::sync::Cache;
use serenity::model::{
    channel::{GuildChannel, PartialChannel},
    guild::Member,
};
use tokio::sync::broadcast;

use super::{
    facts::{Facts, InGuild, Kind},
    guests::{self, is_guest},
    permissions::{Guild, permissions_in},
    policy::Policy,
    roles::{self, Decision},
};
use crate::{
    clock::Clock,
    discord::{self, ChannelId, Event, GuildId, UserId},
    room::Place,
    store::Store,
    wake::{Access, Wake},
};

mod kept;

use kept::{Kept, Lookup};

/// How old an answer of Discord's may be.
const GOOD_FOR: Duration = Duration::from_secs(60);
/// How long who is inside may go by their last answer while Discord gives none.
const RENEW_FOR: Duration = Duration::from_secs(10 * 60);
/// Things kept of each sort.
const GUILDS: usize = 1_000;
const CHANNELS: usize = 4_000;
const PEOPLE: usize = 20_000;
/// Changes a listener may fall behind by before it is told that it missed some.
const BACKLOG: usize = 256;

/// Discord gives no answer. The log has the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Discord can't be asked: {0}")]
pub struct Unreachable(String);

/// Whose access may have changed: None stands for any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    guild_id: Option<u64>,
    user_id: Option<u64>,
}

impl Changed {
    pub fn concerns(self, user_id: u64, place: Place) -> bool {
        self.guild_id.is_none_or(|guild| guild == place.guild_id) && self.user_id.is_none_or(|user| user == user_id)
    }
}

/// What a place is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pub guild: String,
    pub channel: String,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Membership(Arc<Inner>);

struct Inner {
    discord: discord::Client,
    store: Store,
    clock: Clock,
    guilds: Lookup<u64, Guild>,
    channels: Lookup<u64, GuildChannel>,
    members: Lookup<(u64, u64), InGuild>,
    thread_members: Lookup<(u64, u64), ()>,
    /// By person and channel: vouched for by an interaction.
    vouched: Cache<(u64, u64), Kept<Facts>>,
    /// By person and channel: the last answer, for when there is none.
    last: Cache<(u64, u64), Kept<Facts>>,
    changes: broadcast::Sender<Changed>,
    wake: Wake,
    policy: Policy,
}

impl std::fmt::Debug for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Membership")
    }
}

impl Membership {
    pub fn new(discord: discord::Client, store: Store, clock: Clock, policy: Policy, wake: Wake) -> Self {
        Self(Arc::new(Inner {
            discord,
            store,
            guilds: Lookup::new(GUILDS, clock.clone()),
            channels: Lookup::new(CHANNELS, clock.clone()),
            members: Lookup::new(PEOPLE, clock.clone()),
            thread_members: Lookup::new(PEOPLE, clock.clone()),
            vouched: Cache::new(PEOPLE),
            last: Cache::new(PEOPLE),
            changes: broadcast::channel(BACKLOG).0,
            wake,
            clock,
            policy,
        }))
    }

    /// What an interaction says of who sent it: Discord has computed their permissions for its channel. Good for a
    /// minute for that person there.
    pub fn remember(&self, member: &Member, channel: &PartialChannel) -> Facts {
        let facts = Facts::of_interaction(member, channel, self.0.clock.unix_ms());
        let key = (member.user.id.get(), channel.id.get());
        let kept = Kept { value: facts.clone(), at: self.0.clock.monotonic() };
        self.0.vouched.insert(key, kept.clone());
        self.0.last.insert(key, kept);
        facts
    }

    /// What Discord says of `user_id` there, at most a minute old.
    pub async fn facts(&self, user_id: u64, place: Place) -> Result<Facts, Unreachable> {
        self.facts_within(user_id, place, GOOD_FOR).await
    }

    /// The same from an answer younger than `age`, of a minute at most.
    pub async fn facts_within(&self, user_id: u64, place: Place, age: Duration) -> Result<Facts, Unreachable> {
        if is_guest(user_id) {
            let facts = guests::facts(&self.0.store, &self.0.clock, user_id, place).await;
            return facts.map_err(|error| Unreachable(format!("the database about a guest: {error}")));
        }
        let age = age.min(GOOD_FOR);
        let key = (user_id, place.channel_id);
        if let Some(kept) = self.0.vouched.get(&key).filter(|kept| kept.is_younger(age, &self.0.clock)) {
            return Ok(kept.value);
        }
        let facts = self.ask(user_id, place, age).await?;
        self.0.last.insert(key, Kept { value: facts.clone(), at: self.0.clock.monotonic() });
        Ok(facts)
    }

    /// Whether [`Membership::facts_within`] would answer without a question about this very person.
    pub fn is_known(&self, user_id: u64, place: Place, age: Duration) -> bool {
        let age = age.min(GOOD_FOR);
        if is_guest(user_id) {
            return true;
        }
        let vouched = self.0.vouched.get(&(user_id, place.channel_id));
        vouched.is_some_and(|kept| kept.is_younger(age, &self.0.clock))
            || self.0.members.has(&(place.guild_id, user_id), age)
    }

    /// The last answer about them, for who is inside already and must not be put out because Discord is silent.
    pub fn facts_lately(&self, user_id: u64, place: Place) -> Option<Facts> {
        let kept = self.0.last.get(&(user_id, place.channel_id))?;
        kept.is_younger(RENEW_FOR, &self.0.clock).then_some(kept.value)
    }

    /// What somebody of whom that is said may do; the one place where it is decided.
    pub fn decide(&self, facts: &Facts) -> Decision {
        roles::decide(facts, &self.0.policy)
    }

    /// What guild and channel are called; empty where Discord doesn't say.
    pub async fn names(&self, place: Place) -> Result<Names, Unreachable> {
        let (guild, channel) =
            tokio::try_join!(self.guild(place.guild_id, GOOD_FOR), self.channel(place.channel_id, GOOD_FOR))?;
        Ok(Names {
            guild: guild.map(|guild| crate::words::clean(&guild.name)).unwrap_or_default(),
            channel: channel.map(|channel| crate::words::clean(&channel.name)).unwrap_or_default(),
        })
    }

    /// What the gateway tells: what it concerns is asked for again, and those who listen are told, everywhere.
    pub fn heard(&self, event: Event) {
        let (guild, channel, user) = match event {
            Event::GuildChanged { guild } | Event::GuildLeft { guild } => (guild, None, None),
            Event::ChannelChanged { guild, channel } | Event::ChannelDeleted { guild, channel } => {
                (guild, Some(channel.get()), None)
            }
            Event::MemberChanged { guild, user } | Event::MemberGone { guild, user } => (guild, None, Some(user.get())),
            Event::Missed => return self.missed(),
        };
        self.changed(Access { guild_id: guild.get(), channel_id: channel, user_id: user });
    }

    /// A guest's invitation was taken back, or (without `guest_id`) the guild's guests were switched off or on.
    pub fn guest_changed(&self, guild_id: u64, guest_id: Option<u64>) {
        self.changed(Access { guild_id, channel_id: None, user_id: guest_id });
    }

    fn changed(&self, access: Access) {
        self.changed_elsewhere(access);
        self.0.wake.access(access);
    }

    /// Another process heard of it.
    pub fn changed_elsewhere(&self, access: Access) {
        let Access { guild_id, channel_id, user_id } = access;
        let inner = &self.0;
        match (channel_id, user_id) {
            (Some(channel), _) => {
                inner.channels.forget(&channel);
                inner.thread_members.forget_where(|(thread, _)| *thread == channel);
            }
            (None, Some(user)) => inner.members.forget(&(guild_id, user)),
            (None, None) => inner.guilds.forget(&guild_id),
        }
        self.tell(Changed { guild_id: Some(guild_id), user_id });
    }

    /// Anything may have changed.
    fn missed(&self) {
        let inner = &self.0;
        inner.guilds.forget_where(|_| true);
        inner.channels.forget_where(|_| true);
        inner.members.forget_where(|_| true);
        inner.thread_members.forget_where(|_| true);
        self.tell(Changed { guild_id: None, user_id: None });
    }

    fn tell(&self, changed: Changed) {
        // What an interaction vouched for is not kept by guild: where nobody is named, all are asked for again.
        self.0.vouched.retain(|(user, _), _| changed.user_id.is_some_and(|changed| changed != *user));
        // Nobody listening is no error.
        let _ = self.0.changes.send(changed);
    }

    /// Whose access may have changed, from now on. Discord's side of it only with a gateway, and then
    /// not everything: a hint.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.0.changes.subscribe()
    }

    /// Answers too old to count take up memory for nothing.
    pub fn forget_old(&self) {
        let inner = &self.0;
        inner.guilds.forget_old(GOOD_FOR);
        inner.channels.forget_old(GOOD_FOR);
        inner.members.forget_old(GOOD_FOR);
        inner.thread_members.forget_old(GOOD_FOR);
        inner.vouched.retain(|_, kept| kept.is_younger(GOOD_FOR, &inner.clock));
        inner.last.retain(|_, kept| kept.is_younger(RENEW_FOR, &inner.clock));
    }

    /// How many answers of each sort are kept.
    pub fn kept(&self) -> [(&'static str, usize); 6] {
        let inner = &self.0;
        [
            ("guilds", inner.guilds.kept()),
            ("channels", inner.channels.kept()),
            ("members", inner.members.kept()),
            ("thread_members", inner.thread_members.kept()),
            ("vouched", inner.vouched.len()),
            ("lately", inner.last.len()),
        ]
    }

    async fn ask(&self, user_id: u64, place: Place, age: Duration) -> Result<Facts, Unreachable> {
        let (guild, channel, member) = tokio::try_join!(
            self.guild(place.guild_id, age),
            self.channel(place.channel_id, age),
            self.member(place.guild_id, user_id, age)
        )?;
        // No guild or channel: it is gone, or the bot may not see it, and then may let nobody in.
        let (Some(guild), Some(channel), Some(member)) = (guild, channel, member) else {
            return Ok(Facts::stranger(user_id));
        };
        if channel.guild_id.get() != place.guild_id {
            return Ok(Facts::stranger(user_id));
        }
        let joined = match Kind::of(channel.kind, false) {
            Kind::PrivateThread { .. } => self.thread_member(place.channel_id, user_id, age).await?,
            _ => false,
        };
        let kind = Kind::of(channel.kind, joined);
        let parent = match (kind, channel.parent_id) {
            (Kind::PublicThread | Kind::PrivateThread { .. }, Some(parent)) => {
                match self.channel(parent.get(), age).await? {
                    Some(parent) => Some(parent),
                    None => return Ok(Facts::stranger(user_id)),
                }
            }
            _ => None,
        };
        let overwrites = &parent.as_ref().unwrap_or(&channel).permission_overwrites;
        let permissions = permissions_in(&guild, overwrites, user_id, member.roles.iter().copied());
        Ok(Facts::of_member(&member, permissions, kind, self.0.clock.unix_ms()))
    }

    async fn guild(&self, guild_id: u64, age: Duration) -> Result<Option<Arc<Guild>>, Unreachable> {
        let discord = self.0.discord.clone();
        let ask = async move { Ok(Guild::from(discord.guild(GuildId::new(guild_id)).await?)) };
        self.0.guilds.get(guild_id, age, ask).await
    }

    async fn channel(&self, channel_id: u64, age: Duration) -> Result<Option<Arc<GuildChannel>>, Unreachable> {
        let discord = self.0.discord.clone();
        self.0.channels.get(channel_id, age, async move { discord.channel(ChannelId::new(channel_id)).await }).await
    }

    async fn member(&self, guild_id: u64, user_id: u64, age: Duration) -> Result<Option<Arc<InGuild>>, Unreachable> {
        let discord = self.0.discord.clone();
        let ask =
            async move { Ok(InGuild::from(&discord.member(GuildId::new(guild_id), UserId::new(user_id)).await?)) };
        self.0.members.get((guild_id, user_id), age, ask).await
    }

    async fn thread_member(&self, thread_id: u64, user_id: u64, age: Duration) -> Result<bool, Unreachable> {
        let discord = self.0.discord.clone();
        let ask = async move { discord.thread_member(ChannelId::new(thread_id), UserId::new(user_id)).await.map(drop) };
        Ok(self.0.thread_members.get((thread_id, user_id), age, ask).await?.is_some())
    }
}

#[cfg(test)]
mod tests;
