//! `/room_recordings`, and the recordings of one session.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::Value;

use super::{Refusal, input::Parameters, paging::Page, view};
use crate::signalwire::Service;

type Answer = Result<Json<Value>, Refusal>;

/// Seconds a link to a recording may live; a week is more than anybody needs.
const MEDIA_TTL: std::ops::RangeInclusive<usize> = 0..=604_800;

pub(super) async fn list(State(service): State<Service>, parameters: Parameters) -> Answer {
    let page = Page::wanted(&service, "/api/video/room_recordings", &parameters)?;
    parameters.number("media_ttl", MEDIA_TTL, 900)?;
    Ok(Json(
        service.video.with(|state, _| {
            page.cut(state.recordings_newest_first(), |recording| view::recording(&service, recording))
        }),
    ))
}

pub(super) async fn of_session(
    State(service): State<Service>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Answer {
    let page = Page::wanted(&service, &format!("/api/video/room_sessions/{id}/recordings"), &parameters)?;
    parameters.number("media_ttl", MEDIA_TTL, 900)?;
    service.video.with(|state, _| {
        let session = state.session(&id).ok_or(Refusal::NotFound)?;
        Ok(Json(page.cut(state.recordings_of(session), |recording| view::recording(&service, recording))))
    })
}

pub(super) async fn get(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Answer {
    parameters.number("media_ttl", MEDIA_TTL, 900)?;
    let recording = service.video.with(|state, _| state.recording(&id).cloned());
    Ok(Json(view::recording(&service, &recording.ok_or(Refusal::NotFound)?)))
}

pub(super) async fn delete(State(service): State<Service>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    service.video.with(|state, _| state.delete_recording(&id)).ok_or(Refusal::NotFound)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn events(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Answer {
    let page = Page::wanted(&service, &format!("/api/video/room_recordings/{id}/events"), &parameters)?;
    service.video.with(|state, _| {
        let recording = state.recording(&id).ok_or(Refusal::NotFound)?;
        let session = state.session(&recording.session_id).ok_or(Refusal::NotFound)?;
        let events = session.log.iter().filter(|event| event.recording_id.as_ref() == Some(&id));
        Ok(Json(page.cut(events, |event| view::event(&service, session, event))))
    })
}
