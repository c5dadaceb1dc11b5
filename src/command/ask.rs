//! What somebody asks of us, read from their interaction once. In: serenity's interaction. Out: an [`Ask`], all
//! that answering takes, also after a restart; or a refusal that needs no more looking.

use serde::{Deserialize, Serialize};
use serenity::{
    all::{AuthorizingIntegrationOwner, CommandInteraction, ComponentInteraction},
    model::{
        Permissions,
        channel::{ChannelType, PartialChannel},
        guild::Member,
    },
};
use url::Url;

use super::{
    JOIN,
    register::{ROOM, TOPIC, VIDEO},
    reply::{Posting, Refusal, TOPIC_MAX},
};
use crate::{
    discord::{self, ChannelId},
    room::{Place, RoomName, Wanted},
    words::{self, Locale},
};

/// One request. It is stored beside a promised answer, so it holds ids and words, nothing of the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ask {
    pub what: What,
    pub guild_id: u64,
    pub channel_id: u64,
    pub channel_name: String,
    /// Whose webhook posts there: a thread's is its parent's.
    pub webhook_channel_id: u64,
    pub user_id: u64,
    locale: String,
    guild_locale: String,
    pub posting: Posting,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    Video { room: Option<String>, topic: Option<String> },
    Join { room_key: String },
}

/// An interaction's own word on who sent it, where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vouched<'a> {
    pub member: &'a Member,
    pub channel: &'a PartialChannel,
}

impl Ask {
    pub fn locale(&self) -> Locale {
        Locale::from_discord(&self.locale)
    }

    pub fn guild_locale(&self) -> Locale {
        Locale::from_discord(&self.guild_locale)
    }

    pub fn place(&self) -> Place {
        Place { guild_id: self.guild_id, channel_id: self.channel_id }
    }

    pub fn wanted<'a>(&'a self, name: Option<&'a RoomName>) -> Wanted<'a> {
        Wanted { place: self.place(), name, channel_name: &self.channel_name }
    }

    /// `/video`, with who sent it. `api_url` is where an admin would add the bot.
    pub fn of_command<'a>(command: &'a CommandInteraction, api_url: &Url) -> Result<(Self, Vouched<'a>), Refusal> {
        if command.data.name != VIDEO {
            return Err(Refusal::Unknown);
        }
        let vouched = vouched(command.member.as_deref(), command.channel.as_ref())?;
        // With a user's own install the command works where the bot isn't: nobody there can tell who may come in.
        let owners = &command.authorizing_integration_owners.0;
        let of_guild = |owner: &AuthorizingIntegrationOwner| matches!(owner, AuthorizingIntegrationOwner::GuildInstall(guild) if *guild == command.guild_id);
        if !owners.iter().any(of_guild) {
            let invite = discord::invite(api_url, command.application_id, command.guild_id);
            return Err(Refusal::NoBot { invite });
        }
        let option = |name| {
            let given = command.data.options.iter().find(|option| option.name == name);
            given.and_then(|option| option.value.as_str())
        };
        let topic = words::clean(option(TOPIC).unwrap_or_default());
        if topic.chars().count() > TOPIC_MAX {
            return Err(Refusal::TopicTooLong);
        }
        // Checked here, so that what is stored is bounded.
        let room = option(ROOM).map(RoomName::parse).transpose().map_err(Refusal::Name)?;
        let what = What::Video {
            room: room.map(|room| room.typed().to_owned()),
            topic: Some(topic).filter(|topic| !topic.is_empty()),
        };
        let guild_locale = command.guild_locale.as_deref();
        let ask = Self::new(what, vouched, &command.locale, guild_locale, command.app_permissions);
        Ok((ask, vouched))
    }

    /// A press on one of our buttons, with who pressed it.
    pub fn of_press(press: &ComponentInteraction) -> Result<(Self, Vouched<'_>), Refusal> {
        let vouched = vouched(press.member.as_ref(), press.channel.as_ref())?;
        let room_key = press.data.custom_id.strip_prefix(JOIN).ok_or(Refusal::Unknown)?;
        let what = What::Join { room_key: room_key.to_owned() };
        let permissions = press.app_permissions;
        Ok((Self::new(what, vouched, &press.locale, press.guild_locale.as_deref(), permissions), vouched))
    }

    fn new(
        what: What,
        vouched: Vouched<'_>,
        locale: &str,
        guild_locale: Option<&str>,
        ours: Option<Permissions>,
    ) -> Self {
        let Vouched { member, channel } = vouched;
        let theirs = member.permissions.unwrap_or_default();
        let locale = Locale::from_discord(locale).code();
        Self {
            what,
            guild_id: member.guild_id.get(),
            channel_id: channel.id.get(),
            channel_name: words::clean(channel.name.as_deref().unwrap_or_default()),
            webhook_channel_id: thread_parent(channel).unwrap_or(channel.id).get(),
            user_id: member.user.id.get(),
            locale: locale.to_owned(),
            guild_locale: guild_locale.map_or(locale, |guild| Locale::from_discord(guild).code()).to_owned(),
            posting: ours.map_or(Posting::Card, |ours| posting(channel.kind, ours, theirs)),
        }
    }

    /// The room it is about, as far as the request names it.
    pub fn room(&self) -> Option<&str> {
        match &self.what {
            What::Video { room, .. } => room.as_deref(),
            What::Join { .. } => None,
        }
    }
}

/// In a guild both are there; without them it is a direct message.
fn vouched<'a>(member: Option<&'a Member>, channel: Option<&'a PartialChannel>) -> Result<Vouched<'a>, Refusal> {
    match (member, channel) {
        (Some(member), Some(channel)) => Ok(Vouched { member, channel }),
        _ => Err(Refusal::DirectMessage),
    }
}

fn thread_parent(channel: &PartialChannel) -> Option<ChannelId> {
    is_thread(channel.kind).then_some(channel.parent_id).flatten()
}

fn is_thread(kind: ChannelType) -> bool {
    matches!(kind, ChannelType::PublicThread | ChannelType::PrivateThread | ChannelType::NewsThread)
}

/// How we could post there, by what Discord says we and the person may do.
fn posting(kind: ChannelType, ours: Permissions, theirs: Permissions) -> Posting {
    let voice = matches!(kind, ChannelType::Voice | ChannelType::Stage);
    let send = if is_thread(kind) { Permissions::SEND_MESSAGES_IN_THREADS } else { Permissions::SEND_MESSAGES };
    let mut see = Permissions::VIEW_CHANNEL;
    see.set(Permissions::CONNECT, voice);
    // Who may change what we may do here.
    let mends = Permissions::ADMINISTRATOR | Permissions::MANAGE_GUILD | Permissions::MANAGE_ROLES;
    if ours.administrator() || ours.contains(see | Permissions::MANAGE_WEBHOOKS) {
        Posting::Card
    } else if ours.contains(see | send | Permissions::EMBED_LINKS) {
        if theirs.intersects(mends) { Posting::AsBotTell } else { Posting::Card }
    } else {
        Posting::Nowhere { voice }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_bot_may_do_decides_how_it_posts() {
        use Permissions as P;
        let view = P::VIEW_CHANNEL;
        let text = P::SEND_MESSAGES | P::EMBED_LINKS;
        let thread = P::SEND_MESSAGES_IN_THREADS | P::EMBED_LINKS;
        let (admin, plain) = (P::MANAGE_ROLES, P::SEND_MESSAGES);
        let nowhere = Posting::Nowhere { voice: false };
        for (kind, ours, theirs, expected) in [
            (ChannelType::Text, view | P::MANAGE_WEBHOOKS, admin, Posting::Card),
            (ChannelType::Text, view | text, plain, Posting::Card),
            (ChannelType::Text, view | text, admin, Posting::AsBotTell),
            (ChannelType::Text, view | P::SEND_MESSAGES, admin, nowhere),
            (ChannelType::Text, text | P::MANAGE_WEBHOOKS, admin, nowhere),
            (ChannelType::PublicThread, view | text, plain, nowhere),
            (ChannelType::PublicThread, view | thread, plain, Posting::Card),
            (ChannelType::PrivateThread, view | thread, admin, Posting::AsBotTell),
            (ChannelType::Voice, view | text | P::MANAGE_WEBHOOKS, plain, Posting::Nowhere { voice: true }),
            (ChannelType::Stage, view | text | P::CONNECT, plain, Posting::Card),
            (ChannelType::Text, P::ADMINISTRATOR, admin, Posting::Card),
        ] {
            assert_eq!(posting(kind, ours, theirs), expected, "{kind:?} {ours:?}");
        }
    }
}
