//! What Discord says about one person in one channel. In: Discord's objects. Out: [`Facts`], all that a decision
//! and a greeting need.

use std::sync::Arc;

use serenity::model::{
    Permissions,
    channel::{ChannelType, PartialChannel},
    guild::Member,
    user::User,
};

use crate::role::Role;

/// Everything a role is decided from. Pure data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub person: Person,
    /// Whether they are in the guild. Without it the other facts mean nothing.
    pub member: bool,
    /// In the channel, overwrites included; a thread's are its parent's.
    pub permissions: Permissions,
    /// Ids of their roles, and of @everyone's, which is the guild's own.
    pub roles: Arc<[u64]>,
    pub kind: Kind,
    pub timed_out: bool,
    /// They opened the present session.
    pub opened: bool,
    /// A moderator removed them from the present session.
    pub removed: bool,
    /// A moderator let them into the present session to see and hear.
    pub watches: bool,
    /// Of a guest: all that counts.
    pub invitation: Option<Invitation>,
}

/// How a guest stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invitation {
    /// A moderator let them in as this, until then (Unix milliseconds).
    Good { role: Role, until: i64 },
    /// It ran out or was taken back, guests were switched off, or there never was one.
    Over,
}

/// Who they are, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub user_id: u64,
    /// Guild nickname, else global name, else username.
    pub name: String,
    /// Where Discord keeps their picture, below the address of all pictures.
    pub picture: Option<String>,
}

/// What kind of channel the room belongs to, as far as access differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Also a forum's post.
    PublicThread,
    PrivateThread {
        /// They were added to it.
        joined: bool,
    },
    Voice,
    Stage,
}

/// What is kept of a guild's member. Discord's own object of one is ten times as large, and many are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InGuild {
    pub person: Person,
    /// As [`Facts::roles`].
    pub roles: Arc<[u64]>,
    /// Unix milliseconds.
    timed_out_until: Option<i64>,
}

impl From<&Member> for InGuild {
    fn from(member: &Member) -> Self {
        Self {
            person: Person::of(member),
            roles: member.roles.iter().map(|role| role.get()).chain([member.guild_id.get()]).collect(),
            timed_out_until: member.communication_disabled_until.map(|until| until.unix_timestamp() * 1000),
        }
    }
}

impl Facts {
    /// Of a person who is not in the guild, or whom Discord doesn't know.
    pub fn stranger(user_id: u64) -> Self {
        Self {
            person: Person { user_id, name: String::new(), picture: None },
            member: false,
            permissions: Permissions::empty(),
            roles: Arc::default(),
            kind: Kind::Text,
            timed_out: false,
            opened: false,
            removed: false,
            watches: false,
            invitation: None,
        }
    }

    /// From an interaction: Discord has computed the permissions for its channel, and whoever can press a button in
    /// a private thread is in it.
    pub(super) fn of_interaction(member: &Member, channel: &PartialChannel, now_ms: i64) -> Self {
        let permissions = member.permissions.unwrap_or_default();
        Self::of_member(&InGuild::from(member), permissions, Kind::of(channel.kind, true), now_ms)
    }

    pub(super) fn of_member(member: &InGuild, permissions: Permissions, kind: Kind, now_ms: i64) -> Self {
        Self {
            person: member.person.clone(),
            member: true,
            permissions,
            roles: Arc::clone(&member.roles),
            kind,
            // Administrators and owners can't be timed out; one who became one since is heard again.
            timed_out: member.timed_out_until.is_some_and(|until| until > now_ms) && !permissions.administrator(),
            opened: false,
            removed: false,
            watches: false,
            invitation: None,
        }
    }

    /// With the standing in the room's present session.
    pub fn in_session(mut self, opened_by: Option<u64>, removed: bool, watches: bool) -> Self {
        self.opened = opened_by == Some(self.person.user_id);
        self.removed = removed;
        self.watches = watches;
        self
    }
}

impl Kind {
    pub(super) fn of(kind: ChannelType, joined: bool) -> Self {
        match kind {
            ChannelType::PublicThread | ChannelType::NewsThread => Self::PublicThread,
            ChannelType::PrivateThread => Self::PrivateThread { joined },
            ChannelType::Voice => Self::Voice,
            ChannelType::Stage => Self::Stage,
            _ => Self::Text,
        }
    }
}

impl Person {
    fn of(member: &Member) -> Self {
        Self {
            user_id: member.user.id.get(),
            name: name_of(member.nick.as_deref(), &member.user),
            picture: picture_of(member),
        }
    }
}

fn name_of(nick: Option<&str>, user: &User) -> String {
    let names = [nick, user.global_name.as_deref(), Some(&user.name)];
    let readable = names.into_iter().flatten().map(crate::words::clean).find(|name| !name.is_empty());
    readable.unwrap_or_else(|| user.id.to_string())
}

/// The guild's picture of them first. None for who has neither: the page draws initials.
/// <https://discord.com/developers/docs/reference#image-formatting>
fn picture_of(member: &Member) -> Option<String> {
    let (guild, user) = (member.guild_id, member.user.id);
    let of_guild = member.avatar.map(|hash| format!("guilds/{guild}/users/{user}/avatars/{hash}.webp"));
    of_guild.or_else(|| member.user.avatar.map(|hash| format!("avatars/{user}/{hash}.webp")))
}
