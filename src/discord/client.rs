//! One REST client for all of Discord: base URL, secret, limits, retries. The verbs are in the files
//! beside this one; each makes a `Call` and ends in the one private [`Client::send`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    error::{Error, Refusal, code},
    limits::{self, Budget, Limits},
};
use crate::{bounded, clock::Clock, config, telemetry};

/// One request.
mod call;

/// Its repetitions.
mod tries;

pub(super) use self::call::{As, CALLBACK, Call, message_body, ping_nobody, plain_body};
use self::{call::WHOLE, tries::Tries};

/// To reach Discord at all.
const CONNECT: Duration = Duration::from_secs(2);
/// The longest 429 that is waited for inside a call; the caller knows better what to do with longer ones.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(5);
/// A guild with 500 channels is about 1 MiB.
const BODY_MAX: usize = 4 * 1024 * 1024;

/// Discord's REST API. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    /// `https://discord.com/api/v10`
    base: Arc<str>,
    authorization: HeaderValue,
    pub(super) limits: Limits,
    /// Discord's limits and our time-outs run in real time.
    pub(super) real: Clock,
    /// Discord's clock minus `clock`, milliseconds.
    skew_ms: Arc<AtomicI64>,
    clock: Clock,
    pub(super) application_id: Arc<tokio::sync::OnceCell<super::ApplicationId>>,
    /// How long a call waits for a closed route, and for a 429 to be over.
    patience: Duration,
    /// Asked before a request leaves.
    may_leave: Option<MayLeave>,
}

/// Whether a request may still leave once its turn has come.
#[derive(Clone)]
struct MayLeave(Arc<dyn Fn() -> bool + Send + Sync>);

impl std::fmt::Debug for MayLeave {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MayLeave")
    }
}

/// One answer of Discord's, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Client {
    /// Must be called inside the runtime. `contact` is where Discord's people find out whose bot this is.
    pub fn new(config: &config::Discord, contact: &Url, clock: Clock) -> anyhow::Result<Self> {
        let mut authorization = HeaderValue::from_str(&format!("Bot {}", config.token.expose_secret()))
            .context("DISCORD_TOKEN: holds characters that no token has")?;
        authorization.set_sensitive(true);
        let http = http_client(&config.api_url, contact)?;
        let real = Clock::system();
        Ok(Self {
            http,
            base: format!("{}/api/v10", config.api_url.as_str().trim_end_matches('/')).into(),
            authorization,
            limits: Limits::new(Budget::new(config.requests_per_second), real.clone()),
            real,
            skew_ms: Arc::default(),
            clock,
            application_id: Arc::default(),
            patience: limits::PATIENCE,
            may_leave: None,
        })
    }

    /// The same client for calls that are given up, with [`Error::NotOurs`], when this is not so once their turn comes.
    #[must_use]
    pub fn only_while(&self, is_so: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { may_leave: Some(MayLeave(Arc::new(is_so))), ..self.clone() }
    }

    /// The same client for calls that wait out no closed route and no 429 but say at once how long it takes:
    /// whoever shows a state would rather send the newer one then.
    #[must_use]
    pub fn impatient(&self) -> Self {
        Self { patience: Duration::ZERO, ..self.clone() }
    }

    /// The connections themselves, for people's sign-in.
    pub(crate) fn http(&self) -> reqwest::Client {
        self.http.clone()
    }

    /// Discord's wall time as far as its last answer told, unix milliseconds; good to about a second.
    pub fn discord_unix_ms(&self) -> i64 {
        self.clock.unix_ms() + self.skew_ms()
    }

    /// How far Discord's clock is ahead of ours, milliseconds.
    pub fn skew_ms(&self) -> i64 {
        self.skew_ms.load(Ordering::Relaxed)
    }

    /// How much of Discord's global limit this process may use from now on.
    pub fn share(&self, share: limits::Share) {
        self.limits.resize(share);
    }

    /// Sends, and reads the answer as `T`.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let body = self.send(call).await?;
        // The error's own text may quote the answer, and answers hold tokens.
        serde_json::from_slice(&body).map_err(|error| {
            let wanted = std::any::type_name::<T>();
            Error::Malformed(format!("no {wanted}: {:?} at column {}", error.classify(), error.column()))
        })
    }

    /// Sends, and takes any success for an answer.
    pub(super) async fn tell(&self, call: Call) -> Result<(), Error> {
        self.send(call).await.map(drop)
    }

    /// The one place where requests leave.
    async fn send(&self, call: Call) -> Result<Vec<u8>, Error> {
        let (route, began) = (call.shape(), self.real.monotonic());
        let result = self.send_in_turn(call).await;
        telemetry::called("discord", route, &Error::ended(&result), self.real.monotonic().saturating_sub(began));
        result
    }

    /// Turn, request, and repetition where that does no harm.
    async fn send_in_turn(&self, call: Call) -> Result<Vec<u8>, Error> {
        let permit = match call.speaks {
            As::Interaction => None,
            As::Bot | As::Webhook => Some(self.limits.turn(&call.method, &call.key, self.patience).await?),
        };
        // Repetitions run under the same permit, so the route stays closed to others meanwhile.
        let mut tries = Tries::new(call.repeatable, self.patience.min(RETRY_AFTER_MAX));
        let (result, bucket) = loop {
            let asked = match self.place(&call).await {
                Ok(_) if self.may_leave.as_ref().is_some_and(|MayLeave(is_so)| !is_so()) => {
                    break (Err(Error::NotOurs), None);
                }
                Ok(_held) => self.once(&call).await,
                Err(error) => break (Err(error), None),
            };
            let (error, wait, bucket) = match asked {
                Ok(answer) if answer.status.is_success() => break (Ok(answer.body), limits::bucket(&answer.headers)),
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                    let (retry_after, code) = self.asked_for_patience(&call, &answer);
                    // Of one old message more edits are refused, for up to an hour: its route serves others meanwhile.
                    let bucket = if code == code::TOO_MANY_EDITS_OF_OLD_MESSAGE {
                        limits::bucket(&answer.headers)
                    } else {
                        Some(limits::closed(&answer.headers, &call.key, retry_after))
                    };
                    (Error::RateLimited { retry_after, code }, tries.after_limit(retry_after, code), bucket)
                }
                Ok(answer) => {
                    let wait = if answer.status.is_server_error() { tries.after_failure() } else { None };
                    (refused(&answer), wait, limits::bucket(&answer.headers))
                }
                Err(error) => (error, tries.after_failure(), None),
            };
            let Some(wait) = wait else { break (Err(error), bucket) };
            tracing::debug!(discord.route = %call.key, %error, "asking Discord again");
            self.real.sleep(wait).await;
        };
        if let Some(permit) = permit {
            permit.complete(bucket);
        }
        result
    }

    /// The request's place in the second, held while it is under way. Answers to people need none.
    async fn place(&self, call: &Call) -> Result<Option<limits::InSecond>, Error> {
        match call.speaks {
            As::Interaction => Ok(None),
            // Only who writes to channels is impatient.
            As::Bot | As::Webhook => self.limits.place(self.patience.is_zero()).await.map(Some),
        }
    }

    fn asked_for_patience(&self, call: &Call, answer: &Answer) -> (Duration, u32) {
        let refusal = Refusal::read(&answer.body);
        let retry_after = limits::retry_after(&answer.headers, &refusal);
        let is_global = refusal.global || answer.headers.contains_key("x-ratelimit-global");
        if is_global {
            self.limits.silence(retry_after);
        }
        let is_of_message = refusal.code != 0;
        telemetry::rate_limited(if is_global {
            "global"
        } else if is_of_message {
            "message"
        } else {
            "route"
        });
        let ms = retry_after.as_millis();
        tracing::warn!(discord.route = %call.key, discord.code = refusal.code, retry_after_ms = ms, "Discord asks for patience");
        (retry_after, refusal.code)
    }

    async fn once(&self, call: &Call) -> Result<Answer, Error> {
        let mut request =
            self.http.request(call.method.clone(), format!("{}/{}", self.base, call.path)).timeout(call.timeout);
        if call.speaks == As::Bot {
            request = request.header(header::AUTHORIZATION, self.authorization.clone());
        }
        if let Some(reason) = call.reason {
            request = request.header("x-audit-log-reason", reason);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(unreachable)?;
        self.learn_time(response.headers());
        read(response).await
    }

    /// Every answer says what time it is at Discord.
    fn learn_time(&self, headers: &HeaderMap) {
        let date = headers.get(header::DATE).and_then(|date| date.to_str().ok());
        let Some(date) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) else { return };
        // The header has whole seconds, cut off: on average half a second is missing.
        let theirs = date.timestamp().as_millisecond() + 500;
        self.skew_ms.store(theirs - self.clock.unix_ms(), Ordering::Relaxed);
    }
}

fn http_client(api_url: &Url, contact: &Url) -> anyhow::Result<reqwest::Client> {
    // Discord may refuse an agent of another form before it reaches the API.
    // https://discord.com/developers/docs/reference#user-agent
    let agent = format!("DiscordBot ({contact}, {})", env!("CARGO_PKG_VERSION"));
    let mut builder = reqwest::Client::builder()
        .user_agent(agent)
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .redirect(reqwest::redirect::Policy::none())
        .pool_idle_timeout(Duration::from_secs(60));
    if config::is_loopback(api_url) {
        builder = builder.no_proxy();
    }
    builder.build().context("the HTTP client for Discord can't be made")
}

fn refused(answer: &Answer) -> Error {
    let refusal = Refusal::read(&answer.body);
    Error::Status { status: answer.status, code: refusal.code, fields: refusal.fields() }
}

/// reqwest's errors name the URL, which may hold a token; their causes name only hosts.
fn unreachable(error: reqwest::Error) -> Error {
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    Error::Unreachable(what.to_owned())
}

async fn read(mut response: reqwest::Response) -> Result<Answer, Error> {
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let body = bounded::body(&mut response, BODY_MAX).await.map_err(unreachable)?;
    let body = body.ok_or_else(|| Error::Malformed(format!("an answer of more than {BODY_MAX} bytes")))?;
    Ok(Answer { status, headers, body })
}
