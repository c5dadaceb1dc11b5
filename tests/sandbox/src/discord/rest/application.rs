//! The application: who it is, its commands, where its gateway is.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, header},
};
use serde_json::{Value, json};

use super::{Answered, Body, Bot, flag, id, is_bot, ok};
use crate::discord::{Delivery, Service, commands, id::Id, refusal::Refusal};

pub async fn gateway(State(service): State<Service>) -> Answered {
    ok(json!({ "url": service.gateway_url() }))
}

pub async fn gateway_bot(State(service): State<Service>, _: Bot) -> Answered {
    let (remaining, reset_after) = service.gateway.identifies_left(&service.options, service.clock.unix_ms());
    ok(json!({
        "url": service.gateway_url(),
        "shards": service.options.shards,
        "session_start_limit": {
            "total": service.options.identifies_per_day, "remaining": remaining, "reset_after": reset_after,
            "max_concurrency": service.options.max_concurrency,
        },
    }))
}

/// The bot itself, or, with their access token, a person.
pub async fn me(State(service): State<Service>, headers: HeaderMap) -> Answered {
    if is_bot(&service, &headers) {
        return service.look(|state| ok(state.me_object(state.bot)));
    }
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let user = bearer.and_then(|token| service.oauth.whose(token, service.clock.unix_ms()));
    let user = user.ok_or_else(Refusal::unauthorized)?;
    service.look(|state| ok(state.me_object(user)))
}

pub async fn application(State(service): State<Service>, _: Bot) -> Answered {
    let endpoint = match service.delivery() {
        Delivery::Gateway => None,
        Delivery::Http { url } => Some(url),
    };
    let redirects = service.oauth.redirects();
    service.look(|state| {
        ok(json!({
            "id": state.bot,
            "name": "Greenroom",
            "icon": null,
            "description": "Opens video rooms.",
            "type": null,
            "bot": state.user_object(state.bot),
            "bot_public": true,
            "bot_require_code_grant": false,
            "install_params": { "scopes": ["applications.commands", "bot"], "permissions": "275414797312" },
            "integration_types_config": { "0": {} },
            "verify_key": service.public_key(),
            "flags": 0,
            "flags_new": "0",
            "tags": [],
            "redirect_uris": redirects,
            "interactions_endpoint_url": endpoint,
            "role_connections_verification_url": null,
            "owner": state.user_object(state.guild.owner),
            "approximate_guild_count": u8::from(state.bot_is_in()),
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "team": null,
            "eligible_oauth2_scopes": [],
        }))
    })
}

/// The bot may speak of its own application alone.
fn own(service: &Service, application: &str) -> Result<(), Refusal> {
    let application = id(application)?;
    if application == service.look(|state| state.bot) { Ok(()) } else { Err(Refusal::of(20012)) }
}

fn in_guild(service: &Service, guild: &str) -> Result<Id, Refusal> {
    let guild = id(guild)?;
    if service.look(|state| state.is_commands_scope(guild)) { Ok(guild) } else { Err(Refusal::of(50001)) }
}

pub async fn commands(
    State(service): State<Service>,
    _: Bot,
    Path(application): Path<String>,
    params: super::Params,
) -> Answered {
    own(&service, &application)?;
    ok(listed(&service.look(|state| state.commands.global.clone()), &params))
}

pub async fn guild_commands(
    State(service): State<Service>,
    _: Bot,
    Path((application, guild)): Path<(String, String)>,
    params: super::Params,
) -> Answered {
    own(&service, &application)?;
    in_guild(&service, &guild)?;
    ok(listed(&service.look(|state| state.commands.guild.clone()), &params))
}

/// Translations come only when asked for.
fn listed(commands: &[Value], params: &super::Params) -> Value {
    let mut commands = commands.to_vec();
    if !flag(params, "with_localizations") {
        commands.iter_mut().for_each(without_localizations);
    }
    commands.into()
}

fn without_localizations(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_localizations),
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("_localizations"));
            fields.values_mut().for_each(without_localizations);
        }
        _ => {}
    }
}

pub async fn set_commands(
    State(service): State<Service>,
    _: Bot,
    Path(application): Path<String>,
    Query(_): super::Params,
    Body(body): Body,
) -> Answered {
    own(&service, &application)?;
    let given = commands::read(&body)?;
    service.change(|state| {
        let before = std::mem::take(&mut state.commands.global);
        state.commands.global = commands::replace(state, &before, given, None);
        ok(&state.commands.global)
    })
}

pub async fn set_guild_commands(
    State(service): State<Service>,
    _: Bot,
    Path((application, guild)): Path<(String, String)>,
    Body(body): Body,
) -> Answered {
    own(&service, &application)?;
    let guild = in_guild(&service, &guild)?;
    let given = commands::read(&body)?;
    service.change(|state| {
        let before = std::mem::take(&mut state.commands.guild);
        state.commands.guild = commands::replace(state, &before, given, Some(guild));
        ok(&state.commands.guild)
    })
}
