//! A channel's webhooks, and the messages that come through them. An application's id in a webhook's place means an
//! interaction: then the token is the interaction's, and [`super::original`] has the rest.

use axum::extract::{Path, State};
use serde_json::Value;

use super::{Answered, Body, Bot, flag, id, id_in, no_content, ok, original};
use crate::discord::{
    Service,
    form::{Draft, Speaks, webhook_name},
    id::Id,
    permissions::MANAGE_WEBHOOKS,
    refusal::{Problems, Refusal},
    secrets,
    state::{self, Channel, Kind, Webhook, Writer},
};

/// Webhooks a channel may have.
const WEBHOOKS_MAX: usize = 15;

/// A channel whose webhooks the bot may manage.
fn managed(state: &state::State, channel: Id) -> Result<&Channel, Refusal> {
    let channel = state.shown_to_bot(channel)?;
    if channel.thread.is_some() || channel.kind == Kind::Dm {
        return Err(Refusal::of(50024));
    }
    if state.permissions(state.bot, channel) & MANAGE_WEBHOOKS == 0 {
        return Err(Refusal::of(50013));
    }
    Ok(channel)
}

pub async fn list(State(service): State<Service>, _: Bot, Path(channel): Path<String>) -> Answered {
    let channel = id(&channel)?;
    service.look(|state| {
        let channel = managed(state, channel)?;
        let webhooks = state.webhooks.values().filter(|webhook| webhook.channel == channel.id);
        ok(webhooks.map(|webhook| state.webhook_object(webhook, true)).collect::<Vec<_>>())
    })
}

pub async fn create(State(service): State<Service>, _: Bot, Path(channel): Path<String>, Body(body): Body) -> Answered {
    let channel = id(&channel)?;
    service.change(|state| {
        managed(state, channel)?;
        let name = body["name"].as_str().unwrap_or_default().trim().to_owned();
        let mut problems = Problems::default();
        problems.length("name", &name, 1, 80);
        webhook_name("name", &name, &mut problems);
        problems.into_result()?;
        if state.webhooks.values().filter(|webhook| webhook.channel == channel).count() >= WEBHOOKS_MAX {
            return Err(Refusal::of(30007));
        }
        let webhook = Webhook { id: state.id(), channel, name, token: secrets::token(68) };
        let object = state.webhook_object(&webhook, true);
        state.webhooks.insert(webhook.id, webhook);
        state.tell_webhooks(channel);
        ok(object)
    })
}

/// The webhook with this id, if the token is its own.
fn known<'a>(state: &'a state::State, webhook: Id, token: &str) -> Result<&'a Webhook, Refusal> {
    let webhook = state.webhooks.get(&webhook).ok_or_else(|| Refusal::of(10015))?;
    if webhook.token == token { Ok(webhook) } else { Err(Refusal::of(50027)) }
}

pub async fn get(State(service): State<Service>, Path((webhook, token)): Path<(String, String)>) -> Answered {
    let webhook = id(&webhook)?;
    service.look(|state| ok(state.webhook_object(known(state, webhook, &token)?, false)))
}

pub async fn delete(State(service): State<Service>, Path((webhook, token)): Path<(String, String)>) -> Answered {
    let webhook = id(&webhook)?;
    service.change(|state| {
        let channel = known(state, webhook, &token)?.channel;
        state.webhooks.remove(&webhook);
        state.tell_webhooks(channel);
        no_content()
    })
}

pub async fn get_as_bot(State(service): State<Service>, _: Bot, Path(webhook): Path<String>) -> Answered {
    let webhook = id(&webhook)?;
    service.look(|state| {
        let webhook = state.webhooks.get(&webhook).ok_or_else(|| Refusal::of(10015))?;
        managed(state, webhook.channel)?;
        ok(state.webhook_object(webhook, true))
    })
}

pub async fn delete_as_bot(State(service): State<Service>, _: Bot, Path(webhook): Path<String>) -> Answered {
    let webhook = id(&webhook)?;
    service.change(|state| {
        let channel = state.webhooks.get(&webhook).ok_or_else(|| Refusal::of(10015))?.channel;
        managed(state, channel)?;
        state.webhooks.remove(&webhook);
        state.tell_webhooks(channel);
        no_content()
    })
}

pub async fn execute(
    State(service): State<Service>,
    Path((webhook, token)): Path<(String, String)>,
    params: super::Params,
    Body(body): Body,
) -> Answered {
    let webhook = id(&webhook)?;
    if webhook == service.look(|state| state.bot) {
        return original::followup(&service, &token, &body);
    }
    let thread = id_in(&params, "thread_id");
    service.change(|state| {
        let hook = known(state, webhook, &token)?.clone();
        let draft = Draft::read(&body, "")?;
        let place = destination(state, &hook, thread, &draft)?;
        let writer = Writer::Webhook {
            id: hook.id,
            name: draft.username.clone().unwrap_or_else(|| hook.name.clone()),
            avatar: draft.avatar_url.clone(),
        };
        let id = state.say(place, writer, draft)?;
        if !flag(&params, "wait") {
            return no_content();
        }
        ok(state.message(id).map(|message| state.message_object(message)))
    })
}

/// Where a webhook posts: its own channel, or a thread of it.
fn destination(state: &mut state::State, hook: &Webhook, thread: Option<Id>, draft: &Draft) -> Result<Id, Refusal> {
    let is_forum = state.channels.get(&hook.channel).is_some_and(|channel| channel.kind == Kind::Forum);
    match (thread, &draft.thread_name) {
        (Some(_), Some(_)) => Err(Refusal::of(220_002)),
        (None, Some(_)) if !is_forum => Err(Refusal::of(220_003)),
        (None, None) if is_forum => Err(Refusal::of(220_001)),
        (None, None) => Ok(hook.channel),
        (None, Some(name)) => {
            if draft.is_empty() {
                return Err(Refusal::of(50006));
            }
            Ok(state.open_thread(Kind::PublicThread, hook.channel, name, state.bot, None))
        }
        (Some(thread), None) => {
            let channel = state.channels.get(&thread).filter(|channel| channel.parent == Some(hook.channel));
            let channel = channel.ok_or_else(|| Refusal::of(10003))?;
            if channel.thread.as_ref().is_some_and(|thread| thread.locked) {
                return Err(Refusal::of(160_005));
            }
            Ok(thread)
        }
    }
}

type Place = Path<(String, String, String)>;

/// The message of this webhook, where the request says it is.
fn posted(state: &state::State, webhook: Id, token: &str, thread: Option<Id>, message: Id) -> Result<Id, Refusal> {
    let hook = known(state, webhook, token)?;
    let channel = thread.unwrap_or(hook.channel);
    if !state.channels.contains_key(&channel) {
        return Err(Refusal::of(10003));
    }
    let is_own = |writer: &Writer| matches!(writer, Writer::Webhook { id, .. } if *id == webhook);
    let found = state.message_in(channel, message).filter(|message| is_own(&message.writer));
    found.map(|message| message.id).ok_or_else(|| Refusal::of(10008))
}

fn object(state: &state::State, message: Id) -> Option<Value> {
    state.message(message).map(|message| state.message_object(message))
}

pub async fn message(
    State(service): State<Service>,
    Path((webhook, token, message)): Place,
    params: super::Params,
) -> Answered {
    let (webhook, message) = (id(&webhook)?, id(&message)?);
    if webhook == service.look(|state| state.bot) {
        return original::get_message(&service, &token, Some(message));
    }
    let thread = id_in(&params, "thread_id");
    service.look(|state| ok(object(state, posted(state, webhook, &token, thread, message)?)))
}

pub async fn edit_message(
    State(service): State<Service>,
    Path((webhook, token, message)): Place,
    params: super::Params,
    Body(body): Body,
) -> Answered {
    let (webhook, message) = (id(&webhook)?, id(&message)?);
    if webhook == service.look(|state| state.bot) {
        return original::edit_message(&service, &token, Some(message), &body);
    }
    let thread = id_in(&params, "thread_id");
    let old = service.old_edits();
    service.change(|state| {
        let message = posted(state, webhook, &token, thread, message)?;
        state.edit(message, &Draft::read(&body, "")?, Speaks::Webhook, Some(old))?;
        ok(object(state, message))
    })
}

pub async fn delete_message(
    State(service): State<Service>,
    Path((webhook, token, message)): Place,
    params: super::Params,
) -> Answered {
    let (webhook, message) = (id(&webhook)?, id(&message)?);
    if webhook == service.look(|state| state.bot) {
        return original::delete_message(&service, &token, Some(message));
    }
    let thread = id_in(&params, "thread_id");
    service.change(|state| {
        let message = posted(state, webhook, &token, thread, message)?;
        state.delete_message(message);
        no_content()
    })
}
