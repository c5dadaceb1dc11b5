//! One time for Greenroom and both stand-ins: the machine's, plus what a test has added.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use greenroom::clock::{Clock, Sleep, Time};
use tokio::sync::watch;

#[derive(Clone)]
pub struct MovableClock {
    started: Instant,
    added: watch::Sender<Duration>,
    outside: sandbox::clock::Clock,
    /// Breaks down under the one who is woken as the last of so many; 0: under nobody.
    breaks_under: Arc<AtomicU32>,
}

impl MovableClock {
    /// Moves `outside`, the stand-ins' clock, too.
    pub fn beside(outside: sandbox::clock::Clock) -> Self {
        let (started, added) = (Instant::now(), watch::Sender::new(Duration::ZERO));
        Self { started, added, outside, breaks_under: Arc::default() }
    }

    pub fn advance(&self, by: Duration) {
        self.outside.advance(by);
        self.added.send_modify(|added| *added += by);
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
        self.started.elapsed() + *self.added.borrow()
    }

    #[expect(clippy::disallowed_methods, reason = "where the tests' time passes by itself")]
    fn sleep_until(&self, deadline: Duration) -> Sleep {
        let clock = self.clone();
        Box::pin(async move {
            let mut moved = clock.added.subscribe();
            while let Some(left) = deadline.checked_sub(clock.monotonic()).filter(|left| !left.is_zero()) {
                tokio::select! {
                    () = tokio::time::sleep(left) => {}
                    _ = moved.changed() => {}
                }
                clock.may_break();
            }
        })
    }
}
