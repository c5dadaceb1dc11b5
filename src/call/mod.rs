//! 4. The join page, its room token and its live updates.
//!
//! In: HTTP from people's browsers. Out: one static page for every room, browser sessions, lobby facts, room
//! tokens, and a stream that says what changes. Who may do what is `access`' word, asked for at every route.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Path, State},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::{
    HeaderMap, Method, StatusCode,
    header::{ETAG, IF_NONE_MATCH},
};
use tower_http::catch_panic::CatchPanicLayer;
use url::Url;

use self::{guard::RateLimit, headers::Security, problem::Problem};
use crate::{
    access::{Membership, Sessions, SignIn, Tickets},
    buckets::{Allowance, Buckets},
    clock::Clock,
    config,
    room::{AskForLook, Ending, Rooms},
    secret::{Keys, Random},
    signalwire::{self, relay::Relay},
    store::Store,
    tasks::Tasks,
    wake::Wake,
    words::Words,
};

/// The built page's files.
pub mod assets;

/// Headers on every answer.
pub mod headers;

/// What a request must be before a handler sees it.
mod guard;

/// What went wrong, in words.
mod problem;

/// Who is asking, and in which role: the question every room route begins with.
mod caller;

/// Ticket to session, session to handoff, sign-out.
mod session;

/// Sign in with Discord.
mod oauth;

/// What the lobby shows.
mod lobby;

/// People's pictures.
mod face;

/// The room token.
mod token;

/// How long it took to come in.
mod joined;

/// A join that failed in the browser.
mod failed;

/// What changes, as it changes.
mod stream;

/// Asking to be let in.
mod knock;

/// The lock, for who may pass it.
mod lock;

/// Looks, removals, the end for all.
mod action;

/// Putting somebody out.
mod put_out;

/// Whether who is inside still may be.
pub mod recheck;

/// Whether operators may send people here, and how that ends.
pub mod health;

/// For operators, on an address of its own.
pub mod metrics;

/// The accept loop.
pub mod serve;

/// What the routes need, put together by `app`.
pub struct Parts {
    pub store: Store,
    pub rooms: Rooms,
    pub membership: Membership,
    pub tickets: Tickets,
    pub sessions: Sessions,
    pub keys: Keys,
    /// The connections to Discord, and where its API is.
    pub discord: (reqwest::Client, Url),
    /// None: nobody can sign in with Discord.
    pub sign_in: Option<SignIn>,
    pub signalwire: signalwire::Client,
    /// None: nobody can be put out of a call at once.
    pub relay: Relay,
    pub look: AskForLook,
    pub ending: Ending,
    pub words: Words,
    pub wake: Wake,
    pub clock: Clock,
    pub random: Random,
    pub leaving: health::Leaving,
    /// Streams end with their stop.
    pub tasks: Tasks,
    pub limits: config::Limits,
    pub web: config::Web,
    pub signalwire_config: config::SignalWire,
}

/// The state of all routes. Cheap to clone.
#[derive(Clone)]
pub struct Call(Arc<Inner>);

struct Inner {
    parts: Parts,
    /// `PUBLIC_URL` as browsers write it in `Origin`.
    origin: String,
    streams: stream::Streams,
    inside: lobby::InsideByVersion,
    faces: face::Faces,
    deleted: stream::DeletedBySession,
    rate_limit: Option<RateLimit>,
    /// For the routes beside the API, which other readers visit too.
    wide_limit: Option<RateLimit>,
    people: Buckets<u64>,
    tokens: Buckets<u64>,
    joins: Buckets<u64>,
    guilds: Buckets<u64>,
    security: Security,
}

impl std::ops::Deref for Call {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

/// Sessions whose people are kept in memory.
const SESSIONS_REMEMBERED: usize = 1_000;
/// What a person may ask of the API, in all tabs: a page asks a handful of times a minute.
const OF_PERSON: Allowance = Allowance::new(120, Duration::from_millis(250));
/// Room tokens for a person. A page takes one to come in and one every few minutes.
const TOKENS: Allowance = Allowance::new(20, Duration::from_secs(3));
/// What all people of a server may ask together: a few hundred come in at once.
const OF_GUILD: Allowance = Allowance::new(3_000, Duration::from_millis(10));
/// How often addresses that have gone quiet are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

impl Call {
    pub fn new(parts: Parts) -> Self {
        let on = parts.web.rate_limits;
        let call = Self(Arc::new(Inner {
            origin: parts.web.public_url.origin().ascii_serialization(),
            streams: stream::Streams::default(),
            inside: lobby::InsideByVersion::new(SESSIONS_REMEMBERED),
            deleted: stream::DeletedBySession::new(SESSIONS_REMEMBERED),
            faces: face::Faces::new(parts.discord.clone(), parts.keys.clone()),
            rate_limit: on.then(|| RateLimit::of_api(&parts.web.trusted_proxies)),
            wide_limit: on.then(|| RateLimit::of_all(&parts.web.trusted_proxies)),
            people: Buckets::new(on, OF_PERSON),
            tokens: Buckets::new(on, TOKENS),
            joins: Buckets::new(on, TOKENS),
            guilds: Buckets::new(on, OF_GUILD),
            security: Security::new(&parts.web.public_url, &parts.signalwire_config),
            parts,
        }));
        call.forget_old();
        call.tasks.lasting("shutting locks", call.clone().shut_forgotten_locks());
        call
    }

    /// All of the server's routes: ours, and `others` that answer other readers, under the same headers and limits.
    pub fn router(&self, others: Router) -> Router {
        let told = self.clone();
        let beside = self.pages().merge(others);
        let beside = match &self.0.wide_limit {
            Some(limit) => limit.over(beside),
            None => beside,
        };
        Router::new()
            .merge(self.api())
            .merge(beside)
            .layer(from_fn(guard::whole_body))
            .layer(CatchPanicLayer::custom(move |_| broke_off(&told)))
            .layer(from_fn_with_state(self.0.security.clone(), headers::add))
    }

    fn pages(&self) -> Router {
        Router::new()
            .route("/", get(page))
            .route("/r/{key}", get(page))
            .route("/g/{key}", get(page))
            .route("/assets/{*path}", get(asset))
            .route("/faces/{mark}/{*path}", get(face::show))
            .route("/healthz", get(health::alive))
            .route("/readyz", get(health::ready))
            .fallback(astray)
            .with_state(self.clone())
    }

    fn api(&self) -> Router {
        let api = Router::new()
            .route("/api/door", get(session::door))
            .route("/api/session", post(session::begin))
            .route("/api/session/handoff", post(session::hand_off))
            .route("/api/session/end", post(session::end))
            .route("/api/rooms/{key}", get(lobby::show))
            .route("/api/rooms/{key}/token", post(token::mint))
            .route("/api/rooms/{key}/joined", post(joined::took))
            .route("/api/rooms/{key}/failed", post(failed::tell))
            .route("/api/rooms/{key}/stream", get(stream::open))
            .route("/api/rooms/{key}/look", post(action::look))
            .route("/api/rooms/{key}/actions/knock", post(knock::knock))
            .route("/api/rooms/{key}/actions/end", post(action::end))
            .route("/api/rooms/{key}/actions/remove", post(action::remove))
            .route("/api/{*rest}", get(nothing).post(nothing))
            .merge(oauth::routes())
            .with_state(self.clone())
            .layer(from_fn_with_state(self.clone(), guard::own_page));
        let api = match &self.0.rate_limit {
            Some(limit) => limit.over(api),
            None => api,
        };
        api.layer(CatchPanicLayer::custom(|_| Problem::Internal(anyhow::anyhow!("a handler panicked")).into_response()))
            .layer(from_fn_with_state(self.clone(), problem::speak))
    }

    /// Whether "Sign in with Discord" is there.
    fn sign_in(&self) -> bool {
        self.sign_in.is_some()
    }

    /// How much is kept in memory of people who come and of what they ask.
    pub fn kept(&self) -> Vec<(&'static str, usize)> {
        let call = &self.0;
        let addresses = [&call.rate_limit, &call.wide_limit].into_iter().flatten().map(RateLimit::sweep).sum();
        let own = [
            ("browser_sessions", self.sessions.kept()),
            ("streams", call.streams.open()),
            ("page_people", call.people.sweep() + call.tokens.sweep() + call.joins.sweep()),
            ("page_servers", call.guilds.sweep()),
            ("page_addresses", addresses),
        ];
        own.into_iter().chain(self.membership.kept()).collect()
    }

    /// What is remembered of people and addresses for a while is let go of after it.
    fn forget_old(&self) {
        let limits = [self.0.rate_limit.clone(), self.0.wide_limit.clone()];
        let (membership, sessions) = (self.membership.clone(), self.sessions.clone());
        let (clock, stop) = (self.clock.clone(), self.tasks.stop().clone());
        self.tasks.lasting("forgetting people and addresses", async move {
            while stop.run_until_cancelled(clock.sleep(SWEEP_EVERY)).await.is_some() {
                for limit in limits.iter().flatten() {
                    limit.sweep();
                }
                membership.forget_old();
                sessions.forget_old();
            }
        });
    }
}

/// GET changes nothing, and tells nobody which rooms there are.
async fn page(headers: HeaderMap) -> Response {
    assets::page(&headers)
}

/// Nothing is here. Whoever followed a link that lost a piece reads where rooms are found.
async fn astray(method: Method, mut headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::NOT_FOUND.into_response();
    }
    // What a browser has of the page is no answer to this.
    headers.remove(IF_NONE_MATCH);
    let mut response = assets::page(&headers);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().remove(ETAG);
    response
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    assets::serve(&format!("assets/{path}"), &headers)
}

async fn nothing(State(_): State<Call>) -> Problem {
    Problem::NotFound
}

/// The answer where a handler broke off that is not the page's.
fn broke_off(call: &Call) -> Response {
    let problem = Problem::Internal(anyhow::anyhow!("a handler panicked"));
    let told = problem.tell(&call.words, crate::words::Locale::default(), call.random.reference());
    problem::json(StatusCode::INTERNAL_SERVER_ERROR, &told)
}

#[cfg(test)]
mod tests;
