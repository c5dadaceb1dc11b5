//! Messages as the bot itself reads and writes them.

use axum::extract::{Path, State};
use serde_json::Value;

use super::{Answered, Body, Bot, id, id_in, no_content, ok};
use crate::discord::{
    Service,
    form::{Draft, Speaks},
    id::Id,
    permissions::{EMBED_LINKS, MANAGE_MESSAGES, READ_MESSAGE_HISTORY},
    refusal::{Problems, Refusal},
    state::{self, Stored, Writer},
};

/// A repeated nonce finds the first message for so long.
const NONCE_MS: i64 = 5 * 60_000;

pub async fn list(
    State(service): State<Service>,
    _: Bot,
    Path(channel): Path<String>,
    params: super::Params,
) -> Answered {
    let channel = id(&channel)?;
    let limit = params.get("limit").map_or(Ok(50), |limit| limit.parse::<usize>());
    let Ok(limit @ 1..=100) = limit else {
        let mut problems = Problems::default();
        problems.add("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.");
        problems.into_result()?;
        return Err(Refusal::of(50035));
    };
    let (after, before) = (id_in(&params, "after"), id_in(&params, "before"));
    service.look(|state| {
        let channel = state.shown_to_bot(channel)?;
        if state.permissions(state.bot, channel) & READ_MESSAGE_HISTORY == 0 {
            return ok(Vec::<Value>::new());
        }
        let shown: Vec<&Stored> = state.messages_in(channel.id).filter(|message| message.only_for.is_none()).collect();
        let wanted: Vec<&Stored> = match (after, before) {
            (Some(after), _) => shown.into_iter().filter(|message| message.id > after).take(limit).collect(),
            (None, Some(before)) => newest(shown.into_iter().filter(|message| message.id < before), limit),
            (None, None) => newest(shown.into_iter(), limit),
        };
        // Newest first.
        ok(wanted.into_iter().rev().map(|message| state.message_object(message)).collect::<Vec<_>>())
    })
}

fn newest<'a>(messages: impl DoubleEndedIterator<Item = &'a Stored>, limit: usize) -> Vec<&'a Stored> {
    let mut newest: Vec<&Stored> = messages.rev().take(limit).collect();
    newest.reverse();
    newest
}

/// A message others may know of: private answers are not to be had here.
fn public(state: &state::State, channel: Id, message: Id) -> Result<&Stored, Refusal> {
    let message = state.message_in(channel, message).filter(|message| message.only_for.is_none());
    message.ok_or_else(|| Refusal::of(10008))
}

pub async fn get(State(service): State<Service>, _: Bot, Path((channel, message)): Path<(String, String)>) -> Answered {
    let (channel, message) = (id(&channel)?, id(&message)?);
    service.look(|state| {
        let channel = state.shown_to_bot(channel)?;
        if state.permissions(state.bot, channel) & READ_MESSAGE_HISTORY == 0 {
            return Err(Refusal::of(50013));
        }
        ok(state.message_object(public(state, channel.id, message)?))
    })
}

pub async fn create(State(service): State<Service>, _: Bot, Path(channel): Path<String>, Body(body): Body) -> Answered {
    let channel = id(&channel)?;
    let draft = Draft::read(&body, "");
    service.change(|state| {
        state.bot_may_post(channel, 0)?;
        let draft = draft?;
        if draft.embeds.as_ref().is_some_and(|embeds| !embeds.is_empty()) {
            state.bot_may_post(channel, EMBED_LINKS)?;
        }
        let bot = Writer::User(state.bot);
        if let (true, Some(nonce)) = (draft.enforce_nonce, &draft.nonce) {
            let is_same = |message: &&Stored| {
                message.writer == bot
                    && message.nonce.as_ref() == Some(nonce)
                    && state.now() - message.sent_at < NONCE_MS
            };
            if let Some(first) = state.messages_in(channel).rev().find(is_same) {
                return ok(state.message_object(first));
            }
        }
        let id = state.say(channel, bot, draft)?;
        ok(state.message(id).map(|message| state.message_object(message)))
    })
}

pub async fn edit(
    State(service): State<Service>,
    _: Bot,
    Path((channel, message)): Path<(String, String)>,
    Body(body): Body,
) -> Answered {
    let (channel, id) = (id(&channel)?, id(&message)?);
    let draft = Draft::read(&body, "");
    let old = service.old_edits();
    service.change(|state| {
        state.shown_to_bot(channel)?;
        if public(state, channel, id)?.writer != Writer::User(state.bot) {
            return Err(Refusal::of(50005));
        }
        state.edit(id, &draft?, Speaks::Bot, Some(old))?;
        ok(state.message(id).map(|message| state.message_object(message)))
    })
}

pub async fn delete(
    State(service): State<Service>,
    _: Bot,
    Path((channel, message)): Path<(String, String)>,
) -> Answered {
    let (channel, message) = (id(&channel)?, id(&message)?);
    service.change(|state| {
        let place = state.shown_to_bot(channel)?;
        let is_own = public(state, channel, message)?.writer == Writer::User(state.bot);
        if !is_own && state.permissions(state.bot, place) & MANAGE_MESSAGES == 0 {
            return Err(Refusal::of(50013));
        }
        if place.thread.as_ref().is_some_and(|thread| thread.archived) {
            return Err(Refusal::of(50083));
        }
        state.delete_message(message);
        no_content()
    })
}
