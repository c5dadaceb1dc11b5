//! Permissions as Discord computes them. <https://discord.com/developers/docs/topics/permissions>

use super::{
    id::Id,
    state::{Channel, Kind, State},
};

/// Names with their bits, as documented.
const NAMES: [(&str, u32); 50] = [
    ("CREATE_INSTANT_INVITE", 0),
    ("KICK_MEMBERS", 1),
    ("BAN_MEMBERS", 2),
    ("ADMINISTRATOR", 3),
    ("MANAGE_CHANNELS", 4),
    ("MANAGE_GUILD", 5),
    ("ADD_REACTIONS", 6),
    ("VIEW_AUDIT_LOG", 7),
    ("PRIORITY_SPEAKER", 8),
    ("STREAM", 9),
    ("VIEW_CHANNEL", 10),
    ("SEND_MESSAGES", 11),
    ("SEND_TTS_MESSAGES", 12),
    ("MANAGE_MESSAGES", 13),
    ("EMBED_LINKS", 14),
    ("ATTACH_FILES", 15),
    ("READ_MESSAGE_HISTORY", 16),
    ("MENTION_EVERYONE", 17),
    ("USE_EXTERNAL_EMOJIS", 18),
    ("VIEW_GUILD_INSIGHTS", 19),
    ("CONNECT", 20),
    ("SPEAK", 21),
    ("MUTE_MEMBERS", 22),
    ("DEAFEN_MEMBERS", 23),
    ("MOVE_MEMBERS", 24),
    ("USE_VAD", 25),
    ("CHANGE_NICKNAME", 26),
    ("MANAGE_NICKNAMES", 27),
    ("MANAGE_ROLES", 28),
    ("MANAGE_WEBHOOKS", 29),
    ("MANAGE_GUILD_EXPRESSIONS", 30),
    ("USE_APPLICATION_COMMANDS", 31),
    ("REQUEST_TO_SPEAK", 32),
    ("MANAGE_EVENTS", 33),
    ("MANAGE_THREADS", 34),
    ("CREATE_PUBLIC_THREADS", 35),
    ("CREATE_PRIVATE_THREADS", 36),
    ("USE_EXTERNAL_STICKERS", 37),
    ("SEND_MESSAGES_IN_THREADS", 38),
    ("USE_EMBEDDED_ACTIVITIES", 39),
    ("MODERATE_MEMBERS", 40),
    ("VIEW_CREATOR_MONETIZATION_ANALYTICS", 41),
    ("USE_SOUNDBOARD", 42),
    ("CREATE_GUILD_EXPRESSIONS", 43),
    ("CREATE_EVENTS", 44),
    ("USE_EXTERNAL_SOUNDS", 45),
    ("SEND_VOICE_MESSAGES", 46),
    ("SET_VOICE_CHANNEL_STATUS", 48),
    ("SEND_POLLS", 49),
    ("USE_EXTERNAL_APPS", 50),
];

pub const ADMINISTRATOR: u64 = 1 << 3;
pub const MANAGE_CHANNELS: u64 = 1 << 4;
pub const VIEW_CHANNEL: u64 = 1 << 10;
pub const SEND_MESSAGES: u64 = 1 << 11;
pub const MANAGE_MESSAGES: u64 = 1 << 13;
pub const EMBED_LINKS: u64 = 1 << 14;
pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
pub const MENTION_EVERYONE: u64 = 1 << 17;
pub const CONNECT: u64 = 1 << 20;
pub const MANAGE_WEBHOOKS: u64 = 1 << 29;
pub const USE_APPLICATION_COMMANDS: u64 = 1 << 31;
pub const MANAGE_THREADS: u64 = 1 << 34;
pub const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
pub const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;

/// What somebody timed out keeps.
const TIMED_OUT: u64 = VIEW_CHANNEL | READ_MESSAGE_HISTORY;

/// What people may do in their conversation with the bot.
const IN_DM: u64 = VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | READ_MESSAGE_HISTORY
    | USE_APPLICATION_COMMANDS
    | (1 << 15)
    | (1 << 6)
    | (1 << 18);

/// Every permission there is.
pub fn all() -> u64 {
    NAMES.iter().fold(0, |all, (_, bit)| all | (1 << bit))
}

/// The bits of these names.
///
/// # Panics
///
/// When Discord knows no permission of that name.
pub fn named(names: &[&str]) -> u64 {
    names.iter().fold(0, |bits, name| {
        let known = NAMES.iter().find(|(known, _)| known == name);
        let (_, bit) = known.unwrap_or_else(|| panic!("Discord has no permission {name}"));
        bits | (1 << bit)
    })
}

/// What a channel changes for a role or a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overwrite {
    /// A role, or a member.
    pub of: Id,
    pub is_member: bool,
    pub allow: u64,
    pub deny: u64,
}

/// Denials and allowances of one step: within a step an allowance wins.
#[derive(Default)]
struct Step {
    allow: u64,
    deny: u64,
}

impl Step {
    fn add(&mut self, overwrite: &Overwrite) {
        self.allow |= overwrite.allow;
        self.deny |= overwrite.deny;
    }

    fn after(&self, before: u64) -> u64 {
        (before & !self.deny) | self.allow
    }
}

impl State {
    /// What `user` may do in `channel`; nothing for who is not in the guild. A private thread's membership is
    /// [`State::sees`]' business.
    pub fn permissions(&self, user: Id, channel: &Channel) -> u64 {
        if channel.kind == Kind::Dm {
            return if channel.recipient == Some(user) || user == self.bot { IN_DM } else { 0 };
        }
        let Some(member) = self.members.get(&user) else { return 0 };
        let base = self.base_permissions(user);
        if base & ADMINISTRATOR != 0 || user == self.guild.owner {
            return all();
        }
        let Some(home) = self.home(channel) else { return 0 };
        let (mut everyone, mut roles, mut own) = (Step::default(), Step::default(), Step::default());
        for overwrite in &home.overwrites {
            match overwrite {
                Overwrite { of, is_member: true, .. } if *of == user => own.add(overwrite),
                Overwrite { is_member: true, .. } => {}
                Overwrite { of, .. } if *of == self.guild.id => everyone.add(overwrite),
                Overwrite { of, .. } if member.roles.contains(of) => roles.add(overwrite),
                Overwrite { .. } => {}
            }
        }
        let bits = own.after(roles.after(everyone.after(base)));
        if member.timed_out_until > self.now() { bits & TIMED_OUT } else { bits }
    }

    /// What the roles of `user` allow in the whole guild.
    pub fn base_permissions(&self, user: Id) -> u64 {
        let Some(member) = self.members.get(&user) else { return 0 };
        if user == self.guild.owner {
            return all();
        }
        let of = |role: &Id| self.roles.get(role).map_or(0, |role| role.permissions);
        let bits = member.roles.iter().map(of).fold(of(&self.guild.id), |bits, role| bits | role);
        if bits & ADMINISTRATOR != 0 { all() } else { bits }
    }

    /// Whether the channel is there for `user` at all.
    pub fn sees(&self, user: Id, channel: &Channel) -> bool {
        let bits = self.permissions(user, channel);
        let is_in = || channel.thread.as_ref().is_some_and(|thread| thread.members.contains_key(&user));
        bits & VIEW_CHANNEL != 0 && (channel.kind != Kind::PrivateThread || bits & MANAGE_THREADS != 0 || is_in())
    }

    /// Whether `user` may write there.
    pub fn may_send(&self, user: Id, channel: &Channel) -> bool {
        let needed = if channel.thread.is_some() { SEND_MESSAGES_IN_THREADS } else { SEND_MESSAGES };
        let bits = self.permissions(user, channel);
        let locked = channel.thread.as_ref().is_some_and(|thread| thread.locked);
        channel.kind != Kind::Forum
            && self.sees(user, channel)
            && bits & needed != 0
            && (!locked || bits & MANAGE_THREADS != 0)
    }

    /// The channel whose overwrites hold: a thread's parent.
    pub fn home<'a>(&'a self, channel: &'a Channel) -> Option<&'a Channel> {
        if channel.thread.is_some() { self.channels.get(&channel.parent?) } else { Some(channel) }
    }
}
