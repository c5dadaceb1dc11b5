//! Whose turn it is to write to SQLite. In: who wants to. Out: turns, one at a time.
//!
//! SQLite has one writer at a time, and lets the others look again and again, ever more seldom, whether it is their turn.
//! In a line here they are woken for it. Whoever makes a person wait goes before all others.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::sync::{AcquireError, Notify, OwnedSemaphorePermit, Semaphore};

/// So many writes are a few megabytes in the file that is written ahead. By itself SQLite moves them into the other amid
/// somebody's write, and everybody waits for the disk.
const MANY: u32 = 250;

/// In which line one waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Discord waits for three seconds, and a person for less.
    First,
    Usual,
}

#[derive(Debug)]
pub struct Turns {
    next: Arc<Semaphore>,
    /// All but one of those who may wait wait here, so that at most one is before [`Line::First`].
    usual: Arc<Semaphore>,
    taken: AtomicU32,
    many: Notify,
}

/// Until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _next: OwnedSemaphorePermit,
    _usual: Option<OwnedSemaphorePermit>,
}

impl Turns {
    pub fn new() -> Self {
        let one = || Arc::new(Semaphore::new(1));
        Self { next: one(), usual: one(), taken: AtomicU32::new(0), many: Notify::new() }
    }

    pub async fn take(&self, line: Line) -> Result<Turn, AcquireError> {
        let usual = match line {
            Line::First => None,
            Line::Usual => Some(self.usual.clone().acquire_owned().await?),
        };
        let next = self.next.clone().acquire_owned().await?;
        if self.taken.fetch_add(1, Ordering::Relaxed) >= MANY {
            self.many.notify_one();
        }
        Ok(Turn { _next: next, _usual: usual })
    }

    /// Ends when much was written since it ended last.
    pub async fn many(&self) {
        self.many.notified().await;
        self.taken.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};

    use super::{Line, Turns};

    #[tokio::test]
    async fn whom_a_person_waits_for_goes_before_all_but_one() {
        let turns = Turns::new();
        let came = Mutex::new(Vec::new());
        let comes = async |name: &'static str, line: Line| {
            let _turn = turns.take(line).await.unwrap();
            came.lock().unwrap().push(name);
        };
        let writing = turns.take(Line::Usual).await.unwrap();
        let waiting: FuturesUnordered<BoxFuture<'_, ()>> = FuturesUnordered::new();
        for (name, line) in [("sweep", Line::Usual), ("card", Line::Usual), ("odo", Line::First), ("mira", Line::First)]
        {
            let mut one: BoxFuture<'_, ()> = Box::pin(comes(name, line));
            assert!(futures::poll!(&mut one).is_pending());
            waiting.push(one);
        }
        drop(writing);
        waiting.collect::<()>().await;
        assert_eq!(came.into_inner().unwrap(), ["odo", "mira", "sweep", "card"]);
    }
}
