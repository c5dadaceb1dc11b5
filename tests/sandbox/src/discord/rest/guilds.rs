//! The guild, its channels, roles and members.

use axum::extract::{Path, State};
use serde_json::Value;

use super::{Answered, Bot, flag, id, id_in, ok};
use crate::discord::{
    Service,
    id::Id,
    refusal::Refusal,
    state::{self, Kind},
};

/// The guild, if the bot is in it.
fn entered(state: &state::State, guild: Id) -> Result<(), Refusal> {
    if guild == state.guild.id && state.bot_is_in() { Ok(()) } else { Err(Refusal::of(10004)) }
}

pub async fn mine(State(service): State<Service>, _: Bot, params: super::Params) -> Answered {
    let after = id_in(&params, "after").unwrap_or(Id(0));
    service.look(|state| {
        let guilds: Vec<Value> = Some(state)
            .filter(|state| state.bot_is_in() && state.guild.id > after)
            .map(state::State::my_guild_object)
            .into_iter()
            .collect();
        ok(guilds)
    })
}

pub async fn guild(
    State(service): State<Service>,
    _: Bot,
    Path(guild): Path<String>,
    params: super::Params,
) -> Answered {
    let guild = id(&guild)?;
    service.look(|state| {
        entered(state, guild)?;
        ok(state.guild_object(flag(&params, "with_counts")))
    })
}

pub async fn roles(State(service): State<Service>, _: Bot, Path(guild): Path<String>) -> Answered {
    let guild = id(&guild)?;
    service.look(|state| {
        entered(state, guild)?;
        ok(state.role_objects())
    })
}

pub async fn channels(State(service): State<Service>, _: Bot, Path(guild): Path<String>) -> Answered {
    let guild = id(&guild)?;
    service.look(|state| {
        entered(state, guild)?;
        let channels = state.channels.values().filter(|channel| channel.thread.is_none() && channel.kind != Kind::Dm);
        ok(channels.map(|channel| state.channel_object(channel)).collect::<Vec<_>>())
    })
}

pub async fn member(State(service): State<Service>, _: Bot, Path((guild, user)): Path<(String, String)>) -> Answered {
    let (guild, user) = (id(&guild)?, id(&user)?);
    service.look(|state| {
        entered(state, guild)?;
        if !state.users.contains_key(&user) {
            return Err(Refusal::of(10013));
        }
        ok(state.member_object(user).ok_or_else(|| Refusal::of(10007))?)
    })
}

pub async fn channel(State(service): State<Service>, _: Bot, Path(channel): Path<String>) -> Answered {
    let channel = id(&channel)?;
    service.look(|state| ok(state.channel_object(state.shown_to_bot(channel)?)))
}

impl state::State {
    /// A channel the bot may know of.
    pub fn shown_to_bot(&self, channel: Id) -> Result<&state::Channel, Refusal> {
        let channel = self.channels.get(&channel).ok_or_else(|| Refusal::of(10003))?;
        if self.sees(self.bot, channel) { Ok(channel) } else { Err(Refusal::of(50001)) }
    }
}
