//! The REST API, version 10, as far as bots of this kind ask it. `/api` without a version is the same here.
//!
//! Comes in: HTTP with `Bot` tokens, webhook tokens or interaction tokens. Goes out: Discord's objects and refusals.

mod application;
mod callback;
mod guilds;
pub(super) mod limits;
mod messages;
mod original;
mod threads;
mod webhooks;

use std::collections::HashMap;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{HeaderMap, StatusCode, header, request::Parts as RequestParts},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Serialize;
use serde_json::Value;

use super::{Service, id::Id, oauth, refusal::Refusal};

/// What a route answers.
type Answered = Result<Response, Refusal>;

fn ok(value: impl Serialize) -> Answered {
    Ok(Json(value).into_response())
}

fn created(value: impl Serialize) -> Answered {
    Ok((StatusCode::CREATED, Json(value)).into_response())
}

fn no_content() -> Answered {
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Whoever shows the bot's token.
#[derive(Clone, Copy, Debug)]
struct Bot;

impl FromRequestParts<Service> for Bot {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut RequestParts, service: &Service) -> Result<Self, Refusal> {
        if is_bot(service, &parts.headers) { Ok(Self) } else { Err(Refusal::unauthorized()) }
    }
}

fn is_bot(service: &Service, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bot "));
    given.is_some_and(|token| service.accepts(token))
}

/// The JSON of a request; null when there is none.
struct Body(Value);

impl FromRequest<Service> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, service).await.map_err(|_| Refusal::of(50109))?;
        if bytes.is_empty() {
            return Ok(Self(Value::Null));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|_| Refusal::of(50109))
    }
}

/// A path's id. What is no id is not found.
fn id(text: &str) -> Result<Id, Refusal> {
    text.parse().map_err(|_| Refusal::not_found())
}

type Params = Query<HashMap<String, String>>;

fn flag(params: &Params, name: &str) -> bool {
    params.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
}

fn id_in(params: &Params, name: &str) -> Option<Id> {
    params.get(name)?.parse().ok()
}

pub(super) fn routes(service: &Service) -> Router<Service> {
    let webhook_message = get(webhooks::message).patch(webhooks::edit_message).delete(webhooks::delete_message);
    let original = get(original::get).patch(original::edit).delete(original::delete);
    let commands = get(application::commands).put(application::set_commands);
    let guild_commands = get(application::guild_commands).put(application::set_guild_commands);
    let api = Router::new()
        .route("/gateway", get(application::gateway))
        .route("/gateway/bot", get(application::gateway_bot))
        .route("/users/@me", get(application::me))
        .route("/users/@me/guilds", get(guilds::mine))
        .route("/applications/@me", get(application::application))
        .route("/oauth2/applications/@me", get(application::application))
        .route("/applications/{application}/commands", commands)
        .route("/applications/{application}/guilds/{guild}/commands", guild_commands)
        .route("/guilds/{guild}", get(guilds::guild))
        .route("/guilds/{guild}/roles", get(guilds::roles))
        .route("/guilds/{guild}/channels", get(guilds::channels))
        .route("/guilds/{guild}/members/{user}", get(guilds::member))
        .route("/channels/{channel}", get(guilds::channel))
        .route("/channels/{channel}/thread-members/{user}", get(threads::member))
        .route("/channels/{channel}/threads", post(threads::create))
        .route("/channels/{channel}/messages", get(messages::list).post(messages::create))
        .route(
            "/channels/{channel}/messages/{message}",
            get(messages::get).patch(messages::edit).delete(messages::delete),
        )
        .route("/channels/{channel}/messages/{message}/threads", post(threads::create_from_message))
        .route("/channels/{channel}/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/webhooks/{webhook}", get(webhooks::get_as_bot).delete(webhooks::delete_as_bot))
        .route("/webhooks/{webhook}/{token}", get(webhooks::get).post(webhooks::execute).delete(webhooks::delete))
        .route("/webhooks/{webhook}/{token}/messages/@original", original)
        .route("/webhooks/{webhook}/{token}/messages/{message}", webhook_message)
        .route("/interactions/{interaction}/{token}/callback", post(callback::callback))
        .merge(oauth::api())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed());
    Router::new()
        .nest("/api/v10", api.clone())
        .nest("/api", api)
        .fallback(async || Refusal::not_found())
        .layer(from_fn_with_state(service.clone(), limits::gate))
}
