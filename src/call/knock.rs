//! Knocking: who may not simply walk in asks the room's moderators, where the server has guests.
//!
//! In: somebody before a locked door, or a guest. Out: a question in the channel, whose answer the stream tells.

use std::time::Duration;

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use serde::Serialize;

use super::{
    Call,
    caller::Tab,
    problem::{Problem, json},
};
use crate::{
    access::{Decision, Role, is_guest},
    clock::millis,
    room::Room,
    store::{Knock, KnockState, Knocked, Standing},
};

/// How long a knock is open.
const OPEN_FOR: Duration = Duration::from_secs(10 * 60);
/// Open knocks of a session.
const OPEN_MAX: i64 = 5;
/// When to ask again where so many wait already.
const FULL_FOR_SECONDS: u64 = 30;
const KNOCK_BITS: usize = 96;

/// How the door stands for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Door {
    Open,
    /// And nobody can be asked.
    Locked,
    /// A moderator can be asked.
    Ask,
    /// One has been asked.
    Waiting,
    /// One said no.
    Denied,
}

#[derive(Serialize)]
struct Asked {
    door: Door,
}

impl Call {
    /// Guests are let in by a moderator, once in each call; so are others while the room is locked. Moderators, and
    /// who is inside, need nobody.
    pub(super) async fn door(
        &self,
        decision: &Decision,
        room: &Room,
        user_id: u64,
        standing: Option<&Standing>,
    ) -> Result<Door, Problem> {
        let Some(standing) = standing else { return Ok(Door::Open) };
        let is_let_in = standing.knock.is_some_and(KnockState::is_let_in);
        let needs_nobody = standing.inside || is_let_in || decision.role == Some(Role::Moderator);
        if needs_nobody || !(standing.session.locked || is_guest(user_id)) {
            return Ok(Door::Open);
        }
        // A guest would not have come so far where guests are off.
        if !is_guest(user_id) && !self.store.guild_settings(room.place.guild_id).await?.guests {
            return Ok(Door::Locked);
        }
        Ok(match standing.knock {
            Some(KnockState::Open) => Door::Waiting,
            Some(KnockState::Denied) => Door::Denied,
            _ => Door::Ask,
        })
    }
}

/// Asks the moderators. Asking twice asks once.
pub(super) async fn knock(State(call): State<Call>, tab: Tab, Path(key): Path<String>) -> Result<Response, Problem> {
    let caller = call.caller(&tab, &key).await?;
    let Some(standing) = &caller.standing else { return Err(Problem::RoomEnded { room: caller.room.title }) };
    let door = match caller.door {
        Door::Locked => return Err(Problem::RoomLocked),
        Door::Ask | Door::Denied => {
            let now = call.clock.unix_ms();
            let new = Knock {
                id: call.random.id(KNOCK_BITS),
                session_id: standing.session.id.clone(),
                place: caller.room.place,
                user_id: caller.session.user_id,
                name: caller.facts.person.name.clone(),
                role: caller.role.as_str().to_owned(),
                state: KnockState::Open,
                knocked_at: now,
                expires_at: now + millis(OPEN_FOR),
                message: None,
                is_shown: false,
            };
            match call.store.knock(&new, OPEN_MAX).await? {
                Knocked::Full => return Err(Problem::DoorBusy { seconds: FULL_FOR_SECONDS }),
                Knocked::Before(KnockState::Denied) => Door::Denied,
                Knocked::Before(before) if before.is_let_in() => Door::Open,
                Knocked::Before(_) => Door::Waiting,
                Knocked::New => {
                    tracing::info!(room.key = caller.room.key, user.id = new.user_id, "somebody asks to be let in");
                    call.wake.person(&caller.room.key, new.user_id);
                    Door::Waiting
                }
            }
        }
        door => door,
    };
    Ok(json(StatusCode::ACCEPTED, &Asked { door }))
}
