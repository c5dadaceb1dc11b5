//! `/room_tokens`.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    Refusal,
    input::{Fields, Object},
};
use crate::signalwire::{
    Service,
    state::new_id,
    token::{Claims, DEFAULT_PERMISSIONS, JoinAs, PERMISSIONS},
};

/// A token for one person and one room, which need not exist yet.
pub(super) async fn create(State(service): State<Service>, Object(object): Object) -> Result<Json<Value>, Refusal> {
    let mut fields = Fields::of(&object);
    let mut claims = claims(&mut fields);
    fields.finish()?;
    claims.iat = service.clock.unix_seconds();
    claims.jti = new_id();
    claims.sub.clone_from(&service.options.project);
    Ok(Json(json!({ "token": service.tokens.mint(&claims) })))
}

fn claims(fields: &mut Fields<'_>) -> Claims {
    let seconds = |ms: Option<Option<i64>>| ms.flatten().map(|ms| ms.div_euclid(1000));
    let join_from = fields.time("join_from").flatten();
    let join_until = fields.time("join_until").flatten();
    fields.window(join_from, join_until);
    let permissions = fields.list("permissions", &PERMISSIONS).flatten();
    let join_as = match fields.one_of("join_as", &["member", "audience"]).flatten() {
        Some("audience") => JoinAs::Audience,
        _ => JoinAs::Member,
    };
    let flag = |fields: &mut Fields<'_>, name| fields.flag(name).flatten();
    Claims {
        room_name: fields.room_name("room_name").to_owned(),
        user_name: fields.text("user_name", 100).flatten().map(str::to_owned),
        permissions: match join_as {
            // https://signalwire.com/docs/apis/permissions: audience is allowed nothing, whatever was asked for.
            JoinAs::Audience => vec![],
            JoinAs::Member => permissions.unwrap_or_else(|| DEFAULT_PERMISSIONS.map(str::to_owned).into()),
        },
        auto_create_room: flag(fields, "auto_create_room").unwrap_or(true),
        join_from: seconds(Some(join_from)),
        join_until: seconds(Some(join_until)),
        remove_at: seconds(fields.time("remove_at")),
        remove_after_seconds_elapsed: fields.number("remove_after_seconds_elapsed", 1..=200_000).flatten(),
        join_as,
        media_allowed: fields
            .one_of("media_allowed", &["all", "video-only", "audio-only"])
            .flatten()
            .map(str::to_owned),
        meta: fields.meta("meta").flatten(),
        room_meta: fields.meta("room_meta").flatten(),
        room_display_name: fields.text("room_display_name", 200).flatten().map(str::to_owned),
        join_audio_muted: flag(fields, "join_audio_muted").unwrap_or_default(),
        join_video_muted: flag(fields, "join_video_muted").unwrap_or_default(),
        end_room_session_on_leave: flag(fields, "end_room_session_on_leave").unwrap_or_default(),
        enable_room_previews: flag(fields, "enable_room_previews").unwrap_or_default(),
        sync_audio_video: flag(fields, "sync_audio_video").unwrap_or_default(),
        ..Claims::default()
    }
}
