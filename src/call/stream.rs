//! What changes, as it changes: server-sent events for one tab in one room.
//!
//! In: wake-ups, what Discord's gateway tells, and time. Out: the lobby's facts whenever they differ, what happened
//! to the reader, and a sign of life every 15 seconds. The stream ends when its reader may no longer be there.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response, Sse, sse::Event},
};
use futures::FutureExt as _;
use http::{HeaderValue, header::CACHE_CONTROL};
use serde::Serialize;
use tokio::sync::broadcast;

use super::{
    Call,
    caller::{Caller, Tab},
    knock::Door,
    problem::{Problem, Told, locale},
};
use crate::{
    access::{BrowserSession, Changed, Role},
    room::{Place, Room},
    wake::{Change, Listener},
    words::Locale,
};

/// Proxies and phones drop what is silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Access is decided again at least this often, and the database asked in case a wake-up got lost.
const RECHECK: Duration = Duration::from_secs(60);
/// How soon a browser comes back after a cut.
const RETRY: Duration = Duration::from_secs(2);
/// Where everything may have changed, all streams look again, one after the other within this.
const SPREAD: Duration = Duration::from_secs(1);
/// After a look that failed: the first pause, which doubles up to [`RECHECK`].
const AGAIN: Duration = Duration::from_secs(2);
/// Who waits to be let in hears of the answer within this.
const ANSWER: Duration = Duration::from_secs(1);
const PER_SESSION: usize = 4;

/// Who was seen inside so lately was inside when it ended: they leave one by one.
const LATELY: Duration = Duration::from_secs(RECHECK.as_secs() + 30);
/// How long the word that a call has ended waits for why.
const EXPLAINED: Duration = Duration::from_secs(2);

/// Whether a session ended with its room, by session: asked once for all who were inside.
pub(super) type DeletedBySession = quick_cache::sync::Cache<String, bool>;

/// Streams open per session.
#[derive(Default)]
pub(super) struct Streams(Arc<Mutex<HashMap<String, usize>>>);

/// One stream's place among its session's.
struct Seat {
    taken: Arc<Mutex<HashMap<String, usize>>>,
    sid: String,
}

impl Streams {
    fn take(&self, sid: &str) -> Option<Seat> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(sid.to_owned()).or_default();
        if *count >= PER_SESSION {
            return None;
        }
        *count += 1;
        Some(Seat { taken: self.0.clone(), sid: sid.to_owned() })
    }

    pub fn open(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.sid) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.sid);
            }
        }
    }
}

pub(super) async fn open(State(call): State<Call>, tab: Tab, Path(key): Path<String>) -> Result<Response, Problem> {
    // Listens before it looks, so that nothing falls between.
    let (wakes, changes) = (call.wake.listen(), call.membership.changes());
    let caller = call.caller(&tab, &key).await?;
    let seat = call.0.streams.take(&caller.session.sid).ok_or(Problem::RateLimited { seconds: RETRY.as_secs() })?;
    let now = call.clock.monotonic();
    let mut watch = Watch {
        session: caller.session.clone(),
        room_key: key,
        place: caller.room.place,
        locale: locale(&tab.headers),
        wakes,
        changes,
        heartbeat: now + HEARTBEAT,
        recheck: now + RECHECK,
        waiting: VecDeque::from([Event::default().retry(RETRY)]),
        shown: None,
        inside_at: None,
        failures: 0,
        over: false,
        _seat: seat,
        call,
    };
    watch.show(&caller).await?;
    let events = futures::stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok::<_, Infallible>(event), watch))
    });
    let mut response = Sse::new(events).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx would keep the events until its buffer is full.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// One open stream.
struct Watch {
    call: Call,
    session: BrowserSession,
    room_key: String,
    place: Place,
    locale: Locale,
    wakes: Listener,
    changes: broadcast::Receiver<Changed>,
    /// When the next of each is due, monotonic.
    heartbeat: Duration,
    recheck: Duration,
    waiting: VecDeque<Event>,
    shown: Option<Shown>,
    /// When the reader was last seen in the call, monotonic.
    inside_at: Option<Duration>,
    /// Looks in a row that failed.
    failures: u32,
    over: bool,
    _seat: Seat,
}

/// What the reader was last told.
struct Shown {
    lobby: String,
    role: Role,
    door: Door,
    locked: bool,
    /// The session that was present.
    session_id: Option<String>,
}

#[derive(Serialize)]
struct Lingers<'a> {
    name: &'a str,
}

/// The name says all.
#[derive(Serialize)]
struct Answered {}

#[derive(Serialize)]
struct RoleNow {
    role: &'static str,
}

#[derive(Serialize)]
struct LockedNow {
    locked: bool,
}

#[derive(Serialize)]
struct EndedAfter {
    /// None where nobody came.
    minutes: Option<i64>,
    /// The room is gone at the video service, and the call with it.
    room_deleted: bool,
}

impl Watch {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            let clock = self.call.clock.clone();
            let concerned = tokio::select! {
                biased;
                () = self.call.tasks.stop().cancelled() => return None,
                change = self.wakes.next() => {
                    if let Some(event) = self.lingering(change.as_ref()) {
                        return Some(event);
                    }
                    let Some(change) = change else {
                        self.recheck = self.recheck.min(clock.monotonic() + SPREAD.mul_f64(self.call.random.fraction()));
                        continue;
                    };
                    concerns(&change, &self.room_key, self.session.user_id)
                }
                changed = self.changes.recv() => {
                    // Having missed some counts as being concerned.
                    changed.map_or(true, |changed| changed.concerns(self.session.user_id, self.place))
                }
                () = clock.sleep_until(self.recheck) => true,
                () = clock.sleep_until(self.heartbeat) => {
                    self.heartbeat = clock.monotonic() + HEARTBEAT;
                    return Some(Event::default().comment(""));
                }
            };
            if concerned {
                self.look_again().await;
            }
        }
    }

    /// For moderators: that somebody could not be put out.
    fn lingering(&self, change: Option<&Change>) -> Option<Event> {
        let Some(Change::Lingers { room_key, name }) = change else { return None };
        let moderates = self.shown.as_ref().is_some_and(|shown| shown.role == Role::Moderator);
        (moderates && **room_key == *self.room_key).then(|| event("lingers", &Lingers { name }))
    }

    /// Decides again and tells what differs. What goes wrong on our side is no news for the reader: the next look
    /// may do better.
    async fn look_again(&mut self) {
        // Whatever else is waiting is answered by the same look.
        while let Some(change) = self.wakes.next().now_or_never() {
            let lingers = self.lingering(change.as_ref());
            self.waiting.extend(lingers);
        }
        self.recheck = self.call.clock.monotonic() + RECHECK;
        let problem = match self.admitted().await {
            Ok(()) => {
                self.failures = 0;
                return;
            }
            Err(problem) => problem,
        };
        match problem {
            Problem::Removed { .. } | Problem::NotAllowed { .. } | Problem::InvitationOver | Problem::SignedOut => {
                let told: Told = problem.tell(&self.call.words, self.locale, self.call.random.reference());
                self.waiting.push_back(event("removed", &told));
                self.over = true;
            }
            problem => {
                tracing::warn!(room.key = self.room_key, %problem, "a stream could not look again");
                let pause = AGAIN.saturating_mul(1 << self.failures.min(5)).mul_f64(self.call.random.jitter());
                self.failures += 1;
                self.recheck = self.recheck.min(self.call.clock.monotonic() + pause);
            }
        }
    }

    async fn admitted(&mut self) -> Result<(), Problem> {
        if !self.call.sessions.lasts(&self.session).await? {
            return Err(Problem::SignedOut);
        }
        let caller = self.call.admit(self.session.clone(), &self.room_key).await?;
        self.show(&caller).await
    }

    /// Tells the reader what differs from what they know.
    async fn show(&mut self, caller: &Caller) -> Result<(), Problem> {
        let names = self.call.names(&caller.room).await;
        let inside = self.call.inside(caller).await?;
        let session = caller.standing.as_ref().map(|standing| &standing.session);
        let now = Shown {
            lobby: text(&self.call.lobby(caller, &names, &inside)),
            role: caller.role,
            door: caller.door,
            locked: session.is_some_and(|session| session.locked),
            session_id: session.map(|session| session.id.clone()),
        };
        if caller.standing.as_ref().is_some_and(|standing| standing.inside) {
            self.inside_at = Some(self.call.clock.monotonic());
        }
        let before = self.shown.take();
        if let Some(before) = &before {
            if let Some(ended) = before.session_id.as_ref().filter(|_| before.session_id != now.session_id) {
                let minutes = self.lasted(ended).await?;
                let room_deleted = self.was_inside() && self.room_is_deleted(&caller.room, ended).await;
                self.waiting.push_back(event("ended", &EndedAfter { minutes, room_deleted }));
            }
            if before.role != now.role {
                self.waiting.push_back(event("role", &RoleNow { role: now.role.as_str() }));
            }
            match (before.door, now.door) {
                (Door::Waiting, Door::Open) => self.waiting.push_back(event("admitted", &Answered {})),
                (Door::Waiting, Door::Denied) => self.waiting.push_back(event("denied", &Answered {})),
                _ => {}
            }
            if before.locked != now.locked {
                self.waiting.push_back(event("locked", &LockedNow { locked: now.locked }));
            }
        }
        if before.is_none_or(|before| before.lobby != now.lobby) {
            self.waiting.push_back(Event::default().event("lobby").data(&now.lobby));
        }
        if now.door == Door::Waiting {
            // The answer may be given at another process, whose wake-up may get lost.
            self.recheck = self.recheck.min(self.call.clock.monotonic() + ANSWER);
        }
        self.shown = Some(now);
        Ok(())
    }

    fn was_inside(&self) -> bool {
        self.inside_at.is_some_and(|at| self.call.clock.monotonic().saturating_sub(at) < LATELY)
    }

    /// Whether the room itself was deleted, which explains to who was inside what the end alone does not. That it has
    /// ended is told in time all the same.
    async fn room_is_deleted(&self, room: &Room, session_id: &str) -> bool {
        let asked = self.call.0.deleted.get_or_insert_async(session_id, self.call.rooms.is_deleted(room));
        tokio::select! {
            biased;
            is_deleted = asked => is_deleted.unwrap_or_else(|error| {
                tracing::debug!(%error, room.key = room.key, "whether a room is still there can't be asked");
                false
            }),
            () = self.call.clock.sleep(EXPLAINED) => false,
        }
    }

    /// Whole minutes from the first person's coming to the end; none where nobody came.
    async fn lasted(&self, session_id: &str) -> Result<Option<i64>, Problem> {
        let session = self.call.store.session(session_id).await?;
        let lasted = session.and_then(|session| Some(session.ended_at? - session.started_at?));
        Ok(lasted.map(|lasted| lasted.max(0) / 60_000))
    }
}

fn concerns(change: &Change, room_key: &str, user_id: u64) -> bool {
    change.is_in(room_key)
        && match change {
            Change::Session { .. } => true,
            Change::Person { user_id: user, .. } => *user == user_id,
            Change::Lingers { .. } => false,
        }
}

fn event(name: &str, data: &impl Serialize) -> Event {
    Event::default().event(name).data(text(data))
}

fn text(data: &impl Serialize) -> String {
    serde_json::to_string(data).expect("our answers have string keys and no failing serializers")
}
