//! The room token: what the browser joins the call with. One call upstream and no write, for a room that is known.

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Call,
    caller::{Caller, Tab},
    knock::Door,
    problem::{self, Problem},
};
use crate::{
    access::{Invitation, Role},
    signalwire::{self, JoinAs, RoomToken, RoomTokenRequest},
    telemetry,
};

/// How long a token may be joined with. It can't be revoked, so not long.
const JOIN_WITHIN_MS: i64 = 5 * 60 * 1000;
/// Characters of SignalWire's `user_name`.
const NAME_MAX: usize = 100;
/// Most seconds SignalWire takes for `remove_after_seconds_elapsed`.
const STAY_MAX: u32 = 200_000;
/// Random bits that tell one stay's facts from another's.
const STAY_BITS: usize = 64;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The page was told, when it joined with the last token, that there is no such room.
    #[serde(default)]
    room_missing: bool,
    /// What they are inside with already gives its place up to this one.
    #[serde(default)]
    moves: bool,
}

#[derive(Serialize)]
struct Minted<'a> {
    token: &'a str,
    display_name: &'a str,
    role: &'static str,
    /// Unix milliseconds.
    expires_at: i64,
}

pub(super) async fn mint(
    State(call): State<Call>,
    tab: Tab,
    Path(key): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<Response, Problem> {
    let minted = minted(&call, &tab, &key, &asked).await;
    telemetry::room_token(minted.as_ref().map_or_else(Problem::code, |_| "minted"));
    minted
}

async fn minted(call: &Call, tab: &Tab, key: &str, asked: &Asked) -> Result<Response, Problem> {
    let caller = call.caller(tab, key).await?;
    call.0.tokens.take(&caller.session.user_id)?;
    may_join(&caller, call.limits.room_max_members)?;
    let now = call.clock.unix_ms();
    if asked.room_missing {
        call.rooms.ensure_anew(&caller.room).await?;
    } else if !caller.room.is_known(now) {
        call.rooms.ensure(&caller.room).await?;
    }
    call.hold_lock_open(&caller, asked.moves).await?;
    let request = call.request(&caller, now + JOIN_WITHIN_MS, asked.moves);
    let token = call.token(&caller, &request).await?;
    tracing::debug!(
        room.key = caller.room.key,
        user.id = caller.facts.person.user_id,
        role = caller.role.as_str(),
        rule = %caller.decision.rule,
        "a room token was given"
    );
    let minted = Minted {
        token: token.0.expose_secret(),
        display_name: &request.user_name,
        role: caller.role.as_str(),
        expires_at: request.join_until,
    };
    Ok(problem::json(StatusCode::OK, &minted))
}

/// Whether there is a call to join, and a place in it. Who is inside already may renew.
fn may_join(caller: &Caller, max: u32) -> Result<(), Problem> {
    let Some(standing) = &caller.standing else {
        return Err(Problem::RoomEnded { room: caller.room.title.clone() });
    };
    if standing.inside {
        return Ok(());
    }
    match caller.door {
        Door::Open => {}
        _ if standing.session.locked => return Err(Problem::RoomLocked),
        _ => return Err(Problem::KnockFirst),
    }
    if standing.occupied >= max {
        return Err(Problem::RoomFull { inside: standing.occupied, max });
    }
    Ok(())
}

impl Call {
    fn request(&self, caller: &Caller, join_until: i64, moves: bool) -> RoomTokenRequest {
        let person = &caller.facts.person;
        RoomTokenRequest {
            room_name: caller.room.video_name.clone(),
            user_name: person.name.chars().take(NAME_MAX).collect(),
            join_as: if caller.role == Role::Audience { JoinAs::Audience } else { JoinAs::Member },
            permissions: caller.decision.scopes.list(),
            join_until,
            remove_after_seconds_elapsed: self.stay(caller),
            auto_create_room: false,
            // Others in the room can read it. A guest's own id stands where others have Discord's.
            // Their other pages read `moves` there: whichever process served them, they hear of it in the call.
            meta: json!({
                "discord_user_id": person.user_id.to_string(),
                "role": caller.role.as_str(),
                "stay": self.random.id(STAY_BITS),
                "moves": moves,
            }),
        }
    }

    /// Seconds after which SignalWire puts them out by itself, also while we are down.
    fn stay(&self, caller: &Caller) -> u32 {
        let most = self.limits.member_max_hours.saturating_mul(3600).clamp(1, STAY_MAX);
        match caller.facts.invitation {
            Some(Invitation::Good { until, .. }) => {
                let left = (until - self.clock.unix_ms()) / 1000;
                u32::try_from(left.max(1)).map_or(most, |left| left.min(most))
            }
            _ => most,
        }
    }

    /// Asks SignalWire, and once more when the room turns out to be gone.
    async fn token(&self, caller: &Caller, request: &RoomTokenRequest) -> Result<RoomToken, Problem> {
        match self.signalwire.room_token(request).await {
            Err(signalwire::Error::NotFound | signalwire::Error::Invalid { .. }) => {
                self.rooms.ensure_anew(&caller.room).await?;
                Ok(self.signalwire.room_token(request).await?)
            }
            answer => Ok(answer?),
        }
    }
}
