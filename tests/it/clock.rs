//! One time for Greenroom and both stand-ins: the machine's, plus what a test has added.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use greenroom::clock::{Clock, Sleep, Time};

/// The unit tests' time.
#[path = "../../src/clock/movable.rs"]
mod movable;

use self::movable::Movable;

#[derive(Clone)]
pub struct MovableClock {
    ours: Movable,
    outside: sandbox::clock::Clock,
    /// Breaks down under the one who is woken as the last of so many; 0: under nobody.
    breaks_under: Arc<AtomicU32>,
}

impl MovableClock {
    /// Moves `outside`, the stand-ins' clock, too.
    pub fn beside(outside: sandbox::clock::Clock) -> Self {
        let (ours, _) = Movable::new();
        Self { ours, outside, breaks_under: Arc::default() }
    }

    pub fn advance(&self, by: Duration) {
        self.outside.advance(by);
        self.ours.advance(by);
    }

    /// Of all that wait for the time, the one who is the `nth` to be woken dies.
    pub fn breaks_under(&self, nth: u32) {
        self.breaks_under.store(nth, Ordering::Relaxed);
    }

    fn may_break(&self) {
        let left = self.breaks_under.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        assert_ne!(left, Ok(1), "the clock breaks down, as the test wants it to");
    }

    pub fn clock(&self) -> Clock {
        Clock::new(self.clone())
    }
}

impl Time for MovableClock {
    fn unix_ms(&self) -> i64 {
        self.outside.unix_ms()
    }

    fn monotonic(&self) -> Duration {
        self.ours.monotonic()
    }

    fn sleep_until(&self, deadline: Duration) -> Sleep {
        let clock = self.clone();
        self.ours.until(deadline, move || clock.may_break())
    }
}
