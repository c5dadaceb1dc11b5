//! How long ago the gateway last showed a sign of life, for readiness and `greenroom status`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::clock::Clock;

/// Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Health {
    /// Monotonic milliseconds of the last heartbeat every shard had; 0 before the first.
    last_beat_ms: Arc<AtomicU64>,
    real: Clock,
}

impl Default for Health {
    fn default() -> Self {
        Self { last_beat_ms: Arc::default(), real: Clock::system() }
    }
}

impl Health {
    /// The quietest shard's silence; `None` before all had a heartbeat answered.
    pub fn quiet_for(&self) -> Option<Duration> {
        let beat = self.last_beat_ms.load(Ordering::Relaxed);
        (beat > 0).then(|| self.real.monotonic().saturating_sub(Duration::from_millis(beat)))
    }

    pub(super) fn beat(&self, quiet: Duration) {
        let at = self.real.monotonic().saturating_sub(quiet).as_millis().max(1);
        self.last_beat_ms.store(u64::try_from(at).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}
