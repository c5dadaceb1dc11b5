//! `/rooms`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::Value;

use super::{
    Problem, Refusal,
    input::{Fields, Object, Parameters},
    paging::Page,
    view,
};
use crate::signalwire::{
    Service,
    state::{Room, Settings, State as Video},
};

type Answer = Result<Json<Value>, Refusal>;

/// A room, with its live session where that was asked for.
fn shown(state: &Video, room: &Room, active: bool) -> Value {
    let live = state.live(&room.name).filter(|session| active && session.room_id == room.id);
    view::room(room, live)
}

pub(super) async fn list(State(service): State<Service>, parameters: Parameters) -> Answer {
    let page = Page::wanted(&service, "/api/video/rooms", &parameters)?;
    let active = parameters.flag("include_active_session")?;
    let starts_after = parameters.time("starts_after")?;
    let ends_before = parameters.time("ends_before")?;
    let wanted = |room: &&Room| {
        starts_after.is_none_or(|after| room.settings.join_from.is_some_and(|from| from >= after))
            && ends_before.is_none_or(|before| room.settings.join_until.is_some_and(|until| until <= before))
    };
    Ok(Json(
        service
            .video
            .with(|state, _| page.cut(state.rooms_newest_first().filter(wanted), |room| shown(state, room, active))),
    ))
}

pub(super) async fn create(State(service): State<Service>, Object(object): Object) -> Answer {
    let mut fields = Fields::of(&object);
    let name = fields.room_name("name");
    let settings = fields.settings(&Settings::default());
    fields.finish()?;
    let room = service.video.with(|state, now| state.create_room(name, settings, now).cloned());
    // Which status and code the real service answers is not documented; this is the likeliest.
    let taken = || Problem::new("not_unique_within_project", "name", "has already been taken");
    Ok(Json(view::room(&room.ok_or_else(taken)?, None)))
}

/// By id or by name.
pub(super) async fn get(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Answer {
    let active = parameters.flag("include_active_session")?;
    let room = service.video.with(|state, _| state.room(&id).map(|room| shown(state, room, active)));
    Ok(Json(room.ok_or(Refusal::NotFound)?))
}

pub(super) async fn update(State(service): State<Service>, Path(id): Path<String>, Object(object): Object) -> Answer {
    let mut fields = Fields::of(&object);
    service.video.with(|state, now| {
        let before = state.room(&id).filter(|room| room.id == id).ok_or(Refusal::NotFound)?;
        let settings = fields.settings(&before.settings);
        fields.finish()?;
        let room = state.update_room(&id, settings, now).ok_or(Refusal::NotFound)?;
        Ok(Json(view::room(room, None)))
    })
}

pub(super) async fn delete(State(service): State<Service>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    service.video.with(|state, _| state.delete_room(&id)).ok_or(Refusal::NotFound)?;
    Ok(StatusCode::NO_CONTENT)
}
