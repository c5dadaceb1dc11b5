//! One time for Greenroom and both stand-ins: the machine's, plus what a test has added.

use std::time::{Duration, Instant};

use greenroom::clock::{Clock, Sleep, Time};
use tokio::sync::watch;

#[derive(Clone)]
pub struct MovableClock {
    started: Instant,
    added: watch::Sender<Duration>,
    outside: sandbox::clock::Clock,
}

impl MovableClock {
    /// Moves `outside`, the stand-ins' clock, too.
    pub fn beside(outside: sandbox::clock::Clock) -> Self {
        Self { started: Instant::now(), added: watch::Sender::new(Duration::ZERO), outside }
    }

    pub fn advance(&self, by: Duration) {
        self.outside.advance(by);
        self.added.send_modify(|added| *added += by);
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
            }
        })
    }
}
