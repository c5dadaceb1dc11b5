//! One of the two ways in: Discord posts signed interactions to us. In: a request. Out: the first answer
//! as its response; later work goes to the task tracker.
//! <https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint>

use std::sync::Arc;

use anyhow::Context;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serenity::{interactions_endpoint::Verifier, model::application::Interaction};
use tracing::Instrument as _;

use super::{
    answer::{self, Handler},
    client::Client,
    interactions::callback_body,
    seen::Seen,
};
use crate::{clock::Clock, store::Store, tasks::Tasks};

/// Where interactions are received.
pub const PATH: &str = "/discord/interactions";

/// Discord's own are a few KiB.
const BODY_MAX: usize = 64 * 1024;

/// How far a signature's timestamp may be from now, either way. Discord does not ask for it; without it a
/// captured request counts for ever.
const TIMESTAMP_OFF_MAX: u64 = 5 * 60;

#[derive(Debug)]
struct Endpoint<H> {
    handler: H,
    verifier: PublicKey,
    client: Client,
    clock: Clock,
    tasks: Tasks,
    seen: Seen,
}

#[derive(Clone)]
struct PublicKey(Verifier);

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PublicKey")
    }
}

/// `POST /discord/interactions`. `tasks` is where later work runs, so that stopping waits for it.
pub fn routes<H: Handler>(
    handler: H,
    public_key: [u8; 32],
    client: Client,
    store: Store,
    clock: Clock,
    tasks: Tasks,
) -> anyhow::Result<Router> {
    let verifier = Verifier::try_new(public_key).context("DISCORD_PUBLIC_KEY: not a public key")?;
    let endpoint = Endpoint { handler, verifier: PublicKey(verifier), client, clock, tasks, seen: Seen::new(store) };
    Ok(Router::new()
        .route(PATH, post(receive::<H>))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(Arc::new(endpoint)))
}

/// An interaction that was taken before gets 202 and nothing else: to Discord that means that the answer comes another
/// way, so it neither is a second one nor counts as a failure; and whoever sends a captured request again learns nothing.
async fn receive<H: Handler>(
    State(endpoint): State<Arc<Endpoint<H>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    endpoint.check(&headers, &body)?;
    let interaction: Interaction = serde_json::from_slice(&body).map_err(|error| {
        tracing::warn!(column = error.column(), "a signed interaction of a kind we can't read");
        Refusal::Unreadable
    })?;
    let Endpoint { handler, client, seen, .. } = &*endpoint;
    let span = answer::span(interaction.id(), handler.label(&interaction));
    let answered = answer::first(handler, seen, interaction, &client.real).instrument(span.clone());
    let Some(answer) = answered.await else {
        return Ok(StatusCode::ACCEPTED.into_response());
    };
    let body = callback_body(&answer.first).map_err(|_| Refusal::Unreadable)?;
    if let Some(later) = answer.later {
        endpoint.tasks.spawn(later.instrument(span));
    }
    Ok(Json(body).into_response())
}

impl<H> Endpoint<H> {
    /// Before anything is parsed, on the bytes as they came. Discord sends wrong signatures on purpose and
    /// takes the endpoint away when they pass.
    fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Refusal::Unsigned);
        let (signature, timestamp) = (header("x-signature-ed25519")?, header("x-signature-timestamp")?);
        self.verifier.0.verify(signature, timestamp, body).map_err(|()| Refusal::Unsigned)?;
        let signed_at: i64 = timestamp.parse().map_err(|_| Refusal::Unsigned)?;
        // By our clock or by Discord's: a machine whose clock is off still has a working bot.
        let off = |now_ms: i64| now_ms.div_euclid(1000).abs_diff(signed_at);
        let off = off(self.clock.unix_ms()).min(off(self.client.discord_unix_ms()));
        if off > TIMESTAMP_OFF_MAX { Err(Refusal::Stale) } else { Ok(()) }
    }
}

/// Why a request gets no answer. Its reader is a machine, or somebody who should not be here.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    Unsigned,
    Stale,
    Unreadable,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code) = match self {
            Self::Unsigned => (StatusCode::UNAUTHORIZED, "invalid_signature"),
            Self::Stale => (StatusCode::UNAUTHORIZED, "stale_signature"),
            Self::Unreadable => (StatusCode::BAD_REQUEST, "invalid_request"),
        };
        tracing::debug!(%status, code, "an interaction request was refused");
        (status, Json(serde_json::json!({ "code": code }))).into_response()
    }
}

#[cfg(test)]
mod tests;
