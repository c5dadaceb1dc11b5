//! `greenroom why`: what somebody may do in a channel's rooms, and the rule behind it, from Discord's present answer.

use std::{fmt, process::ExitCode};

use anyhow::{Context as _, bail};
use clap::Args;
use serenity::model::Permissions;

use crate::{
    access::{Decision, Facts, Membership, Policy},
    clock::Clock,
    config::Config,
    discord::{self, ChannelId},
    room::{Place, RoomName},
    store::{Standing, Store},
    wake::Wake,
    words,
};

#[derive(Debug, Clone, Args)]
pub(super) struct Asked {
    /// Whose access: a Discord user's id (right-click the person > Copy User ID)
    #[arg(long, value_parser = super::discord_id)]
    user: u64,
    /// Which channel or thread, by its id
    #[arg(long, value_parser = super::discord_id)]
    channel: u64,
    /// Which of its rooms; the channel's own when left out
    #[arg(long)]
    room: Option<String>,
}

/// Exits with 0 once the answer is known, whichever it is.
pub(super) async fn why(config: Config, asked: Asked) -> anyhow::Result<ExitCode> {
    let name = asked.room.as_deref().map(RoomName::parse).transpose();
    let name = name.map_err(|_| anyhow::anyhow!("--room: no room can have that name"))?;
    let clock = Clock::system();
    let discord = discord::Client::new(&config.discord, &config.web.public_url, clock.clone())?;
    let channel = match discord.channel(ChannelId::new(asked.channel)).await {
        Ok(channel) => channel,
        Err(error) if error.is_not_found() || error.is_forbidden() => bail!(
            "--channel: Discord shows me no such channel. Is the id right, am I in its server, and have I View Channel \
             there? Nobody comes into the rooms of a channel that I can't see."
        ),
        Err(error) => return Err(anyhow::Error::new(error).context("Discord can't be asked")),
    };
    let place = Place { guild_id: channel.guild_id.get(), channel_id: asked.channel };
    let policy = Policy::read(config.policy_file.as_deref())?;
    let store = Store::open(&config.store).await?;
    let membership = Membership::new(discord, store.clone(), clock, policy, Wake::default());
    let facts = membership.facts(asked.user, place).await?;
    let names = membership.names(place).await?;
    let canonical = name.as_ref().map_or("", RoomName::canonical);
    let room = store.room_named(place, canonical).await.context("the database does not do its part")?;
    let standing = match &room {
        Some(room) => store.standing(&room.key, asked.user).await?,
        None => None,
    };
    store.close().await;
    let opened_by = standing.as_ref().map(|standing| standing.session.opened_by);
    let refused = standing.as_ref().is_some_and(|standing| standing.refused);
    let watches = standing.as_ref().is_some_and(Standing::watches);
    let facts = facts.in_session(opened_by, refused, watches);
    let decision = membership.decide(&facts);
    let room = name.map(|name| words::clean(name.typed()));
    super::say(Answer { asked: &asked, names: (&names.guild, &names.channel), room, facts, decision, standing })?;
    Ok(ExitCode::SUCCESS)
}

struct Answer<'a> {
    asked: &'a Asked,
    /// The server's and the channel's.
    names: (&'a str, &'a str),
    room: Option<String>,
    facts: Facts,
    decision: Decision,
    /// None: no call is open in the room.
    standing: Option<Standing>,
}

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Decision { role, rule, lacks, may_open, .. } = self.decision;
        let person = Some(self.facts.person.name.as_str()).filter(|name| !name.is_empty()).unwrap_or("somebody");
        let room =
            self.room.as_ref().map_or_else(|| "the channel's own room".to_owned(), |room| format!("room {room}"));
        let (guild, channel) = self.names;
        writeln!(f, "{person} ({}) and {room} in #{channel} ({}) of {guild}", self.asked.user, self.asked.channel)?;
        match role {
            Some(role) => writeln!(f, "  comes in as {role}: {rule}")?,
            None => writeln!(f, "  does not come in: {rule}")?,
        }
        if !lacks.is_empty() {
            writeln!(f, "  lacks {}", discord::permission_names(lacks).join(", "))?;
        }
        match &self.standing {
            Some(standing) => {
                let opened = if self.facts.opened { ", opened by them" } else { "" };
                let inside = if standing.inside { ", and they are inside" } else { "" };
                writeln!(f, "  a call is open there{opened}{inside}")?;
            }
            None => writeln!(f, "  no call is open there; they may {}open one", if may_open { "" } else { "not " })?,
        }
        if self.facts.member {
            writeln!(f, "  kind of channel: {:?}; {}", self.facts.kind, held(self.facts.permissions))?;
        }
        Ok(())
    }
}

/// Those that decide anything, of what somebody has.
fn held(permissions: Permissions) -> String {
    let matter = Permissions::VIEW_CHANNEL
        | Permissions::SEND_MESSAGES
        | Permissions::SEND_MESSAGES_IN_THREADS
        | Permissions::CONNECT
        | Permissions::SPEAK
        | Permissions::MANAGE_CHANNELS
        | Permissions::MODERATE_MEMBERS
        | Permissions::MUTE_MEMBERS
        | Permissions::MANAGE_THREADS;
    match permissions & matter {
        none if none.is_empty() => "none of the permissions that matter".to_owned(),
        some => format!("permissions that matter: {}", discord::permission_names(some).join(", ")),
    }
}
