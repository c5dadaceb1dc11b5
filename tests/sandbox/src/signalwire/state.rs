//! The video service itself: who is in which room, and what happens there.
//!
//! Comes in: joins, leaves, changes, from browsers, from the relay, from REST and from scripted people.
//! Goes out: [`Event`]s, in one order, to everybody who listens. Whatever is due by the clock (removals,
//! ends) is done before anything else is looked at, so a test that moves the clock sees it at once.

mod change;
mod due;
mod entities;
mod join;
mod record;
mod rooms;
pub(crate) mod view;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use self::due::Due;
pub use self::{
    change::Change,
    entities::{Kind, Logged, Member, Recording, RecordingState, Room, Session, Settings},
    join::{Entry, Joined},
    record::Take,
};
use crate::{clock::Clock, fault::hold};

/// A connection that went away without a word is given up after this, by the clock.
pub const GRACE_MS: i64 = 15_000;

/// Why somebody is no longer inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Said goodbye.
    Gone,
    /// Its connection went away and did not come back.
    Vanished,
    /// Removed by somebody, or by a limit of the room or the token.
    Removed,
    /// The session ended around it.
    Ended,
}

/// Something that happened in a session.
#[derive(Clone, Debug)]
pub struct Event {
    /// Such as `video.member.joined`.
    pub name: &'static str,
    pub room_id: String,
    pub session_id: String,
    pub event_channel: String,
    /// Whom it is about.
    pub member_id: Option<String>,
    /// For `video.member.left`: why.
    pub left: Option<Left>,
    /// Unix seconds.
    pub at: f64,
    /// What goes into `params.params`, with full entities. Null for `video.layout.changed`, which is worth
    /// working out only for whoever sends it: see [`Video::layout`].
    pub params: Arc<Value>,
}

/// Why the service says no, with the code its results carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The room token is not one of ours. Browsers hear of this on connecting (-32002).
    #[error("Authentication service failed with status ProtocolError, 401 Unauthorized: {{}}")]
    BadToken,
    /// Outside the room's or the token's window, or without the permission.
    #[error("Unauthorized")]
    Unauthorized,
    #[error("Room not found")]
    NoRoom,
    #[error("Room is full")]
    Full,
    #[error("Room is locked")]
    Locked,
    #[error("Room session not found")]
    NoSession,
    #[error("Member not found")]
    NoMember,
    #[error("Recording not found")]
    NoRecording,
    #[error("Invalid parameter: {0}")]
    BadParameter(&'static str),
    #[error("A recording is already in progress")]
    AlreadyRecording,
}

impl Refused {
    /// What stands in `result.code`.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadToken => "401",
            Self::Unauthorized | Self::Full | Self::Locked => "403",
            Self::NoRoom | Self::NoSession | Self::NoMember | Self::NoRecording => "404",
            Self::BadParameter(_) => "400",
            Self::AlreadyRecording => "409",
        }
    }
}

/// The handle of the service. Cheap to clone; all clones are the same service.
#[derive(Clone)]
pub struct Video(Arc<Inner>);

struct Inner {
    clock: Clock,
    state: Mutex<State>,
    /// A deadline was added that may be earlier than the one slept for.
    deadlines_changed: Notify,
}

/// Called for each event, with the state as it is right after; false: never again.
type Hook = Box<dyn Fn(&State, &Event) -> bool + Send>;

#[derive(Default)]
pub(crate) struct State {
    /// Rooms in the order of their making.
    rooms: BTreeMap<u64, Room>,
    rooms_made: u64,
    room_by_id: HashMap<String, u64>,
    room_by_name: HashMap<String, u64>,
    /// Sessions in the order of their start.
    sessions: BTreeMap<u64, Session>,
    sessions_made: u64,
    session_by_id: HashMap<String, u64>,
    live: HashMap<String, String>,
    members: HashMap<String, Member>,
    recordings: HashMap<String, Recording>,
    recording_order: Vec<String>,
    deadlines: BTreeSet<(i64, Due)>,
    hooks: Vec<Hook>,
}

pub(super) fn new_id() -> String {
    Uuid::new_v4().to_string()
}

impl Video {
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Inner { clock, state: Mutex::default(), deadlines_changed: Notify::new() }))
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Removes and ends what is due, for as long as it is polled.
    pub async fn keep_time(&self) {
        loop {
            let next = self.with(|state, _| state.deadlines.first().map(|(at, _)| *at));
            let changed = self.0.deadlines_changed.notified();
            match next {
                Some(at) => tokio::select! {
                    () = self.0.clock.sleep_until(at) => {}
                    () = changed => {}
                },
                None => changed.await,
            }
        }
    }

    /// Looks at or changes the state as of now, after whatever is due has been done.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut State, i64) -> R) -> R {
        let now = self.0.clock.unix_ms();
        let mut state = hold(&self.0.state);
        state.do_what_is_due(now);
        let first = state.deadlines.first().cloned();
        let result = act(&mut state, now);
        if state.deadlines.first() != first.as_ref() {
            self.0.deadlines_changed.notify_one();
        }
        result
    }

    /// Everything that happens from now on, in order. Nothing is lost while the receiver lives, so
    /// read it: it is not bounded.
    pub fn events(&self) -> mpsc::UnboundedReceiver<Event> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.hook(move |_, event| sender.send(event.clone()).is_ok());
        receiver
    }

    /// Calls `hook` for each event from now on, in order and before anything else happens, until it says
    /// false. It must be quick and must not call the service.
    pub(crate) fn hook(&self, hook: impl Fn(&State, &Event) -> bool + Send + 'static) {
        self.with(|state, _| state.hooks.push(Box::new(hook)));
    }

    /// All rooms, oldest first.
    pub fn rooms(&self) -> Vec<Room> {
        self.with(|state, _| state.rooms.values().cloned().collect())
    }

    /// By id or by name.
    pub fn room(&self, id_or_name: &str) -> Option<Room> {
        self.with(|state, _| state.room(id_or_name).cloned())
    }

    /// The session with this id, live or over.
    pub fn session(&self, id: &str) -> Option<Session> {
        self.with(|state, _| state.session(id).cloned())
    }

    /// The session that runs in the room of this name.
    pub fn live_session(&self, room_name: &str) -> Option<Session> {
        self.with(|state, _| state.live(room_name).cloned())
    }

    pub fn live_sessions(&self) -> Vec<Session> {
        self.with(|state, _| state.sessions.values().filter(|session| session.is_live()).cloned().collect())
    }

    pub fn member(&self, id: &str) -> Option<Member> {
        self.with(|state, _| state.members.get(id).cloned())
    }

    /// Whoever is in the session now, audience, screens and devices too, in the order of joining.
    pub fn members(&self, session_id: &str) -> Vec<Member> {
        self.with(|state, _| {
            let session = state.session(session_id);
            session.map(|session| state.present(session).cloned().collect()).unwrap_or_default()
        })
    }

    /// What `video.layout.changed` tells: an even grid of whoever shows a picture.
    pub fn layout(&self, session_id: &str) -> Option<Value> {
        self.with(|state, _| Some(view::layout_changed(state, state.session(session_id)?)))
    }

    /// What `video.room.subscribed` tells; a browser's also names its `call_id` and `member_id`.
    pub fn subscribed(&self, session_id: &str) -> Option<Value> {
        self.with(|state, _| Some(view::subscribed(state, state.session(session_id)?)))
    }
}

impl State {
    fn emit(&mut self, event: &Event) {
        let mut hooks = std::mem::take(&mut self.hooks);
        hooks.retain(|hook| hook(self, event));
        self.hooks = hooks;
    }

    /// Tells whoever listens, and keeps it for REST where it is of lasting interest.
    fn tell(&mut self, session_id: &str, name: &'static str, about: About, params: Value, now: i64) {
        let Some(session) = self.session_mut(session_id) else { return };
        session.updated_at = now;
        let event = Event {
            name,
            room_id: session.room_id.clone(),
            session_id: session.id.clone(),
            event_channel: session.event_channel.clone(),
            member_id: about.member_id,
            left: about.left,
            // Milliseconds since 1970 stay far below 2^53.
            at: now as f64 / 1000.0,
            params: Arc::new(params),
        };
        record::keep(session, &event, about.recording_id, now);
        self.emit(&event);
    }

    pub fn room(&self, id_or_name: &str) -> Option<&Room> {
        let number = self.room_by_id.get(id_or_name).or_else(|| self.room_by_name.get(id_or_name))?;
        self.rooms.get(number)
    }

    pub fn rooms_newest_first(&self) -> impl Iterator<Item = &Room> {
        self.rooms.values().rev()
    }

    pub fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.get(self.session_by_id.get(id)?)
    }

    fn session_mut(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions.get_mut(self.session_by_id.get(id)?)
    }

    pub fn sessions_newest_first(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values().rev()
    }

    pub fn live(&self, room_name: &str) -> Option<&Session> {
        self.session(self.live.get(room_name)?)
    }

    /// The session, if it has not ended.
    fn running(&self, session_id: &str) -> Result<&Session, Refused> {
        self.session(session_id).filter(|session| session.is_live()).ok_or(Refused::NoSession)
    }

    /// Whoever was ever in the session, in the order of joining.
    pub fn everyone<'a>(&'a self, session: &'a Session) -> impl Iterator<Item = &'a Member> {
        session.everyone.iter().filter_map(|id| self.members.get(id))
    }

    /// Whoever is in the session now, in the order of joining.
    pub fn present<'a>(&'a self, session: &'a Session) -> impl Iterator<Item = &'a Member> {
        session.present.iter().filter_map(|place| self.members.get(session.everyone.get(*place)?))
    }

    /// A member who is in the session now.
    fn inside(&mut self, session_id: &str, member_id: &str) -> Result<&mut Member, Refused> {
        self.running(session_id)?;
        self.members
            .get_mut(member_id)
            .filter(|member| member.session_id == session_id && member.is_present())
            .ok_or(Refused::NoMember)
    }

    pub fn recording(&self, id: &str) -> Option<&Recording> {
        self.recordings.get(id)
    }

    pub fn recordings_of<'a>(&'a self, session: &'a Session) -> impl Iterator<Item = &'a Recording> {
        session.recordings.iter().filter_map(|id| self.recordings.get(id))
    }

    pub fn recordings_newest_first(&self) -> impl Iterator<Item = &Recording> {
        self.recording_order.iter().rev().filter_map(|id| self.recordings.get(id))
    }
}

/// Whom or what an event is about.
#[derive(Default)]
struct About {
    member_id: Option<String>,
    left: Option<Left>,
    recording_id: Option<String>,
}

impl About {
    fn member(id: &str) -> Self {
        Self { member_id: Some(id.to_owned()), ..Self::default() }
    }
}

#[cfg(test)]
mod tests;
