//! What an interaction's token allows after the first answer: its message, and more of them.

use axum::extract::{Path, State};
use serde_json::Value;

use super::{Answered, Body, id, no_content, ok};
use crate::discord::{
    Service,
    form::{Draft, Speaks},
    id::Id,
    refusal::Refusal,
    state::{self, First, Interaction, LOADING, TOKEN_LIFE_MS},
};

/// The interaction, while its token lives.
fn alive<'a>(state: &'a state::State, token: &str) -> Result<&'a Interaction, Refusal> {
    let interaction = state.interaction_of(token).ok_or_else(|| Refusal::of(50027))?;
    if state.now() - interaction.made_at > TOKEN_LIFE_MS {
        return Err(Refusal::of(50027));
    }
    // Nothing was answered, so there is nothing to work on.
    if interaction.first.is_none() { Err(Refusal::of(10015)) } else { Ok(interaction) }
}

/// One of its messages; none stands for `@original`.
fn own(state: &state::State, token: &str, message: Option<Id>) -> Result<Id, Refusal> {
    let interaction = alive(state, token)?;
    let id = match message {
        None => interaction.original,
        Some(id) => Some(id).filter(|id| interaction.original == Some(*id) || interaction.followups.contains(id)),
    };
    id.filter(|id| state.message(*id).is_some()).ok_or_else(|| Refusal::of(10008))
}

fn own_application(service: &Service, application: &str) -> Result<(), Refusal> {
    if id(application)? == service.look(|state| state.bot) { Ok(()) } else { Err(Refusal::of(10015)) }
}

fn object(state: &state::State, id: Id) -> Option<Value> {
    state.message(id).map(|message| state.message_object(message))
}

pub fn get_message(service: &Service, token: &str, message: Option<Id>) -> Answered {
    service.look(|state| ok(object(state, own(state, token, message)?)))
}

pub fn edit_message(service: &Service, token: &str, message: Option<Id>, body: &Value) -> Answered {
    service.change(|state| {
        let id = own(state, token, message)?;
        state.edit(id, &Draft::read(body, "")?, Speaks::Webhook, None)?;
        ok(object(state, id))
    })
}

pub fn delete_message(service: &Service, token: &str, message: Option<Id>) -> Answered {
    service.change(|state| {
        let id = own(state, token, message)?;
        state.delete_message(id);
        no_content()
    })
}

/// Another message. The first after a promise takes the promise's place, as it always did.
pub fn followup(service: &Service, token: &str, body: &Value) -> Answered {
    service.change(|state| {
        let interaction = alive(state, token)?;
        let (id, original, first) = (interaction.id, interaction.original, interaction.first);
        let draft = Draft::read(body, "")?;
        let promise = original.filter(|original| {
            first == Some(First::Deferred)
                && state.message(*original).is_some_and(|message| message.flags & LOADING != 0)
        });
        if let Some(promise) = promise {
            state.edit(promise, &draft, Speaks::Webhook, None)?;
            return ok(object(state, promise));
        }
        let message = state.say_to(id, draft)?;
        if let Some(interaction) = state.interaction_mut(id) {
            interaction.followups.push(message);
        }
        ok(object(state, message))
    })
}

pub async fn get(State(service): State<Service>, Path((application, token)): Path<(String, String)>) -> Answered {
    own_application(&service, &application)?;
    get_message(&service, &token, None)
}

pub async fn edit(
    State(service): State<Service>,
    Path((application, token)): Path<(String, String)>,
    Body(body): Body,
) -> Answered {
    own_application(&service, &application)?;
    edit_message(&service, &token, None, &body)
}

pub async fn delete(State(service): State<Service>, Path((application, token)): Path<(String, String)>) -> Answered {
    own_application(&service, &application)?;
    delete_message(&service, &token, None)
}
