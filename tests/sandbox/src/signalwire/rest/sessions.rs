//! `/room_sessions`.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::Value;

use super::{Problem, Refusal, input::Parameters, paging::Page, view};
use crate::signalwire::{
    Service,
    state::{Kind, Session},
};

type Answer = Result<Json<Value>, Refusal>;

pub(super) async fn list(State(service): State<Service>, parameters: Parameters) -> Answer {
    let page = Page::wanted(&service, "/api/video/room_sessions", &parameters)?;
    let live = match parameters.text("status") {
        None => None,
        Some("in-progress") => Some(true),
        Some("completed") => Some(false),
        Some(_) => return Err(Problem::new("unsupported_option", "status", "is unknown").into()),
    };
    let wanted = |session: &&Session| {
        live.is_none_or(|live| session.is_live() == live)
            && parameters.text("room_id").is_none_or(|id| !session.auto_created && session.room_id == id)
            && parameters.text("room_name").is_none_or(|name| session.name == name)
            && parameters.text("room_name_matches").is_none_or(|part| session.name.contains(part))
    };
    Ok(Json(service.video.with(|state, _| {
        let sessions = state.sessions_newest_first().filter(wanted);
        page.cut(sessions, |session| view::listed_session(state, session))
    })))
}

pub(super) async fn get(State(service): State<Service>, Path(id): Path<String>) -> Answer {
    let session = service.video.with(|state, _| state.session(&id).map(|session| view::session(state, session)));
    Ok(Json(session.ok_or(Refusal::NotFound)?))
}

/// Whoever was ever inside. Audience is no member; screens and devices cannot be told from people here.
pub(super) async fn members(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Answer {
    let page = Page::wanted(&service, &format!("/api/video/room_sessions/{id}/members"), &parameters)?;
    service.video.with(|state, _| {
        let session = state.session(&id).ok_or(Refusal::NotFound)?;
        let members = state.everyone(session).filter(|member| member.kind != Kind::Audience);
        Ok(Json(page.cut(members, view::member)))
    })
}

pub(super) async fn events(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Answer {
    let page = Page::wanted(&service, &format!("/api/video/room_sessions/{id}/events"), &parameters)?;
    service.video.with(|state, _| {
        let session = state.session(&id).ok_or(Refusal::NotFound)?;
        Ok(Json(page.cut(session.log.iter(), |event| view::event(&service, session, event))))
    })
}
