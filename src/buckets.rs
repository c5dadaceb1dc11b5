//! Token buckets: so much at once for each person, guild or whatever it is, and then so much in so long.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

/// How often a bucket is taken from before those that are full again are forgotten.
const SWEEP_EVERY: u32 = 1_024;

/// How much one key may do.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// At once.
    pub burst: NonZeroU32,
    /// How fast one of it grows back.
    pub every: Duration,
}

impl Allowance {
    /// # Panics
    /// Where it allows nothing: a mistake in our own constants, which the compiler finds.
    pub const fn new(burst: u32, every: Duration) -> Self {
        let Some(burst) = NonZeroU32::new(burst) else { panic!("an allowance of nothing") };
        assert!(!every.is_zero(), "an allowance that never ends");
        Self { burst, every }
    }
}

/// Try again after so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too often; again in {} s", self.seconds())]
pub struct TooOften(Duration);

impl TooOften {
    /// Whole ones, as `Retry-After` has them, and never none.
    pub fn seconds(self) -> u64 {
        self.0.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX).max(1)
    }
}

/// One bucket a key. Switched off, nothing is counted. Cheap to clone; all clones are one.
pub struct Buckets<K: Clone + Eq + Hash>(Option<Arc<Inner<K>>>);

struct Inner<K: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<K>,
    clock: DefaultClock,
    taken: AtomicU32,
}

impl<K: Clone + Eq + Hash> Clone for Buckets<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Clone + Eq + Hash> std::fmt::Debug for Buckets<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Buckets")
    }
}

impl<K: Clone + Eq + Hash> Buckets<K> {
    /// `on` is `RATE_LIMITS`. By the machine's time, for it bounds the machine's work.
    pub fn new(on: bool, allowance: Allowance) -> Self {
        let quota = Quota::with_period(allowance.every).map(|quota| quota.allow_burst(allowance.burst));
        Self(quota.filter(|_| on).map(|quota| {
            let limiter = RateLimiter::keyed(quota);
            Arc::new(Inner { limiter, clock: DefaultClock::default(), taken: AtomicU32::new(0) })
        }))
    }

    /// Takes one for `key`.
    ///
    /// # Errors
    /// The bucket is empty, and says until when.
    pub fn take(&self, key: &K) -> Result<(), TooOften> {
        let Some(inner) = &self.0 else { return Ok(()) };
        if inner.taken.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            inner.sweep();
        }
        inner.limiter.check_key(key).map_err(|until| TooOften(until.wait_time_from(inner.clock.now())))
    }

    /// How many buckets are not full; those that are, are forgotten.
    pub fn sweep(&self) -> usize {
        self.0.as_ref().map_or(0, |inner| inner.sweep())
    }
}

impl<K: Clone + Eq + Hash> Inner<K> {
    /// Whoever has been quiet long enough starts afresh, so they need not be remembered.
    fn sweep(&self) -> usize {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        self.limiter.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_bucket_of_their_own_and_is_told_when_there_is_more() {
        let buckets = Buckets::new(true, Allowance::new(3, Duration::from_secs(100)));
        for _ in 0..3 {
            assert_eq!(buckets.take(&"mira"), Ok(()));
        }
        let refused = buckets.take(&"mira").unwrap_err();
        assert!((99..=100).contains(&refused.seconds()), "{refused}");
        assert_eq!(buckets.take(&"odo"), Ok(()));
        let off = Buckets::new(false, Allowance::new(1, Duration::from_secs(100)));
        assert!((0..100).all(|_| off.take(&"mira").is_ok()));
    }

    #[test]
    fn who_has_been_quiet_is_forgotten() {
        let buckets = Buckets::new(true, Allowance::new(1, Duration::from_nanos(1)));
        for key in 0..100_000_u32 {
            assert_eq!(buckets.take(&key), Ok(()));
        }
        let kept = buckets.0.unwrap().limiter.len();
        assert!(kept <= SWEEP_EVERY as usize, "{kept}");
    }
}
