//! Rate limits. Windows run in real time, because the client under test waits for them for real.
//! <https://discord.com/developers/docs/topics/rate-limits>

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Mutex,
    time::{Duration, Instant},
};

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use super::super::{Service, id::Id};
use crate::fault::hold;

/// Over all routes of a bot, per second.
const GLOBAL: u32 = 50;
/// Posts of all webhooks into one channel, per minute.
const WEBHOOK_POSTS: u32 = 30;
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

/// Windows remembered; load tests touch many routes.
const WINDOWS_MAX: usize = 10_000;

/// One bucket: so many requests in so long.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Bucket {
    name: String,
    limit: u32,
    per: Duration,
}

/// Since when, and how many.
#[derive(Default)]
pub struct Limits(Mutex<HashMap<String, (Instant, u32)>>);

/// What a bucket says of one request.
struct Spent {
    /// None: one too many.
    remaining: Option<u32>,
    reset_after: Duration,
}

impl Limits {
    fn spend(&self, bucket: &Bucket) -> Spent {
        let mut windows = hold(&self.0);
        if windows.len() > WINDOWS_MAX {
            windows.retain(|_, (since, _)| since.elapsed() < MINUTE);
        }
        let window = windows.entry(bucket.name.clone()).or_insert_with(|| (Instant::now(), 0));
        if window.0.elapsed() >= bucket.per {
            *window = (Instant::now(), 0);
        }
        let reset_after = bucket.per.saturating_sub(window.0.elapsed());
        let remaining = bucket.limit.checked_sub(window.1 + 1);
        if remaining.is_some() {
            window.1 += 1;
        }
        Spent { remaining, reset_after }
    }

    /// Starts all windows anew.
    pub fn forget(&self) {
        hold(&self.0).clear();
    }
}

/// Which limits a request meets.
struct Meets {
    is_global: bool,
    bucket: Option<Bucket>,
    /// The channel whose webhooks it posts through.
    webhook_channel: Option<Id>,
}

fn meets(service: &Service, method: &Method, path: &str) -> Meets {
    let path = path.strip_prefix("/api").unwrap_or(path);
    let path = path.strip_prefix("/v10").unwrap_or(path);
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let bucket = |name: String, limit, seconds| Some(Bucket { name, limit, per: SECOND * seconds });
    match (method, parts.as_slice()) {
        (_, ["interactions", ..]) => Meets { is_global: false, bucket: None, webhook_channel: None },
        (_, ["webhooks", webhook, token, rest @ ..]) => {
            let webhook: Option<Id> = webhook.parse().ok();
            let (bot, channel) = service.look(|state| {
                (state.bot, webhook.and_then(|id| state.webhooks.get(&id)).map(|webhook| webhook.channel))
            });
            // Of an interaction's token: each has its own.
            let is_interaction = webhook == Some(bot);
            let name = if is_interaction { format!("interaction {token}") } else { format!("webhook {webhook:?}") };
            let posts = *method == Method::POST && rest.is_empty() && !is_interaction;
            Meets { is_global: !is_interaction, bucket: bucket(name, 5, 2), webhook_channel: channel.filter(|_| posts) }
        }
        (&Method::POST, ["channels", channel, "messages"]) => {
            Meets { is_global: true, bucket: bucket(format!("post {channel}"), 5, 5), webhook_channel: None }
        }
        (&Method::PATCH | &Method::DELETE, ["channels", channel, "messages", _]) => {
            Meets { is_global: true, bucket: bucket(format!("{method} {channel}"), 5, 5), webhook_channel: None }
        }
        (_, ["oauth2", ..]) => Meets { is_global: false, bucket: None, webhook_channel: None },
        (_, parts) => {
            let name: Vec<&str> = parts.iter().copied().take(3).collect();
            let name = format!("{method} {}", name.join("/"));
            Meets { is_global: true, bucket: bucket(name, 100, 1), webhook_channel: None }
        }
    }
}

/// In front of all routes.
pub async fn gate(State(service): State<Service>, request: Request, next: Next) -> Response {
    if !service.options.limits || !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let meets = meets(&service, request.method(), request.uri().path());
    let global = Bucket { name: "global".into(), limit: GLOBAL, per: SECOND };
    if meets.is_global {
        let spent = service.limits.spend(&global);
        if spent.remaining.is_none() {
            return too_many(spent.reset_after, Scope::Global);
        }
    }
    let Some(bucket) = meets.bucket else { return next.run(request).await };
    let spent = service.limits.spend(&bucket);
    let mut response = if spent.remaining.is_none() {
        too_many(spent.reset_after, Scope::User)
    } else {
        let shared = meets.webhook_channel.map(|channel| {
            let name = format!("webhooks of {channel}");
            service.limits.spend(&Bucket { name, limit: WEBHOOK_POSTS, per: MINUTE })
        });
        match shared {
            // Nothing announces this one.
            Some(Spent { remaining: None, reset_after }) => return too_many(reset_after, Scope::Shared),
            _ => next.run(request).await,
        }
    };
    announce(response.headers_mut(), &bucket, &spent, service.clock.unix_float());
    response
}

/// The headers of a bucket. <https://discord.com/developers/docs/topics/rate-limits#header-format>
fn announce(headers: &mut HeaderMap, bucket: &Bucket, spent: &Spent, now: f64) {
    let mut hasher = DefaultHasher::new();
    bucket.hash(&mut hasher);
    let reset_after = spent.reset_after.as_secs_f64();
    for (name, value) in [
        ("x-ratelimit-limit", bucket.limit.to_string()),
        ("x-ratelimit-remaining", spent.remaining.unwrap_or(0).to_string()),
        ("x-ratelimit-reset", format!("{:.3}", now + reset_after)),
        ("x-ratelimit-reset-after", format!("{reset_after:.3}")),
        ("x-ratelimit-bucket", format!("{:016x}", hasher.finish())),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    User,
    Global,
    Shared,
}

fn too_many(wait: Duration, scope: Scope) -> Response {
    // A moment more, so that whoever waits exactly so long is not early.
    let seconds = wait.as_secs_f64() + 0.005;
    let body = json!({
        "message": "You are being rate limited.", "retry_after": (seconds * 1000.0).ceil() / 1000.0,
        "global": scope == Scope::Global, "code": 0,
    });
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.ceil() as u64));
    let name = match scope {
        Scope::User => "user",
        Scope::Global => "global",
        Scope::Shared => "shared",
    };
    headers.insert("x-ratelimit-scope", HeaderValue::from_static(name));
    if scope == Scope::Global {
        headers.insert("x-ratelimit-global", HeaderValue::from_static("true"));
    }
    response
}
