//! The way over Discord's sign-in: out to its page, and back to the room asked for.
//!
//! These are visits of a browser, not calls of the page: whatever happens, the answer is a redirect to a page of ours
//! that says it. What the page is told stands in the fragment, which no server sees: `#in={sid}` or `#problem={code}`.

use axum::{
    Router,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, LOCATION},
};
use serde::Deserialize;

use super::{Call, problem::Problem};
use crate::access::{Begun, CALLBACK, Meant, Returned, SignIn, SignInProblem, Unknown, Via, is_room_key};

/// Random bits of a session's id.
const SID_BITS: usize = 128;

pub(super) fn routes() -> Router<Call> {
    Router::new().route("/oauth/login", get(login)).route(CALLBACK, get(callback))
}

#[derive(Deserialize)]
struct Asked {
    room: String,
}

/// Off to Discord.
async fn login(
    State(call): State<Call>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let sign_in = configured(&call)?;
    let room_key = match asked {
        Ok(Query(Asked { room })) if is_room_key(&room) => room,
        _ => return Ok(to_page(None, "problem", "invalid_request")),
    };
    // Who is somebody here already wants to be somebody else.
    let known = matches!(call.sessions.meant(&headers, None, &room_key).await?, Meant::This(_));
    match sign_in.begin(&headers, &room_key, known).await {
        Ok((url, cookies)) => Ok((cookies, redirect(url.as_str())).into_response()),
        Err(why) => Ok(told(Unknown { room_key: Some(room_key), why })),
    }
}

/// Back from Discord.
async fn callback(
    State(call): State<Call>,
    headers: HeaderMap,
    returned: Result<Query<Returned>, QueryRejection>,
) -> Result<Response, Problem> {
    let sign_in = configured(&call)?;
    let Ok(Query(returned)) = returned else { return Ok(to_page(None, "problem", "invalid_request")) };
    let (known, attempts) = sign_in.finish(&headers, &returned).await;
    let known = match known {
        Ok(known) => known,
        Err(unknown) => return Ok((attempts, told(unknown)).into_response()),
    };
    // A new id every time: none that the browser brought along.
    let sid = call.random.id(SID_BITS);
    let begun = Begun { sid: &sid, user_id: known.user_id, via: Via::Oauth, room_key: &known.room_key, tab: None };
    let (session, cookies) = call.sessions.begin(&headers, begun);
    tracing::info!(user.id = known.user_id, room.key = known.room_key, "somebody signed in with Discord");
    Ok((attempts, cookies, to_page(Some(&known.room_key), "in", &session.sid)).into_response())
}

fn configured(call: &Call) -> Result<&SignIn, Problem> {
    call.sign_in.as_ref().ok_or(Problem::NotFound)
}

/// The room's page with what it has to say.
fn told(Unknown { room_key, why }: Unknown) -> Response {
    let room_key = room_key.filter(|key| is_room_key(key));
    let code = match &why {
        SignInProblem::Forged => "invalid_request",
        SignInProblem::Late => "sign_in_late",
        SignInProblem::OtherBrowser => "wrong_browser",
        SignInProblem::Failed(_) | SignInProblem::Store(_) => "sign_in_failed",
        // Whoever changed their mind, or goes back in their history, sees the door, or the lobby behind it.
        SignInProblem::Declined | SignInProblem::Used => "",
    };
    match &why {
        SignInProblem::Store(_) => tracing::error!(error = %why, "a sign-in failed"),
        SignInProblem::Failed(_) => tracing::warn!(error = %why, "a sign-in failed"),
        _ => tracing::info!(%why, "a sign-in came to nothing"),
    }
    to_page(room_key.as_deref(), "problem", code)
}

/// A page of ours, with one word for it in the fragment. Nothing else is ever redirected to.
fn to_page(room_key: Option<&str>, name: &str, word: &str) -> Response {
    let path = room_key.map_or_else(|| "/".to_owned(), |key| format!("/r/{key}"));
    redirect(&if word.is_empty() { path } else { format!("{path}#{name}={word}") })
}

fn redirect(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else { return StatusCode::BAD_REQUEST.into_response() };
    let headers = [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

#[cfg(test)]
mod tests;
