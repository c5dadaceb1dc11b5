//! Telling a stand-in to misbehave, and asking it afterwards what it was asked.
//!
//! Comes in: rules such as `faults.next("POST /api/video/rooms", Fault::Status(503))`. Goes out: the
//! damage, done by [`layer`] to HTTP and by [`Line`] to a socket's frames, and [`Faults::requests`].

mod answer;
mod seen;
mod socket;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, header::LOCATION},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use tokio::sync::{broadcast, watch};

pub use self::{
    seen::Seen,
    socket::{Cuts, Line, Outcome, SocketFault},
};
use self::{
    seen::{Arrival, Log},
    socket::SocketRules,
};
use crate::{
    clock::{Clock, pause},
    listen::Abort,
};

/// Whose words a made-up answer uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    Discord,
    SignalWire,
}

/// What happens to one HTTP request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Answers rightly, but this much later.
    Latency(Duration),
    /// Accepts the request and never answers (until [`Faults::clear`], which then closes the connection).
    Hang,
    /// Answers with this status, in the vendor's usual words, and does nothing.
    Status(u16),
    /// Answers with exactly this, and does nothing.
    Body { status: u16, content_type: String, bytes: Bytes },
    /// Sends the client to that address.
    Redirect(String),
    /// Answers 429, in the vendor's words, and does nothing.
    RateLimited {
        /// Seconds; without it nothing says how long to wait.
        retry_after: Option<f64>,
        /// Discord: the whole bot, not this route.
        global: bool,
        /// Discord's JSON code.
        code: Option<i64>,
        /// Whether the limit's headers come along.
        headers: bool,
    },
    /// Does what was asked, then closes the connection without an answer.
    DropAfterCommit,
    /// Closes the connection without doing anything.
    Refuse,
}

impl Fault {
    /// [`Fault::Body`] with JSON in it.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::Body { status, content_type: "application/json".into(), bytes: body.to_string().into() }
    }

    /// [`Fault::Body`] with a page in it, as proxies in front of a service answer.
    pub fn html(status: u16, page: &str) -> Self {
        Self::Body { status, content_type: "text/html; charset=utf-8".into(), bytes: Bytes::from(page.to_owned()) }
    }
}

/// Bodies beyond this are refused with 413, as any real service does; Discord's uploads end at 10 MiB.
const BODY_LIMIT: usize = 11 * 1024 * 1024;

/// Which requests a rule is for: `"POST /api/video/rooms"`, `"GET /api/video/rooms/*"` (`*` is one segment),
/// `"* /api/v10/**"` (any method; `**` is the rest, also none).
#[derive(Clone, Debug)]
struct Route {
    method: Option<Method>,
    segments: Vec<String>,
}

impl Route {
    fn parse(route: &str) -> Self {
        let (method, path) = route.split_once(' ').unwrap_or(("*", route));
        let method = (method != "*").then(|| method.parse().unwrap_or(Method::GET));
        Self { method, segments: path.split('/').map(str::to_owned).collect() }
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        if self.method.as_ref().is_some_and(|wanted| wanted != method) {
            return false;
        }
        let mut given = path.split('/');
        for segment in &self.segments {
            match (segment.as_str(), given.next()) {
                ("**", _) => return true,
                ("*", Some(_)) => {}
                (segment, Some(given)) if segment == given => {}
                _ => return false,
            }
        }
        given.next().is_none()
    }
}

/// A rule that holds `left` more times, or for ever.
#[derive(Clone, Debug)]
struct Rule<At, What> {
    at: At,
    what: What,
    left: Option<u32>,
}

impl<At, What: Clone> Rule<At, What> {
    fn spend(&mut self) -> What {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
        }
        self.what.clone()
    }

    fn is_spent(&self) -> bool {
        self.left == Some(0)
    }
}

/// The switches of one stand-in. Cheap to clone; all clones are the same switches.
#[derive(Clone)]
pub struct Faults(Arc<Inner>);

struct Inner {
    vendor: Vendor,
    clock: Clock,
    routes: Mutex<Vec<Rule<Route, Fault>>>,
    sockets: Mutex<SocketRules>,
    log: Mutex<Log>,
    /// Counts arrivals and answers, so that a test can wait for one.
    changed: watch::Sender<u64>,
    /// Counts [`Faults::clear`], which sends hanging requests home.
    cleared: watch::Sender<u64>,
    cuts: broadcast::Sender<String>,
}

/// A lock whose holder panicked still holds good data here: every change is one statement.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    pub fn new(vendor: Vendor, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            vendor,
            clock,
            routes: Mutex::default(),
            sockets: Mutex::default(),
            log: Mutex::default(),
            changed: watch::Sender::new(0),
            cleared: watch::Sender::new(0),
            cuts: broadcast::Sender::new(64),
        }))
    }

    /// The next request to `route` goes wrong.
    pub fn next(&self, route: &str, fault: Fault) {
        self.times(1, route, fault);
    }

    /// The next `times` requests to `route` go wrong.
    pub fn times(&self, times: u32, route: &str, fault: Fault) {
        self.rule(route, fault, Some(times));
    }

    /// Every request to `route` goes wrong, until [`Faults::clear`].
    pub fn always(&self, route: &str, fault: Fault) {
        self.rule(route, fault, None);
    }

    fn rule(&self, route: &str, fault: Fault, left: Option<u32>) {
        hold(&self.0.routes).push(Rule { at: Route::parse(route), what: fault, left });
    }

    /// The next frame pushed on a socket (`"relay"`, `"browser"`, `"gateway"`) whose kind starts with `kind`
    /// (such as `"video.member.left"`, or `""` for any) goes wrong.
    pub fn next_event(&self, socket: &str, kind: &str, fault: SocketFault) {
        hold(&self.0.sockets).add(socket, kind, fault, Some(1));
    }

    /// Every such frame goes wrong, until [`Faults::clear`].
    pub fn always_event(&self, socket: &str, kind: &str, fault: SocketFault) {
        hold(&self.0.sockets).add(socket, kind, fault, None);
    }

    /// Closes all open connections of `socket` now, without a closing handshake.
    pub fn cut(&self, socket: &str) {
        // Nobody connected is as good as cut.
        let _ = self.0.cuts.send(socket.to_owned());
    }

    /// For the stand-ins: hears [`Faults::cut`] from now on.
    pub fn cuts(&self, socket: &str) -> Cuts {
        Cuts::new(socket, self.0.cuts.subscribe())
    }

    /// For the stand-ins: the outgoing side of one connection of `socket`.
    pub fn line<Frame: Clone>(&self, socket: &str) -> Line<Frame> {
        Line::new(self.clone(), socket)
    }

    fn socket_fault(&self, socket: &str, kind: &str) -> Option<SocketFault> {
        hold(&self.0.sockets).take(socket, kind)
    }

    /// Behaves again. Requests that hang are closed without an answer.
    pub fn clear(&self) {
        hold(&self.0.routes).clear();
        hold(&self.0.sockets).clear();
        self.0.cleared.send_modify(|times| *times += 1);
    }

    /// Every request so far (the newest 10,000), oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        hold(&self.0.log).seen()
    }

    /// Requests to `route`, written as in [`Faults::next`].
    pub fn requests_to(&self, route: &str) -> Vec<Seen> {
        let route = Route::parse(route);
        self.requests().into_iter().filter(|seen| route.matches(&seen.method, &seen.path)).collect()
    }

    /// Requests so far by route, such as `"POST /api/video/room_tokens" -> 3`. Counts all, also those forgotten.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        hold(&self.0.log).counts()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        hold(&self.0.log).forget();
    }

    /// Ends when `route` has been asked at least `times` times since the last [`Faults::forget`].
    pub async fn asked(&self, route: &str, times: usize) {
        let mut changed = self.0.changed.subscribe();
        let route = Route::parse(route);
        while hold(&self.0.log).arrivals(|method, path| route.matches(method, path)) < times {
            // The sender lives in `self`.
            let _ = changed.changed().await;
        }
    }

    /// What happens to this request: latencies that add up, and at most one real fault.
    fn take(&self, method: &Method, path: &str) -> (Duration, Option<Fault>) {
        let mut latency = Duration::ZERO;
        let mut fault = None;
        let mut rules = hold(&self.0.routes);
        for rule in rules.iter_mut().filter(|rule| rule.at.matches(method, path)) {
            match rule.what {
                Fault::Latency(_) => {
                    let Fault::Latency(more) = rule.spend() else { continue };
                    latency += more;
                }
                _ if fault.is_none() => fault = Some(rule.spend()),
                _ => {}
            }
        }
        rules.retain(|rule| !rule.is_spent());
        (latency, fault)
    }

    fn arrived(&self, arrival: Arrival) -> u64 {
        let number = hold(&self.0.log).arrived(arrival);
        self.0.changed.send_modify(|changes| *changes += 1);
        number
    }

    fn answered(&self, number: u64, status: StatusCode, body: Option<Bytes>, faulted: bool) {
        hold(&self.0.log).answered(number, status, body, faulted);
        self.0.changed.send_modify(|changes| *changes += 1);
    }
}

/// `router` with its faults applied and its requests recorded.
pub fn layer(router: Router, faults: Faults) -> Router {
    router.layer(from_fn_with_state(faults, apply))
}

async fn apply(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path().to_owned();
    let route = parts.extensions.get::<MatchedPath>().map_or(path.clone(), |route| route.as_str().to_owned());
    let number = faults.arrived(Arrival {
        method: parts.method.clone(),
        route,
        path: path.clone(),
        query: parts.uri.query().map(str::to_owned),
        at: faults.0.clock.unix_ms(),
        content_type: seen::content_type(&parts.headers),
        body: body.clone(),
    });

    let (latency, fault) = faults.take(&parts.method, &path);
    if !latency.is_zero() {
        pause(latency).await;
    }
    let request = Request::from_parts(parts, Body::from(body));
    let faulted = fault.is_some();
    let response = match fault {
        None | Some(Fault::Latency(_)) => next.run(request).await,
        Some(Fault::Hang) => {
            let mut cleared = faults.0.cleared.subscribe();
            let _ = cleared.changed().await;
            Abort::response()
        }
        Some(Fault::DropAfterCommit) => {
            next.run(request).await;
            Abort::response()
        }
        Some(Fault::Refuse) => Abort::response(),
        Some(Fault::Status(status)) => answer::status(faults.0.vendor, status),
        Some(Fault::Body { status, content_type, bytes }) => answer::exactly(status, &content_type, bytes),
        Some(Fault::Redirect(to)) => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, to)]).into_response(),
        Some(Fault::RateLimited { retry_after, global, code, headers }) => {
            answer::rate_limited(faults.0.vendor, retry_after, global, code, headers)
        }
    };
    record(&faults, number, response, faulted).await
}

/// Notes the answer; only JSON is kept, and only JSON is read ahead of the client.
async fn record(faults: &Faults, number: u64, response: Response, faulted: bool) -> Response {
    if response.extensions().get::<Abort>().is_some() {
        return response;
    }
    let status = response.status();
    if seen::content_type(response.headers()).as_deref() != Some("application/json") {
        faults.answered(number, status, None, faulted);
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return Abort::response() };
    faults.answered(number, status, Some(body.clone()), faulted);
    Response::from_parts(parts, Body::from(body))
}

#[cfg(test)]
mod tests;
