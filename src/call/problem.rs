//! What went wrong, for its three readers: the person gets a sentence in their language, the page a status and a
//! stable code, the operator the whole chain under the same reference.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
};
use serde::Serialize;
use tracing::Instrument as _;

use super::Call;
use crate::{
    access::Unreachable,
    buckets::TooOften,
    clock::Clock,
    room::EndProblem,
    signalwire, store,
    words::{Locale, Value, Words},
};

/// Why a route did not do what was asked. The log has more than the page.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("the ticket was used")]
    TicketUsed,
    #[error("the ticket ran out or never was")]
    TicketExpired,
    /// A guest's link, in another browser than the one it was first opened in.
    #[error("the guest's link was used")]
    InvitationUsed,
    /// It ran out or was taken back, or guests were switched off.
    #[error("the invitation is over")]
    InvitationOver,
    /// Also of a room that never was. Whom Discord keeps out is told under which name, for they may have another.
    #[error("no such room for this person: {rule}")]
    NotAllowed { name: Option<String>, rule: String },
    #[error("removed from this call")]
    Removed { room: String },
    #[error("the room is locked")]
    RoomLocked,
    #[error("somebody has to let them in")]
    KnockFirst,
    /// So many wait to be let in already.
    #[error("too many wait to be let in")]
    DoorBusy { seconds: u64 },
    #[error("the room is full")]
    RoomFull { inside: u32, max: u32 },
    #[error("the call has ended")]
    RoomEnded { room: String },
    #[error("the browser's session is another person's")]
    SessionChanged { name: String },
    #[error("no session for this room")]
    SignedOut,
    #[error(transparent)]
    Video(#[from] signalwire::Error),
    #[error(transparent)]
    Discord(#[from] Unreachable),
    #[error("too many tries")]
    RateLimited { seconds: u64 },
    #[error("not a request of our page: {0}")]
    Invalid(&'static str),
    /// Refused by its shape before anybody looked at what it asks.
    #[error("refused with status {0}")]
    Refused(StatusCode),
    #[error("no such route")]
    NotFound,
    /// It is away, busy or full.
    #[error("the database does not do its part: {0}")]
    Database(String),
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}

impl From<TooOften> for Problem {
    fn from(late: TooOften) -> Self {
        Self::RateLimited { seconds: late.seconds() }
    }
}

impl From<EndProblem> for Problem {
    fn from(problem: EndProblem) -> Self {
        match problem {
            EndProblem::Video(error) => error.into(),
            EndProblem::Store(error) => error.into(),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        if store::may_work_later(&error) {
            return Self::Database(error.to_string());
        }
        Self::Internal(anyhow::Error::new(error).context("the database does not do its part"))
    }
}

/// What the page reads.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Told {
    pub code: &'static str,
    pub message: String,
    pub reference: String,
}

/// Longer than whatever a request may wait for; a database that hangs gives no answer by itself.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// Seconds after which a page tries again what an outside party did not answer.
const AGAIN: u64 = 5;

impl Problem {
    pub fn code(&self) -> &'static str {
        match self {
            Self::TicketUsed => "ticket_used",
            Self::TicketExpired => "ticket_expired",
            Self::InvitationUsed => "invitation_used",
            Self::InvitationOver => "invitation_over",
            Self::NotAllowed { .. } => "not_allowed",
            Self::Removed { .. } => "removed",
            Self::RoomLocked => "room_locked",
            Self::KnockFirst => "knock_first",
            Self::DoorBusy { .. } => "door_busy",
            Self::RoomFull { .. } => "room_full",
            Self::RoomEnded { .. } => "room_ended",
            Self::SessionChanged { .. } => "session_changed",
            Self::SignedOut => "signed_out",
            Self::Video(error) if is_refusal(error) => "video_refused",
            Self::Video(_) => "video_unavailable",
            Self::Discord(_) => "discord_unavailable",
            Self::RateLimited { .. } => "rate_limited",
            Self::Invalid(_) | Self::Refused(_) => "invalid_request",
            Self::NotFound => "not_found",
            Self::Database(_) => "database_unavailable",
            Self::Internal(_) => "internal",
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::TicketUsed | Self::TicketExpired | Self::InvitationUsed | Self::RoomEnded { .. } => StatusCode::GONE,
            Self::NotAllowed { .. } | Self::Removed { .. } | Self::InvitationOver => StatusCode::FORBIDDEN,
            Self::RoomLocked | Self::KnockFirst => StatusCode::LOCKED,
            Self::RoomFull { .. } | Self::SessionChanged { .. } => StatusCode::CONFLICT,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Video(error) if is_refusal(error) => StatusCode::BAD_GATEWAY,
            Self::Video(_) | Self::Discord(_) | Self::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::RateLimited { .. } | Self::DoorBusy { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Refused(status) => *status,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Seconds to wait before another try can do better.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Video(signalwire::Error::RateLimited { retry_after }) => Some(retry_after.as_secs().max(AGAIN)),
            Self::Video(error) if !is_refusal(error) => Some(AGAIN),
            Self::Discord(_) | Self::Database(_) => Some(AGAIN),
            Self::RateLimited { seconds } | Self::DoorBusy { seconds } => Some(*seconds),
            _ => None,
        }
    }

    fn sentence(&self, words: &Words, locale: Locale) -> String {
        let seconds = self.retry_after().unwrap_or(AGAIN);
        let say = |id: &str, args: &[(&str, Value<'_>)]| words.say(locale, id, args);
        match self {
            Self::TicketUsed => say("call-ticket-used", &[]),
            Self::TicketExpired => say("call-ticket-expired", &[("minutes", 10.into())]),
            Self::InvitationUsed => say("call-invitation-used", &[]),
            Self::InvitationOver => say("call-invitation-over", &[]),
            Self::NotAllowed { name: Some(name), .. } => say("call-not-allowed-as", &[("name", name.as_str().into())]),
            Self::NotAllowed { name: None, .. } => say("call-not-allowed", &[]),
            Self::Removed { room } => say("call-removed", &[("room", room.as_str().into())]),
            Self::RoomLocked => say("call-room-locked", &[]),
            Self::KnockFirst => say("call-knock-first", &[]),
            Self::DoorBusy { .. } => say("call-door-busy", &[("seconds", seconds.into())]),
            Self::RoomFull { inside, max } => {
                say("call-room-full", &[("inside", (*inside).into()), ("max", (*max).into())])
            }
            Self::RoomEnded { room } => say("call-room-ended", &[("room", room.as_str().into())]),
            Self::SessionChanged { name } => say("call-session-changed", &[("name", name.as_str().into())]),
            Self::SignedOut => say("call-signed-out", &[]),
            Self::Video(error) if is_refusal(error) => say("call-video-refused", &[]),
            Self::Video(_) => say("call-video-unavailable", &[("seconds", seconds.into())]),
            Self::Discord(_) => say("call-discord-unavailable", &[("seconds", seconds.into())]),
            Self::RateLimited { .. } => say("call-rate-limited", &[("seconds", seconds.into())]),
            Self::Invalid(_) | Self::Refused(_) => say("call-invalid-request", &[]),
            Self::NotFound => say("call-not-found", &[]),
            Self::Database(_) => say("call-database-unavailable", &[("seconds", seconds.into())]),
            Self::Internal(_) => say("call-internal", &[]),
        }
    }

    /// The sentence under a reference, which the log gets too.
    pub fn tell(&self, words: &Words, locale: Locale, reference: String) -> Told {
        let code = self.code();
        match self {
            Self::Internal(_)
            | Self::Database(_)
            | Self::Video(signalwire::Error::Unauthorized | signalwire::Error::Refused { .. }) => {
                tracing::error!(reference, code, error = %self, "a request failed");
            }
            Self::Video(_) | Self::Discord(_) => tracing::warn!(reference, code, error = %self, "a request failed"),
            _ => tracing::info!(reference, code, why = %self, "a request was refused"),
        }
        Told { code, message: self.sentence(words, locale), reference }
    }
}

/// Only those who run this bot can mend it.
fn is_refusal(error: &signalwire::Error) -> bool {
    matches!(error, signalwire::Error::Unauthorized | signalwire::Error::Refused { .. })
}

/// Handlers answer with the bare problem; [`speak`] turns it into words, for it knows the reader.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The outermost layer of the API: every problem leaves as JSON with a sentence, also those that axum found. Whatever
/// is logged on the way, the calls to outside parties too, has the reference that the person gets.
pub(super) async fn speak(State(call): State<Call>, request: Request, next: Next) -> Response {
    let reference = call.random.reference();
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let span = tracing::info_span!("request", reference, method = %request.method(), route);
    spoken(&call, reference, request, next).instrument(span).await
}

async fn spoken(call: &Call, reference: String, request: Request, next: Next) -> Response {
    let locale = locale(request.headers());
    let answered = Clock::system().timeout(ANSWER_WITHIN, next.run(request)).await;
    // All others that are asked have limits of their own.
    let response = answered.unwrap_or_else(|| Problem::Database("no answer in time".to_owned()).into_response());
    let status = response.status();
    let problem = match response.extensions().get::<Arc<Problem>>() {
        Some(problem) => problem.clone(),
        None if status.is_client_error() || status.is_server_error() => Arc::new(unspoken(status)),
        None => return response,
    };
    let told = problem.tell(&call.words, locale, reference);
    let mut answer = json(problem.status(), &told);
    if let Some(seconds) = problem.retry_after() {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    answer
}

/// A status without one of our problems: axum's own, or a layer's.
fn unspoken(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::NotFound,
        StatusCode::INTERNAL_SERVER_ERROR => Problem::Internal(anyhow::anyhow!("a handler broke off")),
        status => Problem::Refused(status),
    }
}

/// The language of whoever sits before the page.
pub(super) fn locale(headers: &HeaderMap) -> Locale {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Locale::from_accept_language(header)
}

/// A JSON answer that nobody keeps.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).expect("our answers have string keys and no failing serializers");
    let mut response = (status, body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::temporary::Temporary;

    #[tokio::test]
    async fn what_a_full_disk_did_not_take_is_told_as_503_and_may_be_tried_again() {
        let store = Temporary::full().await;
        let sid = |n: i64| format!("{n:0500}");
        let mut taken = 0;
        let error = loop {
            match store.deny_sid(&sid(taken), 1).await {
                Ok(()) => taken += 1,
                Err(error) => break error,
            }
        };
        // SQLITE_FULL, by its number.
        assert_eq!(error.as_database_error().and_then(|error| error.code()).as_deref(), Some("13"));
        let problem = Problem::from(error);
        assert_eq!((problem.status(), problem.code()), (StatusCode::SERVICE_UNAVAILABLE, "database_unavailable"));
        assert_eq!(problem.retry_after(), Some(AGAIN));
        // Nothing of it is there, and what was there before can be read.
        assert!(!store.sid_is_denied(&sid(taken)).await.unwrap());
        assert!(taken == 0 || store.sid_is_denied(&sid(0)).await.unwrap());
    }
}
