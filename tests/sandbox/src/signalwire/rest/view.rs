//! Rooms, sessions, members, events and recordings as REST shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::signalwire::{
    Service,
    state::{Logged, Member, Recording, RecordingState, Room, Session, Settings, State},
};

/// Unix milliseconds as RFC 3339, to the second.
fn time(ms: i64) -> String {
    Timestamp::from_second(ms.div_euclid(1000)).unwrap_or_default().to_string()
}

fn time_if(ms: Option<i64>) -> Option<String> {
    ms.map(time)
}

fn seconds(from: i64, to: Option<i64>) -> Option<i64> {
    to.map(|to| (to - from).div_euclid(1000))
}

fn with(mut view: Value, more: Value) -> Value {
    if let (Some(view), Value::Object(more)) = (view.as_object_mut(), more) {
        view.extend(more);
    }
    view
}

/// What rooms and sessions have in common.
fn settings(name: &str, settings: &Settings) -> Value {
    json!({
        "name": name,
        "display_name": settings.display_name.as_deref().unwrap_or(name),
        "max_members": settings.max_members,
        "quality": settings.quality,
        "fps": 20,
        "join_from": time_if(settings.join_from),
        "join_until": time_if(settings.join_until),
        "remove_at": time_if(settings.remove_at),
        "remove_after_seconds_elapsed": settings.remove_after_seconds_elapsed,
        "record_on_start": settings.record_on_start,
        "tone_on_entry_and_exit": true,
        "room_join_video_off": false,
        "user_join_video_off": false,
        "sync_audio_video": settings.sync_audio_video,
    })
}

pub(super) fn room(room: &Room, active: Option<&Session>) -> Value {
    let view = with(
        settings(&room.name, &room.settings),
        json!({
            "id": room.id,
            "description": room.settings.description,
            "layout": room.settings.layout,
            "enable_room_previews": room.settings.enable_room_previews,
            "meta": room.settings.meta,
            "prioritize_handraise": false,
            "created_at": time(room.created_at),
            "updated_at": time(room.updated_at),
        }),
    );
    match active {
        Some(session) => with(view, json!({ "active_session": active_session(session) })),
        None => view,
    }
}

/// A live session inside its room: fields that are unknown are left out.
fn active_session(session: &Session) -> Value {
    let Settings { join_from, join_until, remove_at, remove_after_seconds_elapsed, sync_audio_video, .. } =
        &session.settings;
    let mut view = json!({
        "id": session.id,
        "room_id": session.room_id,
        "name": session.name,
        "display_name": session.settings.display_name.as_ref().unwrap_or(&session.name),
        "join_from": time_if(*join_from),
        "join_until": time_if(*join_until),
        "remove_at": time_if(*remove_at),
        "remove_after_seconds_elapsed": remove_after_seconds_elapsed,
        "layout": session.layout_name,
        "max_members": session.settings.max_members,
        "fps": 20,
        "quality": session.settings.quality,
        "start_time": time(session.started_at),
        "status": "in-progress",
        "record_on_start": session.settings.record_on_start,
        "enable_room_previews": session.settings.enable_room_previews,
        "audio_video_sync": sync_audio_video,
    });
    if let Some(fields) = view.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    view
}

/// A session by itself.
pub(super) fn session(state: &State, session: &Session) -> Value {
    let room_id = Some(&session.room_id).filter(|id| !session.auto_created && state.room(id).is_some());
    with(
        settings(&session.name, &session.settings),
        json!({
            "id": session.id,
            "room_id": room_id,
            "layout": session.layout_name,
            "locked": session.locked,
            "start_time": time(session.started_at),
            "end_time": time_if(session.ended_at),
            "duration": seconds(session.started_at, session.ended_at),
            "status": if session.is_live() { "in-progress" } else { "completed" },
            "created_at": time(session.started_at),
            "updated_at": time(session.updated_at),
            "preview_url": null,
            "prioritize_handraise": session.prioritize_handraise,
        }),
    )
}

/// A session in a list, which tells a little more.
pub(super) fn listed_session(state: &State, session: &Session) -> Value {
    with(
        self::session(state, session),
        json!({
            "cost_in_dollars": state.everyone(session).map(cost_in_dollars).sum::<f64>(),
            "enable_room_previews": session.settings.enable_room_previews,
            "locked_cover": "",
        }),
    )
}

/// By the begun minute, once somebody has left.
fn cost_in_dollars(member: &Member) -> f64 {
    const A_MINUTE: f64 = 0.003;
    let begun = seconds(member.joined_at, member.left_at).map_or(0, |seconds| seconds / 60 + 1);
    begun as f64 * A_MINUTE
}

pub(super) fn member(member: &Member) -> Value {
    json!({
        "id": member.id,
        "room_session_id": member.session_id,
        "name": member.name,
        "join_time": time(member.joined_at),
        "leave_time": time_if(member.left_at),
        "duration": seconds(member.joined_at, member.left_at),
        "cost_in_dollars": cost_in_dollars(member),
    })
}

pub(super) fn event(service: &Service, session: &Session, event: &Logged) -> Value {
    let mut view = json!({
        "id": event.id,
        "project_id": service.options.project,
        "room_id": session.room_id,
        "room_session_id": session.id,
        "level": "info",
        "name": event.name,
        "payload": event.payload,
        "created_at": time(event.at),
    });
    if let Some(id) = &event.recording_id {
        view["room_recording_id"] = json!(id);
    }
    if let Some(id) = &event.member_id {
        view["room_participant_id"] = json!(id);
    }
    view
}

pub(super) fn recording(service: &Service, recording: &Recording) -> Value {
    let done = recording.state == RecordingState::Completed;
    json!({
        "id": recording.id,
        "room_session_id": recording.session_id,
        "status": recording.state.as_str(),
        "started_at": time(recording.started_at),
        "finished_at": time_if(recording.ended_at),
        "duration": seconds(recording.started_at, recording.ended_at),
        "size_in_bytes": done.then_some(0),
        "format": "video/mp4",
        "cost_in_dollars": 0.0,
        // Nothing is really recorded, so nothing is there.
        "uri": done.then(|| format!("http://{}/recordings/{}.mp4", service.addr, recording.id)),
        "created_at": time(recording.started_at),
        "updated_at": time(recording.updated_at),
    })
}
