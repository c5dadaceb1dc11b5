//! Threads: who is in them, and new ones.

use axum::extract::{Path, State};
use serde_json::Value;

use super::{Answered, Body, Bot, created, id, ok};
use crate::discord::{
    Service,
    id::Id,
    permissions::CREATE_PUBLIC_THREADS,
    refusal::{Problems, Refusal},
    state::{self, Channel, Kind, Thread, intent},
};

pub async fn member(State(service): State<Service>, _: Bot, Path((thread, user)): Path<(String, String)>) -> Answered {
    let thread = id(&thread)?;
    service.look(|state| {
        let channel = state.shown_to_bot(thread)?;
        if channel.thread.is_none() {
            return Err(Refusal::of(50024));
        }
        let user = if user == "@me" { state.bot } else { id(&user)? };
        ok(state.thread_member(channel, user).ok_or_else(|| Refusal::of(10007))?)
    })
}

/// The name of a thread to be; says what is wrong with it and with the time it stays.
fn read(body: &Value) -> Result<String, Refusal> {
    let mut problems = Problems::default();
    let name = body["name"].as_str().unwrap_or_default().trim().to_owned();
    problems.length("name", &name, 1, 100);
    if !matches!(body["auto_archive_duration"].as_u64(), Some(60 | 1440 | 4320 | 10080))
        && !body["auto_archive_duration"].is_null()
    {
        let message = "Value must be one of {60, 1440, 4320, 10080}.";
        problems.add("auto_archive_duration", "BASE_TYPE_CHOICES", message);
    }
    problems.into_result()?;
    Ok(name)
}

fn may_open(state: &state::State, channel: Id) -> Result<(), Refusal> {
    let channel = state.shown_to_bot(channel)?;
    if !matches!(channel.kind, Kind::Text | Kind::Announcement) {
        return Err(Refusal::of(50024));
    }
    if state.permissions(state.bot, channel) & CREATE_PUBLIC_THREADS == 0 {
        return Err(Refusal::of(50013));
    }
    Ok(())
}

pub async fn create(State(service): State<Service>, _: Bot, Path(channel): Path<String>, Body(body): Body) -> Answered {
    let channel = id(&channel)?;
    service.change(|state| {
        may_open(state, channel)?;
        let name = read(&body)?;
        let kind = if body["type"].as_u64() == Some(11) { Kind::PublicThread } else { Kind::PrivateThread };
        let thread = state.open_thread(kind, channel, &name, state.bot, None);
        created(state.channels.get(&thread).map(|thread| state.channel_object(thread)))
    })
}

pub async fn create_from_message(
    State(service): State<Service>,
    _: Bot,
    Path((channel, message)): Path<(String, String)>,
    Body(body): Body,
) -> Answered {
    let (channel, message) = (id(&channel)?, id(&message)?);
    service.change(|state| {
        may_open(state, channel)?;
        let name = read(&body)?;
        let found = state.message_in(channel, message).filter(|message| message.only_for.is_none());
        if found.ok_or_else(|| Refusal::of(10008))?.thread.is_some() {
            return Err(Refusal::of(160_004));
        }
        let thread = state.open_thread(Kind::PublicThread, channel, &name, state.bot, Some(message));
        created(state.channels.get(&thread).map(|thread| state.channel_object(thread)))
    })
}

impl state::State {
    /// A new thread; one that hangs on a message shares its id.
    pub fn open_thread(&mut self, kind: Kind, parent: Id, name: &str, owner: Id, message: Option<Id>) -> Id {
        let id = message.unwrap_or_else(|| self.id());
        let now = self.now();
        let thread = Thread {
            owner,
            archived: false,
            locked: false,
            turned_at: now,
            members: [(owner, now)].into(),
            messages: 0,
        };
        let channel = Channel {
            id,
            kind,
            name: name.to_owned(),
            topic: None,
            position: 0,
            parent: Some(parent),
            overwrites: vec![],
            last_message: None,
            thread: Some(thread),
            recipient: None,
        };
        self.channels.insert(id, channel);
        if let Some(message) = message.and_then(|message| self.message_mut(message)) {
            message.thread = Some(id);
            // HAS_THREAD
            message.flags |= 1 << 5;
        }
        self.tell_channel("THREAD_CREATE", id);
        id
    }

    /// Tells the gateway that a channel's webhooks are others now.
    pub fn tell_webhooks(&mut self, channel: Id) {
        let data = serde_json::json!({ "guild_id": self.guild.id, "channel_id": channel });
        self.tell("WEBHOOKS_UPDATE", intent::GUILD_WEBHOOKS, data);
    }
}
