//! Which channels have a sender now, each with its bell; and what is kept of those that have none any more.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use quick_cache::sync::Cache;
use tokio::sync::Notify;

use super::{activity::Lately, window::Window};

/// Channels that something is kept of.
const KEPT: usize = 4096;

#[derive(Debug)]
pub(super) struct Senders {
    present: Mutex<HashMap<u64, Arc<Bell>>>,
    kept: Cache<u64, Kept>,
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

impl Default for Senders {
    fn default() -> Self {
        Self { present: Mutex::default(), kept: Cache::new(KEPT) }
    }
}

impl Senders {
    /// The channel's sender looks at its cards. Where there is none: the seat of the one to be started.
    pub fn ring(self: &Arc<Self>, channel_id: u64) -> Option<Seat> {
        let mut present = self.lock();
        if let Some(bell) = present.get(&channel_id) {
            bell.ring();
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
        self.give_up(&mut self.senders.lock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_kept() -> Kept {
        Kept { as_bot_until: 7, ..Kept::default() }
    }

    #[tokio::test]
    async fn who_leaves_hears_a_bell_that_rang_meanwhile() {
        let senders = Arc::<Senders>::default();
        let seat = senders.ring(1).unwrap();
        assert!(senders.ring(1).is_none());
        assert!(!seat.leave(&some_kept()));
        seat.rung().await;
        assert!(seat.leave(&some_kept()));
    }

    #[test]
    fn who_rings_when_a_sender_has_left_starts_the_next_which_goes_on_from_there() {
        let senders = Arc::<Senders>::default();
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
}
