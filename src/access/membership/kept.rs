//! Answers kept for a minute, each asked for once however many wait. "There is no such thing" is an answer too, but
//! is believed for a few seconds only: somebody who just joined a guild shall not be turned away for a minute.

use std::{
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use quick_cache::sync::Cache;

use super::Unreachable;
use crate::{clock::Clock, discord, flight::Flights};

const ABSENT_FOR: Duration = Duration::from_secs(5);

/// A value and when (monotonic) it was learnt.
#[derive(Debug, Clone)]
pub(super) struct Kept<T> {
    pub value: T,
    pub at: Duration,
}

impl<T> Kept<T> {
    pub fn is_younger(&self, age: Duration, clock: &Clock) -> bool {
        clock.monotonic().saturating_sub(self.at) < age
    }
}

/// `None`: there is no such thing, or the bot may not see it.
type Answer<T> = Result<Option<Arc<T>>, Unreachable>;

/// One sort of thing that Discord is asked for.
pub(super) struct Lookup<K, T> {
    kept: Arc<Cache<K, Kept<Option<Arc<T>>>>>,
    /// With how much had been forgotten before.
    flights: Flights<(K, u64), Answer<T>>,
    /// One more with everything forgotten: an answer asked for before is not kept, and nobody joins those who wait for it.
    forgotten: Arc<AtomicU64>,
    clock: Clock,
}

impl<K, T> Lookup<K, T>
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    pub fn new(capacity: usize, clock: Clock) -> Self {
        Self { kept: Arc::new(Cache::new(capacity)), flights: Flights::default(), forgotten: Arc::default(), clock }
    }

    /// Whether there is an answer younger than `age`.
    pub fn has(&self, key: &K, age: Duration) -> bool {
        self.kept.get(key).is_some_and(|kept| self.is_good(&kept, age))
    }

    fn is_good(&self, kept: &Kept<Option<Arc<T>>>, age: Duration) -> bool {
        let good_for = if kept.value.is_some() { age } else { age.min(ABSENT_FOR) };
        kept.is_younger(good_for, &self.clock)
    }

    /// From an answer younger than `age`.
    pub async fn get(
        &self,
        key: K,
        age: Duration,
        ask: impl Future<Output = Result<T, discord::Error>> + Send + 'static,
    ) -> Answer<T> {
        if let Some(kept) = self.kept.get(&key).filter(|kept| self.is_good(kept, age)) {
            return Ok(kept.value);
        }
        let (kept, clock, forgotten) = (self.kept.clone(), self.clock.clone(), self.forgotten.clone());
        let before = forgotten.load(Ordering::SeqCst);
        let flight = async move {
            // The answer is as old as the question.
            let at = clock.monotonic();
            let value = match ask.await {
                Ok(value) => Some(Arc::new(value)),
                Err(error) if error.is_not_found() || error.is_forbidden() => None,
                Err(error) => {
                    tracing::warn!(%error, "Discord can't be asked who may come in");
                    return Err(Unreachable(error.to_string()));
                }
            };
            if forgotten.load(Ordering::SeqCst) == before {
                kept.insert(key, Kept { value: value.clone(), at });
            }
            Ok(value)
        };
        // Whoever asks because something changed goes by no question from before.
        self.flights.join((key, before), flight).await
    }

    pub fn forget(&self, key: &K) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.kept.remove(key);
    }

    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    /// What is not younger than `age`. Whoever asks just now loses nothing by it.
    pub fn forget_old(&self, age: Duration) {
        self.kept.retain(|_, kept| kept.is_younger(age, &self.clock));
    }

    pub fn forget_where(&self, forgotten: impl Fn(&K) -> bool) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.kept.retain(|key, _| !forgotten(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::movable::Movable;

    #[tokio::test]
    async fn an_answer_too_old_to_count_takes_up_no_memory() {
        let (time, clock) = Movable::new();
        let lookup = Lookup::<u64, &str>::new(8, clock);
        let minute = Duration::from_secs(60);
        lookup.get(1, minute, async { Ok("old") }).await.unwrap();
        time.advance(minute / 2);
        lookup.get(2, minute, async { Ok("young") }).await.unwrap();
        time.advance(minute / 2);
        lookup.forget_old(minute);
        assert_eq!((lookup.kept(), lookup.has(&2, minute)), (1, true));
    }

    #[tokio::test]
    async fn who_asks_after_a_change_goes_by_no_question_from_before() {
        let lookup = Lookup::<u64, &str>::new(8, Movable::new().1);
        let minute = Duration::from_secs(60);
        let (tell, told) = tokio::sync::oneshot::channel();
        let mut earlier = Box::pin(lookup.get(1, minute, async { Ok(told.await.unwrap()) }));
        assert!(futures::poll!(&mut earlier).is_pending());
        lookup.forget(&1);
        assert_eq!(lookup.get(1, minute, async { Ok("banned") }).await, Ok(Some(Arc::new("banned"))));
        tell.send("member").unwrap();
        assert_eq!(earlier.await, Ok(Some(Arc::new("member"))));
        assert_eq!(lookup.get(1, minute, async { Ok("asked again") }).await, Ok(Some(Arc::new("banned"))));
    }
}
