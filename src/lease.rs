//! Which of several processes on one database does what only one may do at a time.
//!
//! Each process has a row and counts beats in it. The others look: one whose beat has stood still for long enough is
//! taken for dead and its row deleted, and what it held is free with that, at once. Only the watcher's own clock
//! measures the silence, so no two clocks are compared. A process whose beats don't get through knows by its own clock
//! that it may hold nothing, before anybody can have taken it; whether they did, its row tells once the database is
//! back. A process that leaves takes its row with it.
//!
//! A SQLite file has one process: whoever comes takes all that was held, and is never taken for dead.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, watch};

use crate::{
    clock::Clock,
    secret::Random,
    store::{Beat, Engine, Heart, Store},
};

/// Between two beats.
const BEAT: Duration = Duration::from_millis(500);
/// How long after a beat a process may trust in what it holds. What is between this and [`SILENT`] is for clocks that
/// go faster than others.
const TRUSTED: Duration = Duration::from_millis(2500);
/// A beat that stood still for so long is a dead process's. With a beat at both ends, its work is free after 4 s.
const SILENT: Duration = Duration::from_secs(3);
/// A watcher that did not look for so long has seen no silence: it may have slept itself.
const LOOKED: Duration = Duration::from_millis(1500);
/// Where nobody takes another for dead: `greenroom export` and `import` want to know whether somebody serves.
const ALONE: Duration = Duration::from_secs(3);
const OWNER_BITS: usize = 128;

/// How this process stands among those on the same database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// This one; another once it was taken for dead.
    owner: Arc<str>,
    /// How many there are, at least one.
    pub processes: usize,
    /// This one's place among them, from 0. Of all together each has another, but while one comes or goes.
    pub place: usize,
    /// Counts whenever something may have become free.
    freed: u64,
}

impl Standing {
    /// Another whenever a process has gone, or this one was taken for dead.
    pub fn freed(&self) -> u64 {
        self.freed
    }
}

/// What this process holds, or might. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Leases(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    random: Random,
    /// Whether a process lives is no matter of the app's time.
    real: Clock,
    standing: watch::Sender<Standing>,
    /// Until when the last beat is trusted in, by the monotonic clock.
    trusted_until: Mutex<Duration>,
    turns: AtomicI64,
    /// Turns that are over and still written down.
    over: Mutex<Vec<Turn>>,
    something_over: Notify,
}

#[derive(Debug, Clone)]
struct Turn {
    name: Arc<str>,
    owner: Arc<str>,
    number: i64,
}

/// Something that this process alone may do, while it is ours. Dropped, it is given back soon.
#[derive(Debug)]
pub struct Lease {
    leases: Leases,
    turn: Turn,
    is_written: bool,
}

impl Leases {
    /// Must be called once per process; then [`Leases::run`] goes on until [`Leases::leave`].
    pub async fn join(store: Store, random: Random, real: Clock) -> sqlx::Result<Self> {
        let owner: Arc<str> = random.id(OWNER_BITS).into();
        let (is_alone, asked_at) = (store.engine() == Engine::Sqlite, real.monotonic());
        let beats = store.join(&owner, is_alone, real.unix_ms()).await?;
        let standing = Standing { place: place(&beats, &owner), owner, processes: beats.len(), freed: 0 };
        let trusted_until = Mutex::new(if is_alone { Duration::MAX } else { asked_at + TRUSTED });
        let inner = Inner {
            store,
            random,
            real,
            standing: watch::Sender::new(standing),
            trusted_until,
            turns: AtomicI64::new(0),
            over: Mutex::default(),
            something_over: Notify::new(),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Who this process is, in the tables.
    pub fn owner(&self) -> Arc<str> {
        self.0.standing.borrow().owner.clone()
    }

    /// Changes with the number of processes, and when something may have become free.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.0.standing.subscribe()
    }

    /// None while another process has it, or we can't be sure of anything.
    pub async fn take(&self, name: &str) -> sqlx::Result<Option<Lease>> {
        let turn =
            Turn { name: name.into(), owner: self.owner(), number: self.0.turns.fetch_add(1, Ordering::Relaxed) };
        if !self.trusts() {
            return Ok(None);
        }
        // Whatever becomes of the question, it may have been written.
        let mut lease = Lease { leases: self.clone(), turn, is_written: true };
        lease.is_written = self.0.store.hold(name, &lease.turn.owner, lease.turn.number).await?;
        Ok(Some(lease).filter(|lease| lease.is_written && lease.is_ours()))
    }

    /// Whether any process has it.
    pub async fn is_held(&self, name: &str) -> sqlx::Result<bool> {
        self.0.store.is_held(name).await
    }

    /// Which of all that begins like this any process has.
    pub async fn held_like(&self, beginning: &str) -> sqlx::Result<HashSet<String>> {
        self.0.store.held_like(beginning).await
    }

    /// Beats, looks at the others' beats, and gives back what is over. Never ends.
    pub async fn run(self) {
        tokio::join!(self.beat_on(), self.give_back());
    }

    async fn beat_on(&self) {
        let inner = &self.0;
        let every = if inner.store.engine() == Engine::Sqlite { ALONE } else { BEAT };
        let mut heart = Heart::new(inner.store.clone());
        let mut watched = Watched::default();
        loop {
            let next_at = inner.real.monotonic() + every;
            match inner.real.timeout(TRUSTED, self.beat(&mut heart, &mut watched)).await {
                Some(Ok(())) => {}
                Some(Err(error)) => tracing::warn!(%error, "this process can't be told from a dead one; trying again"),
                None => tracing::warn!("this process can't be told from a dead one: the database is too slow"),
            }
            inner.real.sleep_until(next_at).await;
        }
    }

    async fn beat(&self, heart: &mut Heart, watched: &mut Watched) -> sqlx::Result<()> {
        let inner = &self.0;
        let (owner, asked_at) = (self.owner(), inner.real.monotonic());
        let Some(mut beats) = heart.beat(&owner).await? else { return self.come_again().await };
        self.trust(asked_at);
        let silent = watched.look(&beats, &owner, inner.real.monotonic());
        let mut has_gone = watched.has_gone;
        if inner.store.engine() == Engine::Postgres {
            for dead in silent {
                tracing::warn!(process = %dead.0, "another process has died; what it did is taken over");
                if inner.store.bury(&dead).await? {
                    beats.retain(|beat| *beat != dead);
                    has_gone = true;
                }
            }
        }
        let (processes, place) = (beats.len(), place(&beats, &owner));
        inner.standing.send_if_modified(|standing| {
            let changed = has_gone || (standing.processes, standing.place) != (processes, place);
            (standing.processes, standing.place) = (processes, place);
            standing.freed += u64::from(has_gone);
            changed
        });
        Ok(())
    }

    /// This process was taken for dead: all that it held is others'.
    async fn come_again(&self) -> sqlx::Result<()> {
        tracing::warn!("this process was taken for dead; it begins anew");
        let inner = &self.0;
        let (owner, asked_at): (Arc<str>, _) = (inner.random.id(OWNER_BITS).into(), inner.real.monotonic());
        let beats = inner.store.join(&owner, false, inner.real.unix_ms()).await?;
        inner.standing.send_modify(|standing| {
            let freed = standing.freed + 1;
            *standing = Standing { place: place(&beats, &owner), owner, processes: beats.len(), freed };
        });
        self.trust(asked_at);
        Ok(())
    }

    /// In good order: all that is held is free.
    pub async fn leave(&self) {
        if let Err(error) = self.0.store.leave(&self.owner()).await {
            tracing::debug!(%error, "the others will notice that this process has gone");
        }
    }

    fn trust(&self, asked_at: Duration) {
        if self.0.store.engine() == Engine::Postgres {
            *self.0.trusted_until.lock().unwrap_or_else(PoisonError::into_inner) = asked_at + TRUSTED;
        }
    }

    fn trusted_until(&self) -> Duration {
        *self.0.trusted_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trusts(&self) -> bool {
        self.0.real.monotonic() < self.trusted_until()
    }

    async fn give_back(&self) {
        loop {
            self.0.something_over.notified().await;
            loop {
                let turn = self.over().pop();
                let Some(turn) = turn else { break };
                if let Err(error) = self.0.store.let_go(&turn.name, &turn.owner, turn.number).await {
                    tracing::debug!(lease = %turn.name, %error, "a lease can't be given back yet");
                    self.over().push(turn);
                    self.0.real.sleep(BEAT).await;
                }
            }
        }
    }

    fn over(&self) -> MutexGuard<'_, Vec<Turn>> {
        self.0.over.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where `owner` stands among all.
fn place(beats: &[Beat], owner: &str) -> usize {
    beats.iter().filter(|(other, _)| other.as_str() < owner).count()
}

impl Lease {
    /// Whether nobody else can have it. Once it is not it never is again, but for a database that was away.
    pub fn is_ours(&self) -> bool {
        self.leases.trusts() && self.leases.0.standing.borrow().owner == self.turn.owner
    }

    /// Until it is not ours.
    pub async fn lost(&self) {
        let mut standing = self.leases.standing();
        while self.is_ours() {
            tokio::select! {
                _ = standing.changed() => {}
                () = self.leases.0.real.sleep_until(self.leases.trusted_until()) => {}
            }
        }
    }

    /// Until this process was taken for dead, so that another may have it, as only the database tells: while it is away
    /// for all alike, nobody takes anything. Meant for what is better done twice than not at all.
    pub async fn taken(&self) {
        let mut standing = self.leases.standing();
        // The sender lives in `self`.
        let _ = standing.wait_for(|standing| standing.owner != self.turn.owner).await;
    }

    /// At once, so that whoever asks next can have it.
    pub async fn give_back(mut self) {
        let Turn { name, owner, number } = &self.turn;
        // What could not be written is written later.
        self.is_written = self.leases.0.store.let_go(name, owner, *number).await.is_err();
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.is_written {
            self.leases.over().push(self.turn.clone());
            self.leases.0.something_over.notify_one();
        }
    }
}

/// What is known of the others' beats.
#[derive(Debug, Default)]
struct Watched {
    /// By process: its beat, and since when it stands still.
    others: HashMap<String, (i64, Duration)>,
    looked_at: Duration,
    /// One that was there the last time is not there now.
    has_gone: bool,
}

impl Watched {
    /// Those that have been silent for too long.
    fn look(&mut self, beats: &[Beat], ours: &str, now: Duration) -> Vec<Beat> {
        let has_slept = now > self.looked_at + LOOKED;
        self.looked_at = now;
        let before = std::mem::take(&mut self.others);
        for (owner, beat) in beats.iter().filter(|(owner, _)| owner != ours) {
            let since = match before.get(owner) {
                Some((known, since)) if known == beat && !has_slept => *since,
                _ => now,
            };
            self.others.insert(owner.clone(), (*beat, since));
        }
        self.has_gone = before.keys().any(|owner| !self.others.contains_key(owner));
        let silent = self.others.iter().filter(|(_, (_, since))| now >= *since + SILENT);
        silent.map(|(owner, (beat, _))| (owner.clone(), *beat)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beats(other: i64) -> Vec<Beat> {
        vec![("we".to_owned(), 0), ("they".to_owned(), other)]
    }

    fn at(ms: u64) -> Duration {
        Duration::from_secs(100) + Duration::from_millis(ms)
    }

    #[test]
    fn whoever_is_silent_for_three_seconds_is_dead_and_nobody_before() {
        let mut watched = Watched::default();
        for (ms, beat) in [(0, 1), (500, 2), (1000, 3), (1500, 3), (2000, 3), (2500, 3), (3000, 3), (3500, 3)] {
            assert_eq!(watched.look(&beats(beat), "we", at(ms)), [], "at {ms}");
        }
        assert_eq!(watched.look(&beats(3), "we", at(4000)), [("they".to_owned(), 3)]);
        assert!(!watched.has_gone);
        watched.look(&beats(3)[..1], "we", at(4500));
        assert!(watched.has_gone);
    }

    #[test]
    fn who_did_not_look_has_heard_no_silence() {
        let mut watched = Watched::default();
        watched.look(&beats(1), "we", at(0));
        // We slept, or the database was away, for all alike.
        assert_eq!(watched.look(&beats(1), "we", at(9000)), []);
        assert_eq!(watched.look(&beats(1), "we", at(10_000)), []);
        watched.look(&beats(2), "we", at(11_000));
        for ms in (12_000..14_000).step_by(1000) {
            assert_eq!(watched.look(&beats(2), "we", at(ms)), []);
        }
        assert_eq!(watched.look(&beats(2), "we", at(14_000)).len(), 1);
    }
}
