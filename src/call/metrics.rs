//! For operators, on an address of its own: numbers for Prometheus, and how each part is.
//!
//! In: the parts. Out: `GET /metrics` in Prometheus' text format, and `GET /readyz`, 200 or 503 like the public one,
//! with every part named:
//!
//! ```json
//! {"ready": true, "version": "0.1.0", "started_at": 1788253100000, "process": "4f3ab2…", "on_duty": true, "parts": {
//!   "listener": {"state": "up"}, "database": {"state": "up"},
//!   "gateway": {"state": "up", "quiet_ms": 20113, "shards": {"held": 3, "standing_by": 1}},
//!   "relay": {"state": "down", "since": 1788253200000}, "video_rest": {"state": "unknown"}}}
//! ```
//!
//! A gateway is `waiting` while Discord, or our own patience, allows no new session: `why`, and `until` when.
//!
//! Only listener and database decide: whatever else is down, people are told about it by the page and in Discord.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{
    health::{self, Leaving},
    problem::json,
    serve,
};
use crate::{
    clock::Clock,
    discord,
    lease::Leases,
    signalwire::{
        self,
        relay::{self, Refusal},
    },
    store::Store,
    telemetry,
};

/// Gateways beat every 41 s; what missed two beats is gone.
const GATEWAY_QUIET: Duration = Duration::from_secs(90);
/// To reach our own listener, and to count in the database.
const WITHIN: Duration = Duration::from_secs(2);
/// How often what was measured is put into its buckets, in case nobody reads it.
const UPKEEP: Duration = Duration::from_secs(5);

/// What is looked at.
#[derive(Clone)]
pub struct Watched {
    /// Where the public listener takes connections.
    pub address: SocketAddr,
    pub started_at: i64,
    pub store: Store,
    pub leases: Leases,
    /// Whether this process is the one that listens to SignalWire's events and sweeps.
    pub on_duty: Arc<dyn Fn() -> bool + Send + Sync>,
    /// How much is kept in memory, by what it is.
    pub kept: Arc<dyn Fn() -> Vec<(&'static str, usize)> + Send + Sync>,
    /// None: interactions come over HTTP.
    pub gateway: Option<discord::Health>,
    pub relay: signalwire::Relay,
    pub signalwire: signalwire::Client,
    pub leaving: Leaving,
    pub clock: Clock,
}

/// Counts from now on, and serves until `stop` once the future is polled.
pub fn serve(
    listener: TcpListener,
    watched: Watched,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + 'static {
    let recorder = telemetry::recorder();
    let clock = watched.clock.clone();
    let router =
        Router::new().route("/metrics", get(metrics)).route("/readyz", get(ready)).with_state(Arc::new(watched));
    let upkeep = {
        let stop = stop.clone();
        async move {
            while stop.run_until_cancelled(clock.sleep(UPKEEP)).await.is_some() {
                recorder.run_upkeep();
            }
        }
    };
    async move {
        tokio::join!(serve::serve(listener, router, stop), upkeep);
    }
}

async fn metrics(State(watched): State<Arc<Watched>>) -> Response {
    let relay = *watched.relay.state().borrow();
    telemetry::relay_is_connected(relay.is_connected());
    for why in Refusal::ALL {
        telemetry::relay_is_refused(why.code(), relay.refusal() == Some(why));
    }
    for (shard, heard) in watched.gateway.iter().flat_map(|health| health.heard(GATEWAY_QUIET)) {
        telemetry::gateway_shard(shard, heard);
    }
    telemetry::tasks(tokio::runtime::Handle::current().metrics().num_alive_tasks());
    for (what, count) in (watched.kept)() {
        telemetry::kept(what, count);
    }
    if let Some(count) = counted("the pending cards", watched.store.cards_pending(watched.clock.unix_ms())).await {
        telemetry::cards_pending(count);
    }
    if let Some(live) = counted("the people in calls", watched.store.live_everywhere()).await {
        telemetry::live(live.calls, live.people);
    }
    let mut response = telemetry::recorder().render().into_response();
    let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, format);
    response
}

/// None where the database does not tell in time: then the last number stands.
async fn counted<T>(what: &str, asked: impl Future<Output = sqlx::Result<T>>) -> Option<T> {
    match tokio::time::timeout(WITHIN, asked).await {
        Ok(Ok(count)) => Some(count),
        Ok(Err(error)) => {
            tracing::warn!(%error, "{what} can't be counted");
            None
        }
        Err(_) => {
            tracing::warn!("the database is too slow to count {what}");
            None
        }
    }
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    version: &'static str,
    /// Unix milliseconds.
    started_at: i64,
    /// Who it is in the database.
    process: Arc<str>,
    on_duty: bool,
    parts: Parts,
}

#[derive(Serialize)]
struct Parts {
    listener: Part,
    database: Part,
    gateway: Part,
    relay: Part,
    video_rest: Part,
}

/// How one part is. Times are unix milliseconds.
#[derive(Serialize, Default)]
struct Part {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quiet_ms: Option<i64>,
    /// What it waits for comes then.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shards: Option<discord::Shards>,
}

impl Part {
    fn is(state: &'static str) -> Self {
        Self { state, ..Self::default() }
    }

    fn is_up(up: bool) -> Self {
        Self::is(if up { "up" } else { "down" })
    }
}

async fn ready(State(watched): State<Arc<Watched>>) -> Response {
    let (listens, answers) = tokio::join!(listens(watched.address), health::database_answers(&watched.store));
    let leaves = watched.leaving.has_begun();
    let listener = if leaves { Part::is("stopping") } else { Part::is_up(listens) };
    let ready = listens && answers && !leaves;
    let parts = Parts {
        listener,
        database: Part::is_up(answers),
        gateway: gateway(&watched),
        relay: relay(&watched.relay),
        video_rest: video_rest(&watched.signalwire),
    };
    let readiness = Readiness {
        ready,
        version: env!("CARGO_PKG_VERSION"),
        started_at: watched.started_at,
        process: watched.leases.owner(),
        on_duty: (watched.on_duty)(),
        parts,
    };
    json(if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &readiness)
}

/// Whether the public listener takes a connection.
async fn listens(address: SocketAddr) -> bool {
    matches!(tokio::time::timeout(WITHIN, TcpStream::connect(serve::from_here(address))).await, Ok(Ok(_)))
}

fn gateway(watched: &Watched) -> Part {
    let Some(health) = &watched.gateway else { return Part::is("off") };
    let shards = health.shards();
    if shards.is_some_and(|shards| shards.held == 0) {
        return Part { shards, ..Part::is("standing_by") };
    }
    if let Some(wait) = health.waits_for() {
        return Part { why: Some(wait.to_string()), until: wait.until(), shards, ..Part::is("waiting") };
    }
    let Some(quiet) = health.quiet_for() else {
        // Connecting takes a moment, and more where many shards have to.
        let is_new = watched.clock.unix_ms() < watched.started_at + crate::clock::millis(GATEWAY_QUIET);
        return Part { shards, ..Part::is(if is_new { "starting" } else { "down" }) };
    };
    Part { quiet_ms: Some(crate::clock::millis(quiet)), shards, ..Part::is_up(quiet < GATEWAY_QUIET) }
}

fn relay(relay: &signalwire::Relay) -> Part {
    match *relay.state().borrow() {
        relay::State::Connected { since } => Part { since: Some(since), ..Part::is("up") },
        relay::State::Down { since } => Part { since: Some(since), ..Part::is("down") },
        relay::State::Refused { since, why } => {
            Part { since: Some(since), why: Some(why.to_string()), ..Part::is("refused") }
        }
    }
}

/// By the last call's word: asking here would spend calls that people need.
fn video_rest(signalwire: &signalwire::Client) -> Part {
    match signalwire.heard() {
        None => Part::is("unknown"),
        Some(heard) => Part { since: Some(heard.at), ..Part::is_up(heard.works) },
    }
}

#[cfg(test)]
mod tests;
