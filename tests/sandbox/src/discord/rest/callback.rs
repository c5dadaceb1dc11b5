//! The first answer to an interaction.

use axum::extract::{Path, State};
use serde_json::json;

use super::{Answered, Body, flag, id, no_content, ok};
use crate::discord::{Service, interact, refusal::Refusal, state};

pub async fn callback(
    State(service): State<Service>,
    Path((interaction, token)): Path<(String, String)>,
    params: super::Params,
    Body(body): Body,
) -> Answered {
    let interaction = id(&interaction)?;
    service.change(|state| {
        let known = state.interaction(interaction).filter(|known| known.token == token);
        if known.is_none() {
            return Err(Refusal::of(10062));
        }
        interact::answer(state, interaction, &body)?;
        if flag(&params, "with_response") { ok(response(state, interaction, &body["type"])) } else { no_content() }
    })
}

/// <https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-callback-interaction-callback-response-object>
fn response(state: &state::State, id: crate::discord::Id, kind: &serde_json::Value) -> serde_json::Value {
    let Some(interaction) = state.interaction(id) else { return serde_json::Value::Null };
    let message = interaction.original.and_then(|original| state.message(original));
    let mut response = json!({ "interaction": { "id": id, "type": interaction.kind } });
    if let Some(message) = message {
        response["interaction"]["response_message_id"] = json!(message.id);
        response["interaction"]["response_message_loading"] = json!(message.flags & state::LOADING != 0);
        response["interaction"]["response_message_ephemeral"] = json!(message.flags & state::EPHEMERAL != 0);
        response["resource"] = json!({ "type": kind, "message": state.message_object(message) });
    }
    response
}
