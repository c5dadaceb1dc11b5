//! Which channels have a sender now, each with its bell; and what is kept of those that have none any more.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use quick_cache::sync::Cache;
use tokio::sync::Notify;

use super::{activity::Lately, window::Window};
use crate::clock::Clock;

/// Channels that something is kept of.
const KEPT: usize = 4096;

/// Between a sender that died and the next one of its channel: the first time, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(10 * 60));

#[derive(Debug)]
pub(super) struct Senders {
    present: Mutex<HashMap<u64, Arc<Bell>>>,
    kept: Cache<u64, Kept>,
    died: Cache<u64, Died>,
    clock: Clock,
}

/// A channel's senders died before they had done their work.
#[derive(Debug, Clone, Copy)]
struct Died {
    in_a_row: u32,
    again_at: Duration,
}

/// What the channel's next sender goes on from. Losing it costs a line, or a request that is refused.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    pub window: Window,
    pub lately: Lately,
    /// Unix milliseconds.
    pub as_bot_until: i64,
}

#[derive(Debug, Default)]
struct Bell {
    wire: Notify,
    rung: AtomicBool,
    /// Of all processes, this one writes to the channel.
    is_ours: AtomicBool,
}

impl Bell {
    fn ring(&self) {
        self.rung.store(true, Ordering::Release);
        self.wire.notify_one();
    }
}

impl Senders {
    pub fn new(clock: Clock) -> Self {
        Self { present: Mutex::default(), kept: Cache::new(KEPT), died: Cache::new(KEPT), clock }
    }

    /// The channel's sender looks at its cards. Where there is none: the seat of the one to be started, unless the last
    /// one died a moment ago: the sweep rings again.
    pub fn ring(self: &Arc<Self>, channel_id: u64) -> Option<Seat> {
        let mut present = self.lock();
        if let Some(bell) = present.get(&channel_id) {
            bell.ring();
            return None;
        }
        if self.died.get(&channel_id).is_some_and(|died| self.clock.monotonic() < died.again_at) {
            return None;
        }
        let bell = Arc::<Bell>::default();
        present.insert(channel_id, Arc::clone(&bell));
        Some(Seat { senders: Arc::clone(self), channel_id, bell })
    }

    /// The same, where this process writes to the channel.
    pub fn ring_if_ours(&self, channel_id: u64) {
        if let Some(bell) = self.lock().get(&channel_id).filter(|bell| bell.is_ours.load(Ordering::Acquire)) {
            bell.ring();
        }
    }

    pub fn present(&self) -> usize {
        self.lock().len()
    }

    /// What killed one sender of a channel may kill the next.
    fn died(&self, channel_id: u64) {
        let now = self.clock.monotonic();
        let before = self.died.get(&channel_id).filter(|died| now < died.again_at + AGAIN.1);
        let in_a_row = before.map_or(0, |died| died.in_a_row);
        let pause = apart(AGAIN.0.saturating_mul(1 << in_a_row.min(10)).min(AGAIN.1), channel_id);
        tracing::error!(
            channel.id = channel_id,
            seconds = pause.as_secs(),
            "a channel's sender died; the next one waits"
        );
        self.died.insert(channel_id, Died { in_a_row: in_a_row.saturating_add(1), again_at: now + pause });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Bell>>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sender's place. Given up with it, also when its task dies: the next ring finds that another is to be started.
#[derive(Debug)]
pub(super) struct Seat {
    senders: Arc<Senders>,
    channel_id: u64,
    bell: Arc<Bell>,
}

impl Seat {
    pub fn channel_id(&self) -> u64 {
        self.channel_id
    }

    /// What an earlier sender left.
    pub fn take_kept(&self) -> Kept {
        self.senders.kept.remove(&self.channel_id).map(|(_, kept)| kept).unwrap_or_default()
    }

    /// Until the bell has rung since the last time.
    pub async fn rung(&self) {
        self.bell.wire.notified().await;
        self.bell.rung.store(false, Ordering::Release);
    }

    pub fn is_ours(&self, is_ours: bool) {
        self.bell.is_ours.store(is_ours, Ordering::Release);
    }

    /// The sender would end. Not if its bell rang meanwhile: whoever rang has seen that there is a sender.
    pub fn leave(&self, kept: &Kept) -> bool {
        let mut present = self.senders.lock();
        if self.bell.rung.load(Ordering::Acquire) {
            return false;
        }
        self.senders.kept.insert(self.channel_id, kept.clone());
        self.senders.died.remove(&self.channel_id);
        self.give_up(&mut present);
        true
    }

    fn give_up(&self, present: &mut HashMap<u64, Arc<Bell>>) {
        // Another may sit there by now.
        if present.get(&self.channel_id).is_some_and(|bell| Arc::ptr_eq(bell, &self.bell)) {
            present.remove(&self.channel_id);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut present = self.senders.lock();
        // A task that panics lets go of all it has on the way.
        if std::thread::panicking() {
            self.senders.died(self.channel_id);
        }
        self.give_up(&mut present);
    }
}

/// A pause of one channel. Channels differ, so that they do not all come back at once.
pub(super) fn apart(pause: Duration, channel_id: u64) -> Duration {
    pause - pause.mul_f64((channel_id >> 22) as f64 % 1024.0 / 4096.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::movable::Movable;

    fn senders() -> (Movable, Arc<Senders>) {
        let (time, clock) = Movable::new();
        (time, Arc::new(Senders::new(clock)))
    }

    /// A sender is started, if one may be, and dies.
    async fn starts_and_dies(senders: &Arc<Senders>) -> bool {
        let Some(seat) = senders.ring(1) else { return false };
        let sender = tokio::spawn(async move {
            seat.rung().await;
            panic!("on purpose");
        });
        assert!(senders.ring(1).is_none());
        sender.await.is_err()
    }

    fn some_kept() -> Kept {
        Kept { as_bot_until: 7, ..Kept::default() }
    }

    #[tokio::test]
    async fn who_leaves_hears_a_bell_that_rang_meanwhile() {
        let (_, senders) = senders();
        let seat = senders.ring(1).unwrap();
        assert!(senders.ring(1).is_none());
        assert!(!seat.leave(&some_kept()));
        seat.rung().await;
        assert!(seat.leave(&some_kept()));
    }

    #[test]
    fn who_rings_when_a_sender_has_left_starts_the_next_which_goes_on_from_there() {
        let (_, senders) = senders();
        let first = senders.ring(1).unwrap();
        assert!(first.leave(&some_kept()));
        let second = senders.ring(1).unwrap();
        assert_eq!(second.take_kept().as_bot_until, 7);
        // The first one's end is not the second one's.
        drop(first);
        assert!(senders.ring(1).is_none());
        // However a sender ends, the next ring starts another.
        drop(second);
        let third = senders.ring(1).unwrap();
        assert_eq!(third.take_kept().as_bot_until, 0);
    }

    #[tokio::test]
    async fn a_channel_whose_senders_die_is_tried_less_and_less_often_until_one_has_done_its_work() {
        let (time, senders) = senders();
        assert!(starts_and_dies(&senders).await);
        let mut pauses = Vec::new();
        while pauses.len() < 9 {
            let mut seconds = 0;
            while !starts_and_dies(&senders).await {
                time.advance(Duration::from_secs(1));
                seconds += 1;
            }
            pauses.push(seconds);
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        time.advance(AGAIN.1);
        assert!(senders.ring(1).unwrap().leave(&some_kept()));
        assert!(starts_and_dies(&senders).await);
        time.advance(AGAIN.0);
        assert!(starts_and_dies(&senders).await, "it begins anew");
    }
}
