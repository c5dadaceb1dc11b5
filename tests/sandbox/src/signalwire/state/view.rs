//! Rooms, members and layouts as realtime events and results show them.

use serde_json::{Map, Value, json};

use super::{Kind, Member, Recording, Session, State};

/// Layouts that a room may be created with or changed to.
pub(crate) const LAYOUTS: [&str; 13] = [
    "grid-responsive",
    "grid-responsive-mobile",
    "highlight-1-responsive",
    "1x1",
    "2x1",
    "2x2",
    "5up",
    "3x3",
    "4x4",
    "5x5",
    "6x6",
    "8x8",
    "10x10",
];

/// Pictures in the largest layout, `10x10`.
const PICTURES: usize = 100;

/// Unix milliseconds as the float seconds of realtime payloads.
fn seconds(ms: i64) -> f64 {
    // Far below 2^53.
    ms as f64 / 1000.0
}

/// A participant in full.
pub fn member(member: &Member) -> Value {
    json!({
        "id": member.id,
        "room_id": member.room_id,
        "room_session_id": member.session_id,
        "name": member.name,
        "type": member.kind.as_str(),
        "parent_id": member.parent_id.as_deref().unwrap_or_default(),
        "requested_position": member.requested_position,
        "visible": member.visible(),
        "audio_muted": member.audio_muted,
        "video_muted": member.video_muted,
        "deaf": member.deaf,
        "handraised": member.handraised,
        "talking": member.talking,
        "input_volume": member.input_volume,
        "output_volume": member.output_volume,
        "input_sensitivity": member.input_sensitivity,
        "meta": member.meta,
    })
}

/// Everybody in the session whom members are told of: no audience.
pub fn members(state: &State, session: &Session) -> Vec<Value> {
    state.present(session).filter(|member| member.kind != Kind::Audience).map(self::member).collect()
}

pub fn recording(recording: &Recording) -> Value {
    let mut view = json!({
        "id": recording.id,
        "room_id": recording.room_id,
        "room_session_id": recording.session_id,
        "state": recording.state.as_str(),
        "started_at": seconds(recording.started_at),
    });
    if let Some(ended_at) = recording.ended_at {
        view["ended_at"] = json!(seconds(ended_at));
        view["duration"] = json!(seconds(ended_at - recording.started_at));
    }
    view
}

/// `room_session`, without its members.
pub fn room_session(state: &State, session: &Session) -> Value {
    json!({
        "id": session.id,
        "room_session_id": session.id,
        "room_id": session.room_id,
        "event_channel": session.event_channel,
        "name": session.name,
        "display_name": session.settings.display_name.as_ref().unwrap_or(&session.name),
        "recording": state.is_recording(session),
        "streaming": false,
        "locked": session.locked,
        "hide_video_muted": session.hide_video_muted,
        "layout_name": session.layout_name,
        "preview_url": "",
        "meta": session.settings.meta.clone().unwrap_or_else(|| json!({})),
        "prioritize_handraise": session.prioritize_handraise,
        "recordings": state.recordings_of(session).map(recording).collect::<Vec<_>>(),
        "playbacks": [],
        "streams": [],
        "audience_count": session.audience_inside,
    })
}

/// `room_session` with whoever is inside.
pub fn room_session_with_members(state: &State, session: &Session) -> Value {
    let mut view = room_session(state, session);
    view["members"] = members(state, session).into();
    view
}

/// The older twin that events carry beside `room_session`: no `id` of its own.
fn legacy_room(room_session: &Value) -> Value {
    let mut room = room_session.clone();
    if let Some(fields) = room.as_object_mut() {
        fields.remove("id");
    }
    room
}

/// `video.room.started`, `updated`, `ended`.
pub fn room_event(state: &State, session: &Session, updated: &[&str]) -> Value {
    let mut room_session = room_session(state, session);
    if !updated.is_empty() {
        room_session["updated"] = json!(updated);
    }
    json!({
        "room_id": session.room_id,
        "room_session_id": session.id,
        "room": legacy_room(&room_session),
        "room_session": room_session,
    })
}

/// `video.room.subscribed`.
pub fn subscribed(state: &State, session: &Session) -> Value {
    let room_session = room_session_with_members(state, session);
    json!({ "room": legacy_room(&room_session), "room_session": room_session })
}

/// `video.member.joined`, `updated`.
pub fn member_event(member: &Member, updated: &[&str]) -> Value {
    let mut view = self::member(member);
    if !updated.is_empty() {
        view["updated"] = json!(updated);
    }
    json!({ "room_id": member.room_id, "room_session_id": member.session_id, "member": view })
}

/// `video.member.updated` as servers get it: what changed, and whose it is.
pub fn partial(event: &Value) -> Value {
    let Some(member) = event["member"].as_object() else { return event.clone() };
    let changed = member.get("updated").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let kept: Map<String, Value> = ["id", "room_id", "room_session_id", "updated"]
        .into_iter()
        .chain(changed)
        .filter_map(|name| Some((name.to_owned(), member.get(name)?.clone())))
        .collect();
    json!({ "room_id": event["room_id"], "room_session_id": event["room_session_id"], "member": kept })
}

/// `video.member.left`, which says no more than whose place is empty.
/// <https://signalwire.com/docs/browser-sdk/v3/js/reference/video/room-session/events>
pub fn member_left(member: &Member) -> Value {
    json!({
        "room_id": member.room_id,
        "room_session_id": member.session_id,
        "member": {
            "id": member.id,
            "room_id": member.room_id,
            "room_session_id": member.session_id,
            "type": member.kind.as_str(),
        },
    })
}

/// `video.member.talking`.
pub fn member_talking(member: &Member) -> Value {
    json!({
        "room_id": member.room_id,
        "room_session_id": member.session_id,
        "member": { "id": member.id, "talking": member.talking },
    })
}

/// `video.room.audience_count`.
pub fn audience_count(session: &Session) -> Value {
    json!({ "room_id": session.room_id, "room_session_id": session.id, "total": session.audience_inside })
}

/// `video.recording.*`.
pub fn recording_event(recording: &Recording) -> Value {
    json!({
        "room_id": recording.room_id,
        "room_session_id": recording.session_id,
        "recording": self::recording(recording),
    })
}

/// `video.layout.changed`: an even grid of whoever shows a picture, in percent of the frame.
pub fn layout_changed(state: &State, session: &Session) -> Value {
    let shown: Vec<&Member> = state.present(session).filter(|member| member.visible()).take(PICTURES).collect();
    let mut columns = 1;
    while columns * columns < shown.len() {
        columns += 1;
    }
    // At most a few hundred pictures.
    let size = 100.0 / columns as f64;
    let place = |n: usize| [(n % columns) as f64 * size, (n / columns) as f64 * size, size, size];
    let layers = shown.iter().enumerate().map(|(n, member)| layer(member, place(n), n, 0)).collect();
    layout(session, layers)
}

/// The layout of a session's picture, to be told to those inside.
pub fn layout(session: &Session, layers: Vec<Value>) -> Value {
    json!({
        "room_id": session.room_id,
        "room_session_id": session.id,
        "layout": {
            "id": session.layout_name,
            "name": session.layout_name,
            "room_id": session.room_id,
            "room_session_id": session.id,
            "layers": layers,
        },
    })
}

/// One member's part of the picture: where it is, in percent of the frame (x, y, width, height), which of the layout's
/// positions that is, and how many layers lie below.
pub fn layer(member: &Member, [x, y, width, height]: [f64; 4], position: usize, below: usize) -> Value {
    json!({
        "member_id": member.id,
        "x": x,
        "y": y,
        "width": width,
        "height": height,
        "layer_index": below,
        "z_index": below,
        "reservation": null,
        "position": format!("standard-{}", position + 1),
        "playing_file": false,
        "visible": member.visible(),
    })
}
