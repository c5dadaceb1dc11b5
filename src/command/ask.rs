//! What somebody asks of us, read from their interaction once. In: serenity's interaction. Out: an [`Ask`], all
//! that answering takes, also after a restart; or a refusal that needs no more looking.

use serde::{Deserialize, Serialize};
use serenity::{
    all::{
        ActionRowComponent, AuthorizingIntegrationOwner, CommandDataOption, CommandDataOptionValue, CommandInteraction,
        ComponentInteraction, ComponentInteractionDataKind, ModalInteraction,
    },
    model::{
        Permissions,
        channel::{ChannelType, PartialChannel},
        guild::Member,
    },
};
use url::Url;

use super::{
    custom_id::{self, END, GUEST, GUESTS, JOIN},
    register::{
        CHECK, END_ROOM, GREENROOM, GUEST_LIST, INVITE, LIST, NAME, READMIT, ROLE, ROOM, ROOMS, SETTINGS, STATS, TOPIC,
        USER, VIDEO, WHY,
    },
    reply::{Denial, FORM, Field, GUEST_NAME_MAX, Posting, Refusal, TOPIC_MAX},
};
use crate::{
    access::Role,
    discord::{self, InteractionId},
    room::{Place, RoomName, Wanted},
    secret::reference_of,
    store::{ChannelSettings, KnockState, Lines},
    words::{self, Locale, Words},
};

/// What a channel is good for.
mod fitness;

pub use self::fitness::has_threads;
use self::fitness::{lacks, posting, thread_parent};

/// One request. It is stored beside a promised answer, so it holds ids and words, nothing of the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ask {
    pub what: What,
    /// Of the interaction.
    #[serde(default)]
    id: u64,
    pub guild_id: u64,
    pub channel_id: u64,
    pub channel_name: String,
    /// Whose webhook posts there: a thread's is its parent's.
    pub webhook_channel_id: u64,
    pub user_id: u64,
    locale: String,
    guild_locale: String,
    pub posting: Posting,
    /// Whether threads can hang on messages there.
    #[serde(default)]
    pub has_threads: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    Video {
        room: Option<String>,
        topic: Option<String>,
    },
    Join {
        room_key: String,
    },
    /// `/room list`
    Rooms,
    /// `/room end`: asks back.
    AskToEnd {
        room: Option<String>,
    },
    /// The answer to that. It names one session, so that it never ends the next.
    End {
        session_id: String,
    },
    /// `/room guest`
    Invite {
        name: String,
        room: Option<String>,
        /// Audience or member.
        role: Role,
    },
    /// `/room guests`
    Guests,
    /// Takes an invitation back.
    Revoke {
        guest_id: u64,
    },
    /// `/room readmit`
    Readmit {
        user_id: u64,
        room: Option<String>,
    },
    /// The answer to a knock.
    Knock {
        answer: KnockState,
        knock_id: String,
    },
    /// `/greenroom settings`: a form is its only possible answer.
    Form,
    /// The form, sent.
    Save {
        settings: ChannelSettings,
        /// The server's line, where it was there.
        guests: Option<bool>,
    },
    /// `/greenroom check`, with what we lack there.
    Check {
        lacks: Permissions,
    },
    /// `/greenroom why`
    Why {
        user_id: u64,
        room: Option<String>,
    },
    /// `/greenroom stats`
    Stats,
}

/// An interaction's own word on who sent it, where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vouched<'a> {
    pub member: &'a Member,
    pub channel: &'a PartialChannel,
}

impl Ask {
    /// What a person reads to an operator.
    pub fn reference(&self) -> String {
        reference_of(self.id)
    }

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

    /// A command, with who sent it. `api_url` is where an admin would add the bot.
    pub fn of_command<'a>(command: &'a CommandInteraction, api_url: &Url) -> Result<(Self, Vouched<'a>), Refusal> {
        let vouched = vouched(command.member.as_deref(), command.channel.as_ref())?;
        // With a user's own install the command works where the bot isn't: nobody there can tell who may come in.
        let owners = &command.authorizing_integration_owners.0;
        let of_guild = |owner: &AuthorizingIntegrationOwner| matches!(owner, AuthorizingIntegrationOwner::GuildInstall(guild) if *guild == command.guild_id);
        if !owners.iter().any(of_guild) {
            let invite = discord::invite(api_url, command.application_id, command.guild_id);
            return Err(Refusal::NoBot { invite });
        }
        let what = What::of_command(command, vouched.channel.kind)?;
        let guild_locale = command.guild_locale.as_deref();
        let ask = Self::new(what, command.id, vouched, &command.locale, guild_locale, command.app_permissions);
        Ok((ask, vouched))
    }

    /// A press on one of our buttons, with who pressed it.
    pub fn of_press(press: &ComponentInteraction) -> Result<(Self, Vouched<'_>), Refusal> {
        let vouched = vouched(press.member.as_ref(), press.channel.as_ref())?;
        let what = What::of_press(press).ok_or(Refusal::Unknown)?;
        let permissions = press.app_permissions;
        let guild_locale = press.guild_locale.as_deref();
        Ok((Self::new(what, press.id, vouched, &press.locale, guild_locale, permissions), vouched))
    }

    /// The settings' form, with who sent it.
    pub fn of_form<'a>(form: &'a ModalInteraction, words: &Words) -> Result<(Self, Vouched<'a>), Refusal> {
        let vouched = vouched(form.member.as_ref(), form.channel.as_ref())?;
        if form.data.custom_id != FORM {
            return Err(Refusal::Unknown);
        }
        let what = What::of_form(form, words)?;
        let guild_locale = form.guild_locale.as_deref();
        Ok((Self::new(what, form.id, vouched, &form.locale, guild_locale, form.app_permissions), vouched))
    }

    fn new(
        what: What,
        id: InteractionId,
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
            id: id.get(),
            guild_id: member.guild_id.get(),
            channel_id: channel.id.get(),
            channel_name: words::clean(channel.name.as_deref().unwrap_or_default()),
            webhook_channel_id: thread_parent(channel).unwrap_or(channel.id).get(),
            user_id: member.user.id.get(),
            locale: locale.to_owned(),
            guild_locale: guild_locale.map_or(locale, |guild| Locale::from_discord(guild).code()).to_owned(),
            posting: ours.map_or(Posting::Card, |ours| posting(channel.kind, ours, theirs)),
            has_threads: has_threads(channel.kind),
        }
    }

    /// The room it is about, as far as the request names it.
    pub fn room(&self) -> Option<&str> {
        match &self.what {
            What::Video { room, .. } => room.as_deref(),
            _ => None,
        }
    }

    /// Whether the answer takes the place of what was pressed.
    pub fn replaces(&self) -> bool {
        matches!(self.what, What::End { .. } | What::Revoke { .. })
    }
}

impl What {
    fn of_command(command: &CommandInteraction, kind: ChannelType) -> Result<Self, Refusal> {
        let options = &command.data.options;
        let (sub, inner) = match options.first() {
            Some(CommandDataOption { name, value: CommandDataOptionValue::SubCommand(inner), .. }) => {
                (name.as_str(), inner.as_slice())
            }
            _ => ("", [].as_slice()),
        };
        match (command.data.name.as_str(), sub) {
            (VIDEO, _) => Self::of_video(options),
            (ROOMS, LIST) => Ok(Self::Rooms),
            (ROOMS, END_ROOM) => Ok(Self::AskToEnd { room: room_of(inner)? }),
            (ROOMS, INVITE) => Self::of_invite(inner),
            (ROOMS, GUEST_LIST) => Ok(Self::Guests),
            (ROOMS, READMIT) => Ok(Self::Readmit { user_id: user_of(inner)?, room: room_of(inner)? }),
            (GREENROOM, SETTINGS) => Ok(Self::Form),
            (GREENROOM, WHY) => Ok(Self::Why { user_id: user_of(inner)?, room: room_of(inner)? }),
            (GREENROOM, CHECK) => Ok(Self::Check { lacks: lacks(kind, command.app_permissions) }),
            (GREENROOM, STATS) => Ok(Self::Stats),
            _ => Err(Refusal::Unknown),
        }
    }

    fn of_video(options: &[CommandDataOption]) -> Result<Self, Refusal> {
        let topic = words::clean(text(options, TOPIC).unwrap_or_default());
        if topic.chars().count() > TOPIC_MAX {
            return Err(Refusal::TopicTooLong);
        }
        Ok(Self::Video { room: room_of(options)?, topic: Some(topic).filter(|topic| !topic.is_empty()) })
    }

    fn of_invite(options: &[CommandDataOption]) -> Result<Self, Refusal> {
        let name = words::clean(text(options, NAME).unwrap_or_default());
        if name.is_empty() || name.chars().count() > GUEST_NAME_MAX {
            return Err(Refusal::GuestName);
        }
        let takes_part = text(options, ROLE) == Some(Role::Member.as_str());
        let role = if takes_part { Role::Member } else { Role::Audience };
        Ok(Self::Invite { name, room: room_of(options)?, role })
    }

    fn of_press(press: &ComponentInteraction) -> Option<Self> {
        let id = press.data.custom_id.as_str();
        if let Some(room_key) = id.strip_prefix(JOIN) {
            return Some(Self::Join { room_key: room_key.to_owned() });
        }
        if let Some(session_id) = id.strip_prefix(END) {
            return Some(Self::End { session_id: session_id.to_owned() });
        }
        if let Some((answer, knock_id)) = custom_id::knock(id) {
            return Some(Self::Knock { answer, knock_id: knock_id.to_owned() });
        }
        let guest = match &press.data.kind {
            ComponentInteractionDataKind::StringSelect { values } if id == GUESTS => values.first()?,
            _ => id.strip_prefix(GUEST)?,
        };
        Some(Self::Revoke { guest_id: guest.parse().ok()? })
    }

    fn of_form(form: &ModalInteraction, words: &Words) -> Result<Self, Refusal> {
        let inputs = form.data.components.iter().flat_map(|row| &row.components);
        let sent = |field: Field| {
            inputs.clone().find_map(|part| match part {
                ActionRowComponent::InputText(input) if input.custom_id == field.code() => Some(input),
                _ => None,
            })
        };
        let typed = |field: Field| {
            let text = sent(field).and_then(|input| input.value.as_deref());
            words::clean(text.unwrap_or_default()).to_lowercase()
        };
        let wrong =
            |field, typed: &str| Refusal::Staff(Denial::Setting { field, typed: words::clip(typed, 40).into() });
        let yes_or_no = |field| {
            let typed = typed(field);
            let is = |id| Locale::ALL.iter().any(|&locale| words.say(locale, id, &[]) == typed);
            match (is("settings-yes"), is("settings-no")) {
                (true, _) => Ok(true),
                (_, true) => Ok(false),
                _ => Err(wrong(field, &typed)),
            }
        };
        let lines = typed(Field::Lines);
        let settings = ChannelSettings {
            lines: Lines::from_code(&lines).ok_or_else(|| wrong(Field::Lines, &lines))?,
            silent: yes_or_no(Field::Silent)?,
            thread: yes_or_no(Field::Thread)?,
            names: yes_or_no(Field::Names)?,
        };
        let guests = sent(Field::Guests).map(|_| yes_or_no(Field::Guests)).transpose()?;
        Ok(Self::Save { settings, guests })
    }
}

fn text<'a>(options: &'a [CommandDataOption], name: &str) -> Option<&'a str> {
    options.iter().find(|option| option.name == name)?.value.as_str()
}

/// The person who was chosen.
fn user_of(options: &[CommandDataOption]) -> Result<u64, Refusal> {
    let user = options.iter().find(|option| option.name == USER).and_then(|option| option.value.as_user_id());
    Ok(user.ok_or(Refusal::Unknown)?.get())
}

/// The room that was typed; checked here, so that what is stored is bounded.
fn room_of(options: &[CommandDataOption]) -> Result<Option<String>, Refusal> {
    let room = text(options, ROOM).map(RoomName::parse).transpose().map_err(Refusal::Name)?;
    Ok(room.map(|room| room.typed().to_owned()))
}

/// In a guild both are there; without them it is a direct message.
fn vouched<'a>(member: Option<&'a Member>, channel: Option<&'a PartialChannel>) -> Result<Vouched<'a>, Refusal> {
    match (member, channel) {
        (Some(member), Some(channel)) => Ok(Vouched { member, channel }),
        _ => Err(Refusal::DirectMessage),
    }
}
