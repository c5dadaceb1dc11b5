//! The one way to SignalWire's Video REST API: base URL, credentials, patience, and one private `send` in which
//! retries, limits and the reading of errors happen.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use backon::Retryable;
use bytes::Bytes;
use reqwest::{
    Method, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Semaphore;
use url::Url;

use super::{
    error::{Error, Fault, Problem},
    retry::{Budget, ClosedRoutes, FullJitter},
};
use crate::{bounded, clock::Clock, config, telemetry};

/// How long somebody who waits for a page or an answer is kept waiting for SignalWire, retries included.
const FOR_PEOPLE: Duration = Duration::from_millis(2_500);
/// The same for work nobody watches.
const IN_BACKGROUND: Duration = Duration::from_secs(10);
/// Leaves time for a second attempt within [`FOR_PEOPLE`].
const CONNECT: Duration = Duration::from_secs(1);
/// Below the idle limits of common NATs and balancers, so that a call seldom meets a connection that is dead.
const IDLE: Duration = Duration::from_secs(30);
/// No answer of the verbs used here comes near this; reading stops there whatever is sent.
const ANSWER_LIMIT: usize = 64 * 1024;
/// Calls that may wait for SignalWire at once; more fail at once instead of piling up. Its 1,380 writes a second need so
/// many while it takes 740 ms for each.
const IN_FLIGHT: usize = 1_024;
/// What a 429 without `Retry-After` means, and the most that one with it is believed.
const CLOSED: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(600));
/// No status of HTTP.
const NO_ANSWER: u16 = 0;
/// Bounds a list whose `next` links never end.
const PAGES: usize = 400;

/// SignalWire's Video REST API for one project. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
    patience: Duration,
}

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    /// `https://example.signalwire.com/api/video`
    base: Url,
    project_id: String,
    api_token: SecretString,
    clock: Clock,
    budget: Budget,
    closed: ClosedRoutes,
    in_flight: Semaphore,
    heard: Mutex<Option<Heard>>,
}

/// What the last call told of SignalWire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    pub works: bool,
    /// Unix milliseconds.
    pub at: i64,
}

/// One call, before it is made. Every verb of ours may be repeated: reads change nothing, room tokens are free of
/// side effects, updates set what they set, and creating a room twice ends in "taken", which callers read again.
pub(super) struct Call {
    /// Method and path shape, for limits and the log; names nothing secret or personal.
    pub route: &'static str,
    pub method: Method,
    pub url: Url,
    pub body: Option<Bytes>,
}

/// A page of any list.
#[derive(serde::Deserialize)]
struct Page<T> {
    data: Vec<T>,
    #[serde(default)]
    links: Links,
}

#[derive(Default, serde::Deserialize)]
struct Links {
    next: Option<String>,
}

#[derive(serde::Deserialize)]
struct ErrorBody {
    errors: Vec<ErrorEntry>,
}

#[derive(serde::Deserialize)]
struct ErrorEntry {
    code: Option<String>,
    attribute: Option<String>,
}

impl Client {
    /// A client whose calls have the patience of somebody who waits for them.
    pub fn new(config: &config::SignalWire, clock: Clock) -> Self {
        let http = reqwest::Client::builder()
            .user_agent(concat!("greenroom/", env!("CARGO_PKG_VERSION")))
            // A redirect could carry the credentials elsewhere; the API has none.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .tcp_keepalive(IDLE)
            .build()
            .expect("rustls with its built-in roots needs nothing from outside");
        let mut base = config.space_url.clone();
        base.set_path("/api/video");
        let inner = Inner {
            http,
            base,
            project_id: config.project_id.clone(),
            api_token: config.api_token.clone(),
            closed: ClosedRoutes::new(clock.clone()),
            clock,
            budget: Budget::default(),
            in_flight: Semaphore::new(IN_FLIGHT),
            heard: Mutex::default(),
        };
        Self { inner: Arc::new(inner), patience: FOR_PEOPLE }
    }

    /// The same client for work that nobody waits for.
    pub fn unhurried(&self) -> Self {
        Self { inner: self.inner.clone(), patience: IN_BACKGROUND }
    }

    /// What the last call told; none before the first.
    pub fn heard(&self) -> Option<Heard> {
        *self.inner.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the credentials go, and nowhere else.
    pub fn origin(&self) -> url::Origin {
        self.inner.base.origin()
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, route: &'static str, path: &[&str]) -> Result<T, Error> {
        self.send(&Call { route, method: Method::GET, url: self.url(path)?, body: None }).await
    }

    pub(super) async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        route: &'static str,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let body = serde_json::to_vec(body).expect("our requests have string keys and no failing serializers");
        self.send(&Call { route, method, url: self.url(path)?, body: Some(body.into()) }).await
    }

    /// All entries of a list, page after page along the links SignalWire gives.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        route: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, Error> {
        let mut url = self.url(path)?;
        url.query_pairs_mut().extend_pairs(query);
        let mut all = Vec::new();
        for _ in 0..PAGES {
            let page: Page<T> = self.send(&Call { route, method: Method::GET, url, body: None }).await?;
            all.extend(page.data);
            let Some(next) = page.links.next else { return Ok(all) };
            url = self.next_page(route, &next)?;
        }
        tracing::warn!(signalwire.route = route, "a list of SignalWire has no end");
        Err(Error::Unavailable(Fault::Answer))
    }

    /// Absolute or relative, SignalWire's documents show both; on its own origin only, for the credentials go with it.
    fn next_page(&self, route: &'static str, link: &str) -> Result<Url, Error> {
        let base = &self.inner.base;
        base.join(link).ok().filter(|url| url.origin() == base.origin()).ok_or_else(|| {
            tracing::warn!(signalwire.route = route, "a list of SignalWire goes on at another origin; not followed");
            Error::Unavailable(Fault::Answer)
        })
    }

    /// As answered, read by nobody yet.
    pub(super) async fn sent(&self, call: &Call) -> Result<Response, Error> {
        self.inner.sent(call).await
    }

    /// The URL of a resource; a segment that would be another resource's path names nothing.
    pub(super) fn url(&self, path: &[&str]) -> Result<Url, Error> {
        if path.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return Err(Error::NotFound);
        }
        let mut url = self.inner.base.clone();
        url.path_segments_mut().expect("an http URL has segments").extend(path);
        Ok(url)
    }

    /// Makes the call, again where that is harmless, useful and paid for, within this client's patience.
    ///
    /// The deadline is the machine's time, not the clock's: it bounds a socket, and a test that moves the clock must
    /// not fail a call that happens to be under way.
    async fn send<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        let inner = &self.inner;
        let (began, status) = (inner.clock.monotonic(), AtomicU16::new(NO_ANSWER));
        let result = self.send_patiently(call, &status).await;
        let works = result.as_ref().map_or_else(Error::is_an_answer, |_| true);
        *inner.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(Heard { works, at: inner.clock.unix_ms() });
        let status = Some(status.into_inner()).filter(|status| *status != NO_ANSWER);
        telemetry::called(
            "signalwire",
            call.route,
            &Error::ended(&result, status),
            inner.clock.monotonic().saturating_sub(began),
        );
        result
    }

    /// `status` becomes the last answer's.
    async fn send_patiently<T: DeserializeOwned>(&self, call: &Call, status: &AtomicU16) -> Result<T, Error> {
        let inner = &self.inner;
        let Ok(_place) = inner.in_flight.try_acquire() else { return Err(Error::Unavailable(Fault::Busy)) };
        inner.budget.deposit();
        let clock = inner.clock.clone();
        let attempts = (|| inner.attempt::<T>(call, status))
            .retry(FullJitter::default())
            .sleep(move |wait| {
                let clock = clock.clone();
                async move { clock.sleep(wait).await }
            })
            .when(Error::is_passing)
            .adjust(|_, wait| wait.filter(|_| inner.budget.withdraw()));
        match tokio::time::timeout(self.patience, attempts).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::Unavailable(Fault::Timeout)),
        }
    }
}

impl Inner {
    async fn attempt<T: DeserializeOwned>(&self, call: &Call, last: &AtomicU16) -> Result<T, Error> {
        if let Some(retry_after) = self.closed.remaining(call.route) {
            return Err(Error::RateLimited { retry_after });
        }
        last.store(NO_ANSWER, Ordering::Relaxed);
        let response = self.sent(call).await?;
        let status = response.status();
        last.store(status.as_u16(), Ordering::Relaxed);
        if status.is_success() {
            self.read(call.route, response).await
        } else {
            Err(self.refusal(call, response).await)
        }
    }

    async fn sent(&self, call: &Call) -> Result<Response, Error> {
        let mut request = self
            .http
            .request(call.method.clone(), call.url.clone())
            .basic_auth(&self.project_id, Some(self.api_token.expose_secret()));
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        request.send().await.map_err(|error| broken(call.route, &error))
    }

    async fn read<T: DeserializeOwned>(&self, route: &'static str, response: Response) -> Result<T, Error> {
        let status = response.status().as_u16();
        let kind = kind_of(&response);
        let body = read_bounded(route, response).await?;
        serde_json::from_slice(&body).map_err(|error| {
            // Where and of which category, not what: the error's own text may quote the body.
            let (bytes, category) = (body.len(), error.classify());
            tracing::warn!(signalwire.route = route, status, kind, bytes, ?category, "SignalWire's answer is unusable");
            Error::Unavailable(Fault::Answer)
        })
    }

    async fn refusal(&self, call: &Call, response: Response) -> Error {
        let status = response.status();
        let kind = kind_of(&response);
        if status == StatusCode::TOO_MANY_REQUESTS {
            let retry_after = retry_after(&response, self.clock.unix_seconds());
            self.closed.close(call.route, retry_after);
            tracing::warn!(
                signalwire.route = call.route,
                seconds = retry_after.as_secs_f32(),
                "SignalWire asks us to wait"
            );
            return Error::RateLimited { retry_after };
        }
        let body = read_bounded(call.route, response).await.unwrap_or_default();
        let error = Error::from_answer(status.as_u16(), &problems(&body));
        let (status, bytes) = (status.as_u16(), body.len());
        tracing::debug!(signalwire.route = call.route, status, kind, bytes, %error, "SignalWire refuses");
        error
    }
}

/// The body as far as [`ANSWER_LIMIT`]; more is an error, and is not read. No decoding is switched on in reqwest,
/// so a compressed bomb stays the few bytes it is.
pub(super) async fn read_bounded(route: &'static str, mut response: Response) -> Result<Vec<u8>, Error> {
    let body = bounded::body(&mut response, ANSWER_LIMIT).await.map_err(|error| broken(route, &error))?;
    body.ok_or_else(|| {
        tracing::warn!(signalwire.route = route, limit = ANSWER_LIMIT, "SignalWire's answer is too long");
        Error::Unavailable(Fault::Answer)
    })
}

fn broken(route: &'static str, error: &reqwest::Error) -> Error {
    let fault = match error {
        error if error.is_connect() => Fault::Connect,
        error if error.is_timeout() => Fault::Timeout,
        _ => Fault::Broken,
    };
    // reqwest's text holds the URL, which may hold a room name: the kind is enough.
    tracing::debug!(signalwire.route = route, %fault, "SignalWire can't be reached");
    Error::Unavailable(fault)
}

/// The media type of an answer, for the log: one of ours, or "other".
fn kind_of(response: &Response) -> &'static str {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().map(str::trim) {
        Some("application/json") => "json",
        Some("text/html") => "html",
        Some("text/plain") => "text",
        Some("") | None => "none",
        Some(_) => "other",
    }
}

fn problems(body: &[u8]) -> Vec<Problem> {
    let entries = serde_json::from_slice::<ErrorBody>(body).map(|body| body.errors).unwrap_or_default();
    let entry = |entry: ErrorEntry| Problem {
        code: entry.code.filter(|code| is_plain(code)).unwrap_or_else(|| "unknown".into()),
        attribute: entry.attribute.filter(|attribute| is_plain(attribute)),
    };
    entries.into_iter().take(32).map(entry).collect()
}

/// Shaped like the vendor's codes and field names, so fit for a log line.
fn is_plain(code: &str) -> bool {
    (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte))
}

/// Seconds, also with fractions, or a date (RFC 9110 section 10.2.3).
fn retry_after(response: &Response, now: i64) -> Duration {
    let said = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds = said.and_then(|text| {
        let date = || jiff::fmt::rfc2822::parse(text).ok().map(|at| (at.timestamp().as_second() - now) as f64);
        text.parse::<f64>().ok().or_else(date)
    });
    let (least, most) = CLOSED;
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .unwrap_or(least)
        .clamp(Duration::from_millis(100), most)
}

#[cfg(test)]
mod tests;
