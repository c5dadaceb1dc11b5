//! The sweep: everything that is recorded as live beside everything REST lists as live. At the start, after a gap,
//! every 5 minutes; every 30 seconds what the event socket does not tell of. No event has to arrive for the record to
//! be right in the end.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures::{
    StreamExt as _,
    future::{BoxFuture, FutureExt as _},
};
use tokio::sync::watch;

use super::{
    AT_ONCE, Shared,
    check::Word,
    fact::{Fact, Source, What},
    follow,
    record::About,
};
use crate::{
    signalwire::{Error, Session, SessionsOf, relay::State},
    store::Present,
};

const UNHEARD_EVERY: Duration = Duration::from_secs(30);
const ALL_EVERY: Duration = Duration::from_secs(5 * 60);
/// The socket mostly comes back at once; after this it is not waited for.
const SOCKET_COMES_BACK: Duration = Duration::from_secs(5);
/// After a sweep that failed.
const AGAIN: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));
/// Failures after which the rest of a sweep is left to the next.
const GIVEN_UP: usize = 2 * AT_ONCE;
/// Nobody came for so long: the opening is over. The card's buttons go at the same time.
const NOBODY_CAME_MS: i64 = 60 * 60_000;

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    /// What the socket does not tell of.
    Unheard,
    All,
    /// All, and what may have begun and ended unheard.
    Gap,
}

/// A sweep that could not be finished.
#[derive(Debug, thiserror::Error)]
enum Unfinished {
    #[error(transparent)]
    SignalWire(#[from] Error),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

impl Unfinished {
    /// How long SignalWire wants to be left alone.
    fn wait(&self) -> Duration {
        match self {
            Self::SignalWire(Error::RateLimited { retry_after }) => *retry_after,
            _ => Duration::ZERO,
        }
    }
}

/// When what is due, by the monotonic clock.
struct Schedule {
    unheard_at: Duration,
    all_at: Duration,
    /// One that failed.
    owed: Option<(Extent, Duration)>,
    pause: Duration,
}

impl Schedule {
    fn new(now: Duration) -> Self {
        Self { unheard_at: now + UNHEARD_EVERY, all_at: now + ALL_EVERY, owed: None, pause: AGAIN.0 }
    }

    fn next_at(&self) -> Duration {
        self.owed.map_or(self.unheard_at, |(_, at)| at).min(self.all_at)
    }

    fn due(&self, now: Duration) -> Extent {
        let all = (self.all_at <= now).then_some(Extent::All);
        let owed = self.owed.map(|(extent, _)| extent);
        owed.max(all).unwrap_or(Extent::Unheard)
    }

    fn done(&mut self, extent: Extent, now: Duration) {
        (self.owed, self.pause) = (None, AGAIN.0);
        self.rest(extent, now);
    }

    /// `share` of the pause is waited before the next try.
    fn failed(&mut self, extent: Extent, wait: Duration, share: f64, now: Duration) {
        self.owed = Some((extent, now + self.pause.mul_f64(share).max(wait)));
        self.pause = (self.pause * 2).min(AGAIN.1);
        self.rest(extent, now);
    }

    fn rest(&mut self, extent: Extent, now: Duration) {
        self.unheard_at = now + UNHEARD_EVERY;
        if extent > Extent::Unheard {
            self.all_at = now + ALL_EVERY;
        }
    }
}

pub(super) async fn run(shared: Arc<Shared>) {
    let mut state = shared.relay.state();
    let mut schedule = Schedule::new(shared.clock.monotonic());
    // An earlier process may have died long ago: everything first, whoever is on duty.
    let mut extent = Extent::Gap;
    loop {
        if *shared.on_duty.borrow() || !shared.swept.load(Ordering::Relaxed) {
            let done = tokio::select! {
                biased;
                () = shared.stop.cancelled() => return,
                done = sweep(&shared, extent) => done,
            };
            let now = shared.clock.monotonic();
            match done {
                Ok(()) => {
                    shared.swept.store(true, Ordering::Relaxed);
                    schedule.done(extent, now);
                }
                Err(error) => {
                    tracing::warn!(%error, "SignalWire's sessions can't be compared; trying again");
                    schedule.failed(extent, error.wait(), shared.random.jitter(), now);
                }
            }
        } else {
            schedule.done(extent, shared.clock.monotonic());
        }
        extent = next(&shared, &mut schedule, &mut state).await;
        if shared.stop.is_cancelled() {
            return;
        }
    }
}

/// Waits until something is due.
async fn next(shared: &Shared, schedule: &mut Schedule, state: &mut watch::Receiver<State>) -> Extent {
    loop {
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return Extent::Unheard,
            () = shared.sweep.notified() => return Extent::Gap,
            Ok(()) = state.changed() => {
                if !state.borrow_and_update().is_connected() {
                    let soon = shared.clock.monotonic() + SOCKET_COMES_BACK;
                    schedule.unheard_at = schedule.unheard_at.min(soon);
                }
            }
            () = shared.clock.sleep_until(schedule.next_at()) => return schedule.due(shared.clock.monotonic()),
        }
    }
}

async fn sweep(shared: &Shared, extent: Extent) -> Result<(), Unfinished> {
    let present = shared.store.present_sessions().await?;
    let is_connected = shared.connection().is_some();
    let begun: Vec<&Present> = if extent == Extent::Unheard {
        follow::unheard(shared, &present)
    } else {
        present.iter().filter(|present| present.video_session_id.is_some()).collect()
    };
    if extent == Extent::Unheard && is_connected && !begun.is_empty() {
        shared.relist.notify_one();
    }
    let asked_at = shared.relay.source_time();
    let lists = extent != Extent::Unheard || !is_connected;
    let live = if lists { shared.signalwire.sessions(SessionsOf::AllLive).await? } else { Vec::new() };
    let listed: HashMap<&str, &Session> = live.iter().map(|session| (session.id.as_str(), session)).collect();

    // When a room goes on with another session, the one before ends first.
    let mut failed = None;
    let missing = begun.iter().filter(|present| shown(present, &listed).is_none());
    each(missing.map(|present| check(shared, present).boxed()).collect(), &mut failed).await;
    let recorded: HashSet<&str> = present.iter().filter_map(|present| present.video_session_id.as_deref()).collect();
    let new = live.iter().filter(|session| !recorded.contains(session.id.as_str()));
    each(new.map(|session| welcome(shared, session, asked_at).boxed()).collect(), &mut failed).await;
    let known = begun.iter().filter_map(|present| Some((present, shown(present, &listed)?)));
    each(known.map(|(present, session)| compare(shared, present, session, asked_at).boxed()).collect(), &mut failed)
        .await;
    let empty = present.iter().filter(|present| present.video_session_id.is_none());
    each(empty.map(|present| wait_for_somebody(shared, present, extent).boxed()).collect(), &mut failed).await;
    if let (None, true) = (&failed, extent != Extent::Unheard) {
        shared.ask_for_bills().await?;
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

fn shown<'a>(present: &Present, listed: &HashMap<&str, &'a Session>) -> Option<&'a Session> {
    listed.get(present.video_session_id.as_deref()?).copied()
}

/// One that is recorded and not live.
async fn check(shared: &Shared, present: &Present) -> Result<(), Error> {
    shared.check(present, Source::Sweep).await.map(drop)
}

/// One that is live and not recorded.
async fn welcome(shared: &Shared, session: &Session, asked_at: i64) -> Result<(), Error> {
    let Some(name) = session.name.as_deref() else { return Ok(()) };
    if !matches!(shared.store.room_of_video(name).await, Ok(Some(_))) {
        return Ok(());
    }
    shared.adopt(name, session, asked_at, Source::Sweep).await.map(drop)
}

/// One that is live and recorded. The event socket, where it can be asked, says who is inside; REST who was.
async fn compare(shared: &Shared, present: &Present, session: &Session, asked_at: i64) -> Result<(), Error> {
    if shared.is_followed(&session.id) {
        let seen = shared.look_through_relay(&present.session_id, &session.id, Source::Sweep).await;
        if seen.is_none() {
            shared.followed.remove(&session.id);
        }
    }
    shared.check_listed(&present.session_id, session, asked_at, Source::Sweep).await.map(drop)
}

/// One that was opened, and nobody was seen in it. After a gap somebody may have been.
async fn wait_for_somebody(shared: &Shared, present: &Present, extent: Extent) -> Result<(), Error> {
    let now = shared.clock.unix_ms();
    let is_given_up = now - present.opened_at >= NOBODY_CAME_MS;
    if extent != Extent::Gap && !is_given_up {
        return Ok(());
    }
    let found = shared.find_start(present, SessionsOf::Room(&present.video_name), Source::Sweep).await?;
    if is_given_up && found == Word::Unclear {
        let over = Fact { at: now, source: Source::Sweep, what: What::NobodyCame };
        shared.recorder.record(About::Session(present.session_id.clone()), vec![over]).await;
    }
    Ok(())
}

/// Several at once, all of them though some fail; not when too many do. The first failure is kept.
async fn each(work: Vec<BoxFuture<'_, Result<(), Error>>>, failed: &mut Option<Error>) {
    let mut under_way = futures::stream::iter(work).buffer_unordered(AT_ONCE);
    let mut failures = 0;
    while let Some(done) = under_way.next().await {
        if let Err(error) = done {
            failures += 1;
            failed.get_or_insert(error);
        }
        if failures >= GIVEN_UP {
            return;
        }
    }
}
