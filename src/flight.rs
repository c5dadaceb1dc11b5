//! Many askers, one call: whoever asks while the same question is under way waits for its answer.
//!
//! In: a key and how to find the answer. Out: the answer, the same for all who waited. Nothing is kept afterwards.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared, WeakShared},
};

/// Calls under way. Cheap to clone.
pub(crate) struct Flights<K, V: Clone>(Arc<Mutex<Board<K, V>>>);

struct Board<K, V: Clone> {
    under_way: HashMap<K, (u64, WeakShared<BoxFuture<'static, V>>)>,
    started: u64,
}

impl<K, V: Clone> Clone for Flights<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V: Clone> Default for Flights<K, V> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Board { under_way: HashMap::new(), started: 0 })))
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The answer of the call under way for `key`, or of `work`. Whoever waits drives it; when all have gone, it ends.
    pub async fn join(&self, key: K, work: impl Future<Output = V> + Send + 'static) -> V {
        self.board(key, work).await
    }

    fn board(&self, key: K, work: impl Future<Output = V> + Send + 'static) -> Shared<BoxFuture<'static, V>> {
        let mut board = lock(&self.0);
        if let Some(flight) = board.under_way.get(&key).and_then(|(_, flight)| flight.upgrade()) {
            return flight;
        }
        board.started += 1;
        let landing = Landing { board: self.0.clone(), key: key.clone(), number: board.started };
        let flight = async move {
            let _landing = landing;
            work.await
        }
        .boxed()
        .shared();
        if let Some(weak) = flight.downgrade() {
            let number = board.started;
            board.under_way.insert(key, (number, weak));
        }
        flight
    }
}

/// Takes the call off the board, done or given up.
struct Landing<K: Eq + Hash, V: Clone> {
    board: Arc<Mutex<Board<K, V>>>,
    key: K,
    number: u64,
}

impl<K: Eq + Hash, V: Clone> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut board = lock(&self.board);
        // A later call may have taken the place already.
        if board.under_way.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            board.under_way.remove(&self.key);
        }
    }
}

fn lock<K, V: Clone>(board: &Mutex<Board<K, V>>) -> MutexGuard<'_, Board<K, V>> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use futures::{FutureExt as _, future::join_all};
    use tokio::sync::Semaphore;

    use super::{Flights, lock};

    #[tokio::test]
    async fn those_who_ask_at_once_get_one_answer_and_later_ones_a_new_one() {
        let flights = Flights::<&str, u32>::default();
        let (calls, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
        let ask = || {
            let (calls, gate) = (calls.clone(), gate.clone());
            flights.join("room", async move {
                gate.acquire().await.unwrap().forget();
                calls.fetch_add(1, Ordering::SeqCst) + 1
            })
        };
        let mut first = Box::pin(join_all((0..128).map(|_| ask())));
        assert!((&mut first).now_or_never().is_none());
        gate.add_permits(1);
        assert_eq!(first.await, vec![1; 128]);
        gate.add_permits(1);
        assert_eq!(ask().await, 2);
        assert!(lock(&flights.0).under_way.is_empty());
    }

    #[tokio::test]
    async fn a_call_survives_the_one_who_began_it_and_leaves_nothing_when_all_go() {
        let flights = Flights::<u8, u32>::default();
        let gate = Arc::new(Semaphore::new(0));
        let ask = || {
            let gate = gate.clone();
            flights.join(7, async move { u32::from(gate.acquire().await.is_ok()) })
        };
        let (mut first, mut second) = (Box::pin(ask()), Box::pin(ask()));
        assert!((&mut first).now_or_never().is_none());
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        gate.add_permits(1);
        assert_eq!(second.await, 1);

        let mut third = Box::pin(ask());
        assert_eq!((&mut third).now_or_never(), Some(1));
        let hanging = Semaphore::new(0);
        let hanging: &'static Semaphore = Box::leak(Box::new(hanging));
        let mut fourth = Box::pin(flights.join(8, async move { u32::from(hanging.acquire().await.is_ok()) }));
        assert!((&mut fourth).now_or_never().is_none());
        drop(fourth);
        assert!(lock(&flights.0).under_way.is_empty());
    }
}
