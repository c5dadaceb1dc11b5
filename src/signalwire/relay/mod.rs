//! The event socket ("Relay"): what happens in rooms as it happens, and calls into rooms that are live.
//!
//! In: our credentials and a place to connect to. Out: a handle for calls, a watch on how the connection is, and a
//! bounded queue of [`Event`]s. Every event is acknowledged before anybody handles it, so a slow reader never holds
//! the socket up; what does not fit the queue is dropped and announced as [`Event::Resync`], after which the reader
//! asks for the state of things instead. The protocol is JSON-RPC 2.0 in text frames, as
//! `@signalwire/realtime-api` 4.2.1 speaks it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use secrecy::SecretString;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Error, Fault};
use crate::{clock::Clock, config, secret::Random, telemetry};

mod calls;
mod connection;
mod event;
mod intake;
mod run;
mod wire;

pub use event::{Event, Member, MemberKind, RoomSession};

/// Events that wait for their reader; more are dropped, and made good by a resync.
const QUEUE: usize = 1024;

/// How the connection is. Times are unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Authenticated and subscribed.
    Connected { since: i64 },
    /// Not connected; tried again with growing pauses.
    Down { since: i64 },
    /// Connecting does not help until somebody mends something; tried again rarely.
    Refused { since: i64, why: Refusal },
}

impl State {
    pub fn is_connected(&self) -> bool {
        matches!(self, Self::Connected { .. })
    }

    pub fn refusal(&self) -> Option<Refusal> {
        match *self {
            Self::Refused { why, .. } => Some(why),
            Self::Connected { .. } | Self::Down { .. } => None,
        }
    }
}

/// Why SignalWire does not let us in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("SignalWire refuses SIGNALWIRE_PROJECT_ID or SIGNALWIRE_API_TOKEN")]
    Credentials,
    #[error("SIGNALWIRE_API_TOKEN lacks the Video scope for realtime events")]
    Scope,
    #[error("SignalWire no longer speaks this version of its realtime protocol")]
    Version,
}

impl Refusal {
    pub const ALL: [Self; 3] = [Self::Credentials, Self::Scope, Self::Version];

    /// As counted.
    pub fn code(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Scope => "scope",
            Self::Version => "version",
        }
    }
}

/// The event socket of one project. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Relay(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    url: Url,
    project_id: String,
    api_token: SecretString,
    clock: Clock,
    random: Random,
    state: watch::Sender<State>,
    /// Since when a connection that stood is gone, by the monotonic clock.
    broken_since: Mutex<Option<Duration>>,
    /// SignalWire's clock minus ours, milliseconds, as its pings tell.
    ahead: AtomicI64,
    /// The way to the present connection; none while there is none, so that calls fail at once.
    requests: Mutex<Option<mpsc::Sender<Request>>>,
}

/// A call under way to the connection.
#[derive(Debug)]
struct Request {
    method: &'static str,
    params: serde_json::Value,
    answer: oneshot::Sender<Result<serde_json::Value, Error>>,
}

impl Relay {
    /// Connects, and keeps connecting, until `stop`.
    pub fn start(
        config: &config::SignalWire,
        clock: Clock,
        random: Random,
        stop: CancellationToken,
    ) -> (Self, mpsc::Receiver<Event>) {
        let (events, receiver) = mpsc::channel(QUEUE);
        let down = State::Down { since: clock.unix_ms() };
        let shared = Arc::new(Shared {
            url: config.relay_url.clone(),
            project_id: config.project_id.clone(),
            api_token: config.api_token.clone(),
            clock,
            random,
            state: watch::Sender::new(down),
            broken_since: Mutex::default(),
            ahead: AtomicI64::new(0),
            requests: Mutex::default(),
        });
        tokio::spawn(run::run(shared.clone(), intake::Intake::new(events), stop));
        (Self(shared), receiver)
    }

    pub fn state(&self) -> watch::Receiver<State> {
        self.0.state.subscribe()
    }

    /// Now, by SignalWire's clock as far as it is known: the time a snapshot asked for now can be put beside the
    /// times in events. Rather early than late.
    pub fn source_time(&self) -> i64 {
        self.0.source_time()
    }
}

impl Shared {
    fn source_time(&self) -> i64 {
        self.clock.unix_ms() + self.ahead.load(Ordering::Relaxed)
    }

    /// A ping says what time it is at SignalWire, late by the way here.
    fn heard_time(&self, at: i64) {
        /// More is no clock that is off but another unit or epoch.
        const BELIEVABLE: i64 = 24 * 3600 * 1000;
        let ahead = at - self.clock.unix_ms();
        if ahead.abs() <= BELIEVABLE {
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }

    fn open(&self, requests: mpsc::Sender<Request>) {
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner) = Some(requests);
        if let Some(since) = self.broken_since.lock().unwrap_or_else(PoisonError::into_inner).take() {
            telemetry::relay_gap(self.clock.monotonic().saturating_sub(since));
        }
        self.state.send_replace(State::Connected { since: self.clock.unix_ms() });
    }

    fn close(&self, refused: Option<Refusal>) {
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let since = self.clock.unix_ms();
        if self.state.borrow().is_connected() {
            let now = self.clock.monotonic();
            *self.broken_since.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        }
        self.state.send_if_modified(|state| {
            let next = match (refused, *state) {
                (Some(why), State::Refused { why: before, .. }) if why == before => return false,
                (Some(why), _) => State::Refused { since, why },
                (None, State::Connected { .. }) => State::Down { since },
                // Down since when it went down, however often it is tried meanwhile.
                (None, State::Down { .. } | State::Refused { .. }) => return false,
            };
            *state = next;
            true
        });
    }

    async fn call(&self, method: &'static str, params: serde_json::Value) -> Result<serde_json::Value, Error> {
        let began = self.clock.monotonic();
        let result = self.ask(method, params).await;
        telemetry::called("relay", method, &Error::ended(&result, None), self.clock.monotonic().saturating_sub(began));
        result
    }

    async fn ask(&self, method: &'static str, params: serde_json::Value) -> Result<serde_json::Value, Error> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let requests = requests.ok_or(Error::Unavailable(Fault::Connect))?;
        let (answer, answered) = oneshot::channel();
        let request = Request { method, params, answer };
        requests.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Unavailable(Fault::Busy),
            mpsc::error::TrySendError::Closed(_) => Error::Unavailable(Fault::Connect),
        })?;
        // Dropped unanswered with the connection it was sent on.
        answered.await.unwrap_or(Err(Error::Unavailable(Fault::Broken)))
    }
}

#[cfg(test)]
mod tests;
