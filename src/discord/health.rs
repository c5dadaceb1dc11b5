//! Which of Discord's shards this process has, and how long ago each last showed a sign of life: for readiness,
//! `greenroom status` and the watchdog.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;

use crate::{clock::Clock, telemetry};

/// Between heartbeats, until Discord says.
const INTERVAL: Duration = Duration::from_millis(41_250);
/// A shard is dead after three heartbeats and this: connecting anew takes seconds.
const RECONNECTING: Duration = Duration::from_secs(6);

/// Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Health {
    state: Arc<Mutex<State>>,
    real: Clock,
}

#[derive(Debug, Default)]
struct State {
    /// The shards that this process may have, and how many there are in all; none until Discord has said.
    wanted: Option<(RangeInclusive<u32>, u32)>,
    held: BTreeMap<u32, Pulse>,
    interval: Option<Duration>,
}

#[derive(Debug)]
struct Pulse {
    /// When its last heartbeat was answered or a session began; before that, when it was taken.
    since: Duration,
    has_beaten: bool,
    /// Then its silence is ours.
    waits: Option<Wait>,
}

/// What a shard waits for before it may connect. Times are unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Wait {
    #[error("the database does not tell whose the shard is")]
    Lease,
    #[error("too many gateway sessions of late")]
    Patience { until: i64 },
    #[error("Discord allows no more gateway sessions today")]
    NextDay { until: i64 },
}

impl Wait {
    pub fn until(self) -> Option<i64> {
        match self {
            Self::Lease => None,
            Self::Patience { until } | Self::NextDay { until } => Some(until),
        }
    }
}

/// How many of its shards a process has, and how many others have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Shards {
    pub held: usize,
    pub standing_by: usize,
}

impl Default for Health {
    fn default() -> Self {
        Self::new(Clock::system())
    }
}

impl Health {
    fn new(real: Clock) -> Self {
        Self { state: Arc::default(), real }
    }

    /// The quietest shard's silence, of those that are here; `None` before all have a session.
    pub fn quiet_for(&self) -> Option<Duration> {
        let (state, now) = (self.state(), self.real.monotonic());
        let beat = state.held.values().all(|pulse| pulse.has_beaten && pulse.waits.is_none());
        (state.wanted.is_some() && beat).then(|| state.quietest(now))
    }

    /// What shards wait for that are here; the longest, where they wait for different things.
    pub fn waits_for(&self) -> Option<Wait> {
        self.state().held.values().filter_map(|pulse| pulse.waits).max()
    }

    /// `None` until Discord has said how many there are.
    pub fn shards(&self) -> Option<Shards> {
        let state = self.state();
        let (held, (wanted, _)) = (state.held.len(), state.wanted.clone()?);
        Some(Shards { held, standing_by: wanted.count().saturating_sub(held) })
    }

    /// Of each shard that this process may have, as `3/8`: whether it was heard here within `limit`.
    pub fn heard(&self, limit: Duration) -> Vec<(String, bool)> {
        let (state, now) = (self.state(), self.real.monotonic());
        let Some((wanted, total)) = state.wanted.clone() else { return Vec::new() };
        let hears =
            |pulse: &Pulse| pulse.has_beaten && pulse.waits.is_none() && now.saturating_sub(pulse.since) < limit;
        wanted.map(|shard| (format!("{shard}/{total}"), state.held.get(&shard).is_some_and(hears))).collect()
    }

    pub(super) fn wants(&self, shards: RangeInclusive<u32>, total: u32) {
        self.state().wanted = Some((shards, total));
        self.tell();
    }

    pub(super) fn takes(&self, shard: u32) {
        let pulse = Pulse { since: self.real.monotonic(), has_beaten: false, waits: None };
        self.state().held.insert(shard, pulse);
        self.tell();
    }

    pub(super) fn loses(&self, shard: u32) {
        self.state().held.remove(&shard);
        self.tell();
    }

    /// Discord greets, and says how far heartbeats are apart.
    pub(super) fn hears(&self, interval: Duration) {
        self.state().interval = Some(interval);
    }

    pub(super) fn beats(&self, shard: u32) {
        let since = self.real.monotonic();
        if let Some(pulse) = self.state().held.get_mut(&shard) {
            *pulse = Pulse { since, has_beaten: true, waits: None };
        }
    }

    pub(super) fn waits(&self, shard: u32, wait: Wait) {
        if let Some(pulse) = self.state().held.get_mut(&shard) {
            (pulse.waits, pulse.has_beaten) = (Some(wait), false);
        }
    }

    /// It connects: from now on its silence is Discord's.
    pub(super) fn goes_on(&self, shard: u32) {
        if let Some(pulse) = self.state().held.get_mut(&shard).filter(|pulse| pulse.waits.is_some()) {
            (pulse.waits, pulse.since) = (None, self.real.monotonic());
        }
    }

    /// How long a shard has been silent that must be dead.
    pub(super) fn too_quiet(&self) -> Option<Duration> {
        let (state, now) = (self.state(), self.real.monotonic());
        let quiet = state.quietest(now);
        (quiet > state.interval.unwrap_or(INTERVAL) * 3 + RECONNECTING).then_some(quiet)
    }

    pub(super) fn starts_anew(&self) {
        let now = self.real.monotonic();
        self.state().held.values_mut().for_each(|pulse| pulse.since = now);
    }

    fn tell(&self) {
        if let Some(Shards { held, standing_by }) = self.shards() {
            telemetry::gateway_shards(held, standing_by);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn quietest(&self, now: Duration) -> Duration {
        let speaking = self.held.values().filter(|pulse| pulse.waits.is_none());
        speaking.map(|pulse| now.saturating_sub(pulse.since)).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::movable::Movable;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_shard_that_never_connects_is_dead_after_three_heartbeats_and_one_that_may_not_is_waited_for() {
        let (time, clock) = Movable::new();
        let health = Health::new(clock);
        assert_eq!((health.quiet_for(), health.shards()), (None, None));
        health.wants(0..=2, 8);
        assert_eq!((health.quiet_for(), health.shards()), (Some(s(0)), Some(Shards { held: 0, standing_by: 3 })));
        health.takes(0);
        health.takes(2);
        health.waits(2, Wait::Patience { until: 7 });
        assert_eq!(health.waits_for().and_then(Wait::until), Some(7));
        assert_eq!((health.quiet_for(), health.shards()), (None, Some(Shards { held: 2, standing_by: 1 })));
        time.advance(s(100));
        health.beats(0);
        time.advance(s(120));
        assert_eq!(health.too_quiet(), None);
        health.goes_on(2);
        health.hears(s(41));
        time.advance(s(10));
        let heard = |heard: [bool; 3]| (0..).zip(heard).map(|(n, heard)| (format!("{n}/8"), heard)).collect::<Vec<_>>();
        assert_eq!(health.heard(s(131)), heard([true, false, false]));
        assert_eq!(health.heard(s(130)), heard([false, false, false]));
        // Real time goes on beside, by microseconds.
        assert_eq!(health.too_quiet().map(|quiet| quiet.as_secs()), Some(130));
        health.beats(0);
        health.beats(2);
        assert_eq!((health.quiet_for().map(|quiet| quiet.as_secs()), health.too_quiet()), (Some(0), None));
    }
}
