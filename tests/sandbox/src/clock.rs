//! Wall time that tests may move: the machine's time plus an offset.
//!
//! Comes in: [`Clock::advance`]. Goes out: the time at which tokens expire, sessions end and members
//! are removed. Rate-limit windows and latencies use the machine's own monotonic time instead,
//! because the client under test waits for them for real.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

/// The stand-ins' wall clock. Cheap to clone; all clones move together.
#[derive(Clone)]
pub struct Clock(watch::Sender<Duration>);

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// The machine's time, until somebody moves it.
    pub fn new() -> Self {
        Self(watch::Sender::new(Duration::ZERO))
    }

    /// Moves wall time forward and wakes whoever sleeps until a moment that has now passed.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|offset| *offset += by);
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        let offset = *self.0.borrow();
        Timestamp::now().saturating_add(offset).unwrap_or(Timestamp::MAX)
    }

    /// Now, in milliseconds since 1970-01-01 UTC.
    pub fn unix_ms(&self) -> i64 {
        self.now().as_millisecond()
    }

    /// Now, in whole seconds since 1970-01-01 UTC.
    pub fn unix_seconds(&self) -> i64 {
        self.now().as_second()
    }

    /// Now, as SignalWire's realtime events give it: seconds with a fraction.
    pub fn unix_float(&self) -> f64 {
        // Milliseconds since 1970 stay far below 2^53, so nothing is lost.
        self.unix_ms() as f64 / 1000.0
    }

    /// Ends when wall time has reached `unix_ms`, also when somebody moves the clock there.
    pub async fn sleep_until(&self, unix_ms: i64) {
        let mut moved = self.0.subscribe();
        loop {
            let left = unix_ms.saturating_sub(self.unix_ms());
            let Ok(left @ 1..) = u64::try_from(left) else { return };
            tokio::select! {
                () = pause(Duration::from_millis(left)) => {}
                // The sender lives in `self`, so this only ever reports a move.
                _ = moved.changed() => {}
            }
        }
    }

    /// Ends after `duration` of wall time.
    pub async fn sleep(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.sleep_until(self.unix_ms().saturating_add(millis)).await;
    }
}

/// Real time passing: latencies, pings, whatever the client under test also waits for in real time.
#[expect(clippy::disallowed_methods, reason = "the one place of the stand-ins that sleeps for real")]
pub async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn moving_the_clock_wakes_whoever_waits() {
        let clock = Clock::new();
        let before = clock.unix_ms();
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(3600)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(3600));
        waiting.await.unwrap();
        assert!(clock.unix_ms() - before >= 3_600_000);
    }

    #[tokio::test]
    async fn a_moment_that_has_passed_does_not_wait() {
        let clock = Clock::new();
        clock.sleep_until(clock.unix_ms() - 1).await;
    }
}
