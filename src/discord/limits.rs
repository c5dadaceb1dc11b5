//! Discord's rate limits, kept before they are met: buckets by its headers, and 45 requests a second over all of them
//! (Discord's own limit is 50; what it granted a large bot is configured), shared evenly by all processes. Interaction
//! answers do not pass here: they are outside the global limit and each interaction has its own bucket.
//! <https://discord.com/developers/docs/topics/rate-limits>
//!
//! Limits run in real time, whatever the app's clock says: they are Discord's, not ours.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use http::HeaderMap;
use twilight_http_ratelimiting::{Endpoint, Method, Permit, RateLimitHeaders, RateLimiter};

use self::places::{Places, Taken};
use super::error::{Error, Refusal};
use crate::clock::Clock;

mod budget;
mod places;

pub use self::budget::{Budget, Share};

/// How long a card may wait for its place in the second. A thousand channels' turns come within this.
const CHANNELS_PATIENCE: Duration = Duration::from_secs(45);

/// The limiter by buckets counts in fixed windows, of which two full ones may meet, and has favourites among those who
/// wait: the global limit is kept by [`Limits::place`] instead, in turn and in every second.
const NOT_BY_BUCKETS: u16 = u16::MAX;

/// How long a call may wait for its turn before it is given up.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// Calls that may wait at once; where more than this get their turn within [`PATIENCE`], so many.
const WAITING_MAX: usize = 1024;

/// What a 429 without any figure is taken for.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(super) struct Limits {
    limiter: RateLimiter,
    /// Until when a global 429 silences every route.
    silent_until: Arc<Mutex<Option<Instant>>>,
    waiting: Arc<AtomicUsize>,
    all: Arc<Places>,
    of_channels: Arc<Places>,
    real: Clock,
}

/// A request's place in the second: it is free again a second after this is dropped, so after the request arrived.
#[derive(Debug)]
pub(super) struct InSecond {
    places: Option<(Taken, Option<Taken>)>,
    real: Clock,
}

impl Drop for InSecond {
    fn drop(&mut self) {
        let (places, real) = (self.places.take(), self.real.clone());
        // Outside a runtime nothing is sent any more.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                real.sleep(Duration::from_secs(1)).await;
                drop(places);
            });
        }
    }
}

impl Limits {
    /// Must be called inside the runtime: the limiter is a task of it.
    pub fn new(budget: Budget, real: Clock) -> Self {
        let share = budget.among(1);
        Self {
            limiter: RateLimiter::new(NOT_BY_BUCKETS),
            silent_until: Arc::default(),
            waiting: Arc::default(),
            all: Places::new(share.all),
            of_channels: Places::new(share.of_channels),
            real,
        }
    }

    /// Of the second's places, as many as this process may take from now on.
    pub fn resize(&self, share: Share) {
        self.all.resize(share.all);
        self.of_channels.resize(share.of_channels);
    }

    /// Waits for one of the second's places; every request that leaves needs one of its own, repetitions too.
    pub async fn place(&self, of_channel: bool) -> Result<InSecond, Error> {
        let share = if of_channel { Some(Arc::clone(&self.of_channels)) } else { None };
        let all = Arc::clone(&self.all);
        let places = async move {
            let share = match share {
                Some(share) => Some(share.take().await?),
                None => None,
            };
            Ok::<_, tokio::sync::AcquireError>((all.take().await?, share))
        };
        let patience = if of_channel { CHANNELS_PATIENCE } else { PATIENCE };
        match self.real.timeout(patience, places).await {
            Some(Ok(places)) => Ok(InSecond { places: Some(places), real: self.real.clone() }),
            Some(Err(_)) | None => Err(Error::RateLimited { retry_after: RETRY_AFTER_DEFAULT, code: 0 }),
        }
    }

    /// Waits for the route's turn, or says how long the route stays closed when that is longer than `patience`.
    pub async fn turn(&self, method: &http::Method, key: &str, patience: Duration) -> Result<Permit, Error> {
        let most = WAITING_MAX.max(self.all.all() * PATIENCE.as_secs() as usize);
        let _place = Place::take(&self.waiting, most)?;
        self.wait_out_global(patience).await?;
        let endpoint = Endpoint { method: known(method), path: key.to_owned() };
        let (closed, mut is_closed) = tokio::sync::oneshot::channel();
        let permit = self.limiter.acquire_if(endpoint, move |bucket| {
            let left =
                bucket.filter(|b| b.remaining == 0).map(|b| b.reset_at.saturating_duration_since(Instant::now()));
            match left {
                Some(left) if left > patience => {
                    // The caller may have gone; nobody else needs to know.
                    let _ = closed.send(left);
                    false
                }
                _ => true,
            }
        });
        match self.real.timeout(PATIENCE, permit).await {
            Some(Some(permit)) => Ok(permit),
            Some(None) => {
                let retry_after = is_closed.try_recv().unwrap_or(RETRY_AFTER_DEFAULT);
                Err(Error::RateLimited { retry_after, code: 0 })
            }
            None => Err(Error::RateLimited { retry_after: RETRY_AFTER_DEFAULT, code: 0 }),
        }
    }

    async fn wait_out_global(&self, patience: Duration) -> Result<(), Error> {
        loop {
            let until = *self.silent_until.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let left = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(());
            }
            if left > patience {
                return Err(Error::RateLimited { retry_after: left, code: 0 });
            }
            self.real.sleep(left).await;
        }
    }

    /// A global 429: every route keeps quiet.
    pub fn silence(&self, retry_after: Duration) {
        let until = Instant::now() + retry_after;
        let mut silent = self.silent_until.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *silent = Some(silent.map_or(until, |before| before.max(until)));
    }
}

/// A place among the waiting, given back on drop.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Result<Self, Error> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= most { Err(Error::Overloaded) } else { Ok(place) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn known(method: &http::Method) -> Method {
    match *method {
        http::Method::GET => Method::Get,
        http::Method::PUT => Method::Put,
        http::Method::PATCH => Method::Patch,
        http::Method::DELETE => Method::Delete,
        _ => Method::Post,
    }
}

/// What an ordinary answer says about its bucket.
pub(super) fn bucket(headers: &HeaderMap) -> Option<RateLimitHeaders> {
    Some(RateLimitHeaders {
        bucket: headers.get(RateLimitHeaders::BUCKET)?.as_bytes().to_vec(),
        limit: number(headers, RateLimitHeaders::LIMIT)?,
        remaining: number(headers, RateLimitHeaders::REMAINING)?,
        reset_at: Instant::now() + seconds(headers, RateLimitHeaders::RESET_AFTER)?,
    })
}

/// A 429 closes its route for exactly `retry_after`, also when the headers name no bucket (the channel's
/// shared webhook limit does not, see discord-api-docs#6753) or still promise some requests.
pub(super) fn closed(headers: &HeaderMap, key: &str, retry_after: Duration) -> RateLimitHeaders {
    let bucket = headers.get(RateLimitHeaders::BUCKET).map_or_else(|| key.as_bytes(), |name| name.as_bytes());
    RateLimitHeaders { bucket: bucket.to_vec(), limit: 0, remaining: 0, reset_at: Instant::now() + retry_after }
}

/// How long a 429 wants us to wait: the exact figure is in the body, whole seconds are in the header.
pub(super) fn retry_after(headers: &HeaderMap, refusal: &Refusal) -> Duration {
    refusal
        .retry_after
        .and_then(duration)
        .or_else(|| seconds(headers, "retry-after"))
        .or_else(|| seconds(headers, RateLimitHeaders::RESET_AFTER))
        .unwrap_or(RETRY_AFTER_DEFAULT)
}

fn number(headers: &HeaderMap, name: &str) -> Option<u16> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn seconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok().and_then(duration)
}

/// Longer than a day is no limit of Discord's, and would overflow what we add it to.
fn duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().map(|d| d.min(Duration::from_secs(86_400)))
}
