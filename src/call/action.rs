//! What people do to a call from outside of it: ask for a look, put somebody out, end it for all.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    Call,
    caller::{Caller, Tab},
    problem::{Problem, json},
    put_out::put_out,
};
use crate::{
    access::{Role, Rule},
    room::Session,
};

/// "Something happened." Nothing the page says is taken for a fact: it is looked at.
pub(super) async fn look(State(call): State<Call>, tab: Tab, Path(key): Path<String>) -> Result<StatusCode, Problem> {
    let caller = call.caller(&tab, &key).await?;
    if let Some(standing) = &caller.standing {
        (call.look)(&standing.session.id);
    }
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
pub(super) struct Removing {
    user_id: String,
}

#[derive(Serialize)]
struct Removed {
    /// False: they are kept from coming back, but nobody could put them out now.
    put_out: bool,
}

/// Puts somebody out until the call has ended. The refusal is stored first, so that whoever is quick doesn't slip
/// back in between.
pub(super) async fn remove(
    State(call): State<Call>,
    tab: Tab,
    Path(key): Path<String>,
    Json(body): Json<Removing>,
) -> Result<Response, Problem> {
    let user_id = body.user_id.parse().ok().filter(|id| *id != 0).ok_or(Problem::Invalid("not a user's id"))?;
    let caller = call.caller(&tab, &key).await?;
    let session = moderated(&caller)?;
    // Who keeps order by permission can't be put out by who only opened the call.
    if caller.decision.rule == Rule::OpenedTheSession {
        let target = call.membership.decide(&call.membership.facts(user_id, caller.room.place).await?);
        if target.role == Some(Role::Moderator) {
            return Err(forbidden(&caller));
        }
    }
    let now = call.clock.unix_ms();
    call.store.refuse(&session.id, user_id, caller.session.user_id, now).await?;
    call.wake.person(&caller.room.key, user_id);
    let video_session = session.video_session_id.as_deref();
    let put_out = put_out(&call.rooms, &call.relay, &session.id, video_session, user_id).await;
    tracing::info!(
        room.key = caller.room.key,
        user.id = user_id,
        by.id = caller.session.user_id,
        put_out,
        "somebody was removed from a call"
    );
    Ok(json(StatusCode::OK, &Removed { put_out }))
}

/// Ends the call for all who are inside.
pub(super) async fn end(State(call): State<Call>, tab: Tab, Path(key): Path<String>) -> Result<Response, Problem> {
    let caller = call.caller(&tab, &key).await?;
    let session = moderated(&caller)?;
    call.ending.end(&caller.room, session, caller.session.user_id).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

fn moderated(caller: &Caller) -> Result<&Session, Problem> {
    if caller.role != Role::Moderator {
        return Err(forbidden(caller));
    }
    let standing = caller.standing.as_ref();
    standing.map(|standing| &standing.session).ok_or_else(|| Problem::RoomEnded { room: caller.room.title.clone() })
}

fn forbidden(caller: &Caller) -> Problem {
    let rule = format!("{} may not do this", caller.role);
    Problem::NotAllowed { name: Some(caller.facts.person.name.clone()), rule }
}
