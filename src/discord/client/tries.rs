//! How often one call is repeated, and when.

use std::time::Duration;

use backon::BackoffBuilder as _;

/// One request and two repetitions.
const ATTEMPTS: usize = 3;

/// The repetitions one call has left.
pub(super) struct Tries<I> {
    pauses: I,
    patience: Duration,
    repeatable: bool,
}

impl Tries<backon::ExponentialBackoff> {
    pub fn new(repeatable: bool, patience: Duration) -> Self {
        // Jitter, so that many instances do not come back at the same moment.
        let pauses = backon::ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(200))
            .with_max_delay(Duration::from_secs(2))
            .with_max_times(ATTEMPTS - 1)
            .with_jitter()
            .build();
        Self { pauses, patience, repeatable }
    }

    /// A request refused for its rate did nothing, so even a POST may be repeated. A code is a limit of
    /// its own, such as 30046, which waiting here does not cure.
    pub fn after_limit(&mut self, retry_after: Duration, code: u32) -> Option<Duration> {
        if code != 0 || retry_after > self.patience {
            return None;
        }
        self.pauses.next()?;
        self.patience -= retry_after;
        Some(retry_after)
    }

    /// What came of a failed request is unknown, so only what may happen twice is asked twice.
    pub fn after_failure(&mut self) -> Option<Duration> {
        if self.repeatable { self.pauses.next() } else { None }
    }
}
