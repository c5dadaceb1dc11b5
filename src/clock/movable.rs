//! A clock for tests: the machine's time plus what the test has added. The tests in `tests/it` are built with it too.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{Clock, Sleep, Time};

/// Where a [`Movable`] clock stands when nobody has moved it: 2026-09-01T09:00:00Z.
pub const START: i64 = 1_788_253_200_000;

/// Moves wall and monotonic time together, and wakes whoever waits for a moment that has passed.
#[derive(Clone)]
pub struct Movable {
    started: Instant,
    added: watch::Sender<Duration>,
}

impl Movable {
    pub fn new() -> (Self, Clock) {
        let movable = Self { started: Instant::now(), added: watch::Sender::new(Duration::ZERO) };
        let clock = Clock::new(movable.clone());
        (movable, clock)
    }

    pub fn advance(&self, by: Duration) {
        self.added.send_modify(|added| *added += by);
    }
}

impl Movable {
    /// Ends when the time has come, also because the test moved it there. `woken` hears of each time that somebody looks.
    #[expect(clippy::disallowed_methods, reason = "the one place where the tests' time passes by itself")]
    pub fn until(&self, deadline: Duration, woken: impl Fn() + Send + 'static) -> Sleep {
        let clock = self.clone();
        Box::pin(async move {
            let mut moved = clock.added.subscribe();
            while let Some(left) = deadline.checked_sub(clock.monotonic()).filter(|left| !left.is_zero()) {
                tokio::select! {
                    () = tokio::time::sleep(left) => {}
                    _ = moved.changed() => {}
                }
                woken();
            }
        })
    }
}

impl Time for Movable {
    fn unix_ms(&self) -> i64 {
        START + i64::try_from(self.monotonic().as_millis()).unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed() + *self.added.borrow()
    }

    fn sleep_until(&self, deadline: Duration) -> Sleep {
        self.until(deadline, || ())
    }
}
