//! When a call is made again, and when it must not be: at most three attempts, a random wait before each, a share
//! of all calls that bounds what retries may add, and routes that a 429 has closed.
//!
//! After the AWS Builders' Library, "Timeouts, retries, and backoff with jitter": retry in one layer, capped
//! exponential backoff with full jitter, retries paid from a bucket that successes of others fill.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use rand::Rng;

use crate::clock::Clock;

/// The waits before the second and the third attempt, each random between nothing and twice the one before.
#[derive(Debug)]
pub(super) struct FullJitter {
    left: u32,
    ceiling: Duration,
}

impl Default for FullJitter {
    fn default() -> Self {
        Self { left: 2, ceiling: Duration::from_millis(100) }
    }
}

impl Iterator for FullJitter {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let wait = self.ceiling.mul_f64(rand::rng().random());
        self.ceiling *= 2;
        Some(wait)
    }
}

/// At most one retry per five calls in the long run, plus ten in hand: a SignalWire in trouble gets 1.2 times our
/// calls, not 3 times.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Budget {
    const RETRY: u32 = 5;
    const FULL: u32 = 10 * Self::RETRY;

    /// A first attempt is made: it pays in a fifth of a retry.
    pub fn deposit(&self) {
        // Relaxed: a number on its own, nothing else is ordered by it.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| (held < Self::FULL).then(|| held + 1));
    }

    /// Pays for one retry, or says that there is nothing left.
    pub fn withdraw(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| held.checked_sub(Self::RETRY)).is_ok()
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(Self::FULL))
    }
}

/// Routes SignalWire has closed by a 429, until when. The names are our own constants, so the map is small.
#[derive(Debug)]
pub(super) struct ClosedRoutes {
    clock: Clock,
    until: Mutex<HashMap<&'static str, Duration>>,
}

impl ClosedRoutes {
    pub fn new(clock: Clock) -> Self {
        Self { clock, until: Mutex::default() }
    }

    /// How much longer this route is closed; `None` when it is open.
    pub fn remaining(&self, route: &'static str) -> Option<Duration> {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let remaining = until.get(route)?.checked_sub(self.clock.monotonic()).filter(|left| !left.is_zero());
        if remaining.is_none() {
            until.remove(route);
        }
        remaining
    }

    /// Closes the route. The extra second at most, random, keeps several instances from coming back as one.
    pub fn close(&self, route: &'static str, retry_after: Duration) {
        let reopens = self.clock.monotonic() + retry_after + Duration::from_secs(1).mul_f64(rand::rng().random());
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let held = until.entry(route).or_default();
        *held = reopens.max(*held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_add_a_fifth_at_most_to_the_calls_of_a_long_outage() {
        let budget = Budget::default();
        let calls = 10_000;
        let mut retries = 0;
        for _ in 0..calls {
            budget.deposit();
            retries += (0..2).filter(|_| budget.withdraw()).count();
        }
        assert!((calls / 5..=calls / 5 + 10).contains(&retries), "{retries} retries");
    }

    #[test]
    fn quiet_times_save_up_ten_retries_and_no_more() {
        let budget = Budget::default();
        (0..1_000).for_each(|_| budget.deposit());
        assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 10);
    }

    #[test]
    fn two_waits_each_below_its_ceiling() {
        let waits: Vec<_> = FullJitter::default().collect();
        assert_eq!(waits.len(), 2);
        assert!(waits[0] <= Duration::from_millis(100) && waits[1] <= Duration::from_millis(200), "{waits:?}");
    }

    #[test]
    fn a_closed_route_opens_by_itself_and_leaves_others_alone() {
        let clock = crate::clock::Clock::system();
        let closed = ClosedRoutes::new(clock);
        closed.close("POST /room_tokens", Duration::from_secs(7));
        let left = closed.remaining("POST /room_tokens").expect("closed");
        assert!((6..=8).contains(&left.as_secs()), "{left:?}");
        assert_eq!(closed.remaining("GET /rooms"), None);
        closed.until.lock().unwrap().insert("POST /room_tokens", Duration::ZERO);
        assert_eq!(closed.remaining("POST /room_tokens"), None);
    }
}
