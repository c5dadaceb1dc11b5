//! The Video REST API.
//!
//! Comes in: HTTP with Basic auth (project, API token). Goes out: what `specs/signalwire-video.openapi.yaml`
//! describes, refusals included. Streams, conferences and logs are left out: nothing of ours asks for them.

mod input;
mod paging;
mod recordings;
mod rooms;
mod sessions;
mod tokens;
mod view;

use std::time::{Duration, Instant};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::json;

use super::Service;
use crate::fault::hold;

/// The window of the published write limit.
const WINDOW: Duration = Duration::from_secs(10);

/// One thing that is wrong with a request.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub code: &'static str,
    pub attribute: Option<String>,
    pub message: String,
}

impl Problem {
    fn new(code: &'static str, attribute: &str, message: &str) -> Self {
        Self { code, attribute: Some(attribute.to_owned()), message: format!("{attribute} {message}") }
    }
}

/// Every way to say no.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    BadRequest,
    Unauthorized,
    NotFound,
    Invalid(Vec<Problem>),
    TooMany,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let plain = |status: StatusCode| {
            (status, Json(json!({ "error": status.canonical_reason().unwrap_or_default() }))).into_response()
        };
        match self {
            Self::BadRequest => plain(StatusCode::BAD_REQUEST),
            Self::Unauthorized => plain(StatusCode::UNAUTHORIZED),
            Self::NotFound => plain(StatusCode::NOT_FOUND),
            Self::Invalid(problems) => {
                let errors: Vec<_> = problems.iter().map(|problem| error("validation_error", problem)).collect();
                (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "errors": errors }))).into_response()
            }
            Self::TooMany => {
                let problem =
                    Problem { code: "rate_limit_exceeded", attribute: None, message: "Too many requests".into() };
                let errors = [error("rate_limit_error", &problem)];
                (StatusCode::TOO_MANY_REQUESTS, Json(json!({ "errors": errors }))).into_response()
            }
        }
    }
}

fn error(kind: &str, problem: &Problem) -> serde_json::Value {
    json!({
        "type": kind,
        "code": problem.code,
        "message": problem.message,
        "attribute": problem.attribute,
        "url": "https://signalwire.com/docs/apis/error-codes",
    })
}

/// Writes within the present window. Real time: the client under test waits for it for real.
#[derive(Default)]
pub(super) struct Window(std::sync::Mutex<Option<(Instant, u32)>>);

impl Window {
    /// How many writes are left after this one, or None when it is one too many.
    fn spend(&self, limit: u32) -> Option<u32> {
        let mut window = hold(&self.0);
        let (since, spent) = window.filter(|(since, _)| since.elapsed() < WINDOW).unwrap_or((Instant::now(), 0));
        *window = Some((since, spent.saturating_add(1)));
        limit.checked_sub(spent + 1)
    }
}

pub(super) fn routes(service: &Service) -> Router<Service> {
    Router::new()
        .route("/api/video/rooms", get(rooms::list).post(rooms::create))
        .route("/api/video/rooms/{id}", get(rooms::get).put(rooms::update).delete(rooms::delete))
        .route("/api/video/room_tokens", post(tokens::create))
        .route("/api/video/room_sessions", get(sessions::list))
        .route("/api/video/room_sessions/{id}", get(sessions::get))
        .route("/api/video/room_sessions/{id}/members", get(sessions::members))
        .route("/api/video/room_sessions/{id}/events", get(sessions::events))
        .route("/api/video/room_sessions/{id}/recordings", get(recordings::of_session))
        .route("/api/video/room_recordings", get(recordings::list))
        .route("/api/video/room_recordings/{id}", get(recordings::get).delete(recordings::delete))
        .route("/api/video/room_recordings/{id}/events", get(recordings::events))
        .method_not_allowed_fallback(nothing_there)
        .fallback(nothing_there)
        .layer(from_fn_with_state(service.clone(), gate))
}

async fn nothing_there() -> Refusal {
    Refusal::NotFound
}

/// Who asks, and whether they ask too often.
async fn gate(State(service): State<Service>, request: Request, next: Next) -> Response {
    if !authorized(&service, request.headers()) {
        return Refusal::Unauthorized.into_response();
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let limit = service.options.writes_per_window;
    let left = service.window.spend(limit);
    let mut response = match left {
        Some(_) => next.run(request).await,
        None => Refusal::TooMany.into_response(),
    };
    // The documentation speaks of limit and remaining in X- headers and does not name them.
    response.headers_mut().insert("x-ratelimit-limit", HeaderValue::from(limit));
    response.headers_mut().insert("x-ratelimit-remaining", HeaderValue::from(left.unwrap_or(0)));
    response
}

fn authorized(service: &Service, headers: &HeaderMap) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|encoded| String::from_utf8(BASE64.decode(encoded).ok()?).ok());
    let Some((project, api_token)) = given.as_deref().and_then(|given| given.split_once(':')) else { return false };
    service.accepts(Some(project), Some(api_token))
}
