//! What the lobby shows: the room, who the reader is in it, and what goes on inside.

use std::{collections::HashSet, sync::Arc};

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use quick_cache::sync::Cache;
use serde::Serialize;

use super::{
    Call,
    caller::{Caller, Tab},
    knock::Door,
    problem::{Problem, json},
    session::You,
};
use crate::{
    access::{Names, is_guest},
    room::{Inside, Place, Room},
};

#[derive(Serialize)]
pub(super) struct Lobby<'a> {
    /// The session this answer is for: a tab that named none keeps it.
    sid: &'a str,
    room: RoomFacts<'a>,
    you: You<'a>,
    /// With which members the reader is inside no more, for another device of theirs took the call over: an earlier
    /// page whose socket is dead reads it here.
    moved: Vec<String>,
    session: SessionFacts,
    /// "Sign in with Discord" is there.
    sign_in: bool,
}

#[derive(Serialize)]
struct RoomFacts<'a> {
    key: &'a str,
    title: &'a str,
    topic: Option<&'a str>,
    channel: &'a str,
    guild: &'a str,
    /// None for guests, who have no way there.
    channel_url: Option<String>,
}

#[derive(Serialize)]
struct SessionFacts {
    state: Phase,
    /// Each once, however many devices; the audience is only counted.
    people: Vec<Somebody>,
    audience: usize,
    recording: bool,
    locked: bool,
    /// How the door stands for the reader.
    door: Door,
    full: bool,
    max_members: u32,
    /// Unix milliseconds.
    since: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Phase {
    /// Nobody is inside.
    Open,
    Live,
    Ended,
}

#[derive(Serialize)]
struct Somebody {
    /// None for who came without a Discord identity.
    user_id: Option<String>,
    name: String,
    avatar_url: Option<String>,
}

pub(super) async fn show(State(call): State<Call>, tab: Tab, Path(key): Path<String>) -> Result<Response, Problem> {
    let caller = call.caller(&tab, &key).await?;
    let names = call.names(&caller.room).await;
    let inside = call.inside(&caller).await?;
    Ok(json(StatusCode::OK, &call.lobby(&caller, &names, &inside)))
}

impl Call {
    pub(super) fn lobby<'a>(&self, caller: &'a Caller, names: &'a Names, inside: &[Inside]) -> Lobby<'a> {
        let session = caller.standing.as_ref().map(|standing| &standing.session);
        let Place { guild_id, channel_id } = caller.room.place;
        Lobby {
            sid: &caller.session.sid,
            room: RoomFacts {
                key: &caller.room.key,
                title: &caller.room.title,
                topic: session.and_then(|session| session.topic.as_deref()),
                channel: &names.channel,
                guild: &names.guild,
                channel_url: (!is_guest(caller.session.user_id))
                    .then(|| format!("https://discord.com/channels/{guild_id}/{channel_id}")),
            },
            you: You::of(caller, &self.0.faces),
            moved: moved(caller, inside),
            session: self.session_facts(caller, inside),
            sign_in: self.sign_in(),
        }
    }

    fn session_facts(&self, caller: &Caller, inside: &[Inside]) -> SessionFacts {
        let max_members = self.limits.room_max_members;
        let session = caller.standing.as_ref().map(|standing| &standing.session);
        let people = self.people(inside, caller.room.place);
        let named: HashSet<_> = inside.iter().filter(|stay| stay.kind == "audience").map(identity).collect();
        // Told of as a number, by name, or both.
        let counted = session.map_or(0, |session| session.audience as usize);
        let audience = named.len().max(counted);
        SessionFacts {
            state: match session {
                None => Phase::Ended,
                Some(_) if people.is_empty() && audience == 0 => Phase::Open,
                Some(_) => Phase::Live,
            },
            people,
            audience,
            recording: session.is_some_and(|session| session.recording),
            locked: session.is_some_and(|session| session.locked),
            door: caller.door,
            full: caller.standing.as_ref().is_some_and(|standing| standing.occupied >= max_members),
            max_members,
            since: session.and_then(|session| session.started_at),
        }
    }

    fn people(&self, inside: &[Inside], place: Place) -> Vec<Somebody> {
        let mut seen = HashSet::new();
        let members = inside.iter().filter(|stay| stay.kind == "member" && seen.insert(identity(stay)));
        members
            .map(|stay| Somebody {
                user_id: stay.user_id.map(|id| id.to_string()),
                name: stay.name.clone(),
                // What was learnt when they came in: no question to Discord for a picture.
                avatar_url: stay
                    .user_id
                    .and_then(|id| self.membership.facts_lately(id, place))
                    .and_then(|facts| facts.person.picture)
                    .map(|path| self.0.faces.address(&path)),
            })
            .collect()
    }

    /// Who is inside the caller's session: read once for all who look at the same version of it.
    pub(super) async fn inside(&self, caller: &Caller) -> Result<Arc<[Inside]>, Problem> {
        let Some(session) = caller.standing.as_ref().map(|standing| &standing.session) else { return Ok([].into()) };
        if let Some((version, inside)) = self.0.inside.get(&session.id)
            && version == session.version
        {
            return Ok(inside);
        }
        let inside: Arc<[Inside]> = self.rooms.inside(&session.id).await?.into();
        self.0.inside.insert(session.id.clone(), (session.version, inside.clone()));
        Ok(inside)
    }

    /// What the room's place is called. Nobody is turned away for want of a name.
    pub(super) async fn names(&self, room: &Room) -> Names {
        self.membership.names(room.place).await.unwrap_or_default()
    }
}

/// By session: its version and who was inside then.
pub(super) type InsideByVersion = Cache<String, (i64, Arc<[Inside]>)>;

/// The reader's members that came before one that goes on from them.
fn moved(caller: &Caller, inside: &[Inside]) -> Vec<String> {
    let mine: Vec<_> = inside.iter().filter(|stay| stay.user_id == Some(caller.session.user_id)).collect();
    let goes_on = mine.iter().rposition(|stay| stay.moves).unwrap_or_default();
    mine[..goes_on].iter().map(|stay| stay.member_id.clone()).collect()
}

/// Who a stay is of: a person with two devices is one.
fn identity(stay: &Inside) -> (Option<u64>, &str) {
    match stay.user_id {
        Some(user_id) => (Some(user_id), ""),
        None => (None, &stay.member_id),
    }
}
