//! Time comes from outside: one `Clock` is built in `main` (or by a test) and handed to every part.
//!
//! Wall time says when something happened, monotonic time says how long ago, and sleeping goes
//! through the same clock, so that a test that moves the clock also wakes whoever waits for it.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

#[cfg(test)]
pub mod movable;

/// A future that ends when the clock says so.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a clock must be able to do. Implemented by [`SystemTime`] here and by hand-driven clocks in tests.
pub trait Time: Send + Sync {
    /// Wall time, milliseconds since 1970-01-01 UTC.
    fn unix_ms(&self) -> i64;
    /// Time since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;
    /// Ends when [`Time::monotonic`] has reached `deadline`.
    fn sleep_until(&self, deadline: Duration) -> Sleep;
}

/// The clock every part is handed. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Time>);

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl Clock {
    pub fn new(time: impl Time + 'static) -> Self {
        Self(Arc::new(time))
    }

    /// The machine's own time.
    pub fn system() -> Self {
        Self::new(System { started: Instant::now() })
    }

    /// Wall time, milliseconds since 1970-01-01 UTC.
    pub fn unix_ms(&self) -> i64 {
        self.0.unix_ms()
    }

    /// Wall time, whole seconds since 1970-01-01 UTC.
    pub fn unix_seconds(&self) -> i64 {
        self.unix_ms().div_euclid(1000)
    }

    /// Time since some fixed moment; never goes back.
    pub fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }

    pub async fn sleep(&self, duration: Duration) {
        self.0.sleep_until(self.monotonic() + duration).await;
    }

    pub async fn sleep_until(&self, deadline: Duration) {
        self.0.sleep_until(deadline).await;
    }

    /// `future`, or `None` when it takes longer than `limit`.
    pub async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            output = future => Some(output),
            () = self.sleep(limit) => None,
        }
    }
}

/// A duration as the milliseconds that stored times count in.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

struct System {
    started: Instant,
}

impl Time for System {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn unix_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep_until(&self, deadline: Duration) -> Sleep {
        match self.started.checked_add(deadline) {
            Some(at) => Box::pin(tokio::time::sleep_until(at.into())),
            // No clock gets that far.
            None => Box::pin(std::future::pending()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_deadline_beyond_all_time_never_comes() {
        let clock = Clock::system();
        let waited = clock.timeout(Duration::from_millis(1), clock.sleep_until(Duration::MAX)).await;
        assert_eq!(waited, None);
    }
}
