//! Places in the second, whose number changes while they are taken: Discord's limit is one over all processes, and
//! each keeps to its share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    size: Mutex<Size>,
}

#[derive(Debug)]
struct Size {
    all: usize,
    /// Taken ones that are not given back, for there are fewer now.
    owed: usize,
}

impl Places {
    pub fn new(all: usize) -> Arc<Self> {
        Arc::new(Self { free: Arc::new(Semaphore::new(all)), size: Mutex::new(Size { all, owed: 0 }) })
    }

    pub fn resize(&self, all: usize) {
        let mut size = self.size();
        if all > size.all {
            let more = all - size.all;
            let paid = more.min(size.owed);
            size.owed -= paid;
            self.free.add_permits(more - paid);
        } else {
            let fewer = size.all - all;
            size.owed += fewer - self.free.forget_permits(fewer);
        }
        size.all = all;
    }

    /// How many there are, taken or free.
    pub fn all(&self) -> usize {
        self.size().all
    }

    pub async fn take(self: Arc<Self>) -> Result<Taken, AcquireError> {
        let permit = Arc::clone(&self.free).acquire_owned().await?;
        Ok(Taken { permit: Some(permit), places: self })
    }

    fn size(&self) -> MutexGuard<'_, Size> {
        self.size.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of them; given back on drop.
#[derive(Debug)]
pub(super) struct Taken {
    permit: Option<OwnedSemaphorePermit>,
    places: Arc<Places>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut size = self.places.size();
        if size.owed > 0
            && let Some(permit) = self.permit.take()
        {
            size.owed -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn take(places: &Arc<Places>, most: usize) -> Vec<Taken> {
        (0..most).map_while(|_| Arc::clone(places).take().now_or_never()?.ok()).collect()
    }

    #[test]
    fn a_share_shrinks_as_places_come_back_and_grows_at_once() {
        let places = Places::new(45);
        let mut taken = take(&places, 30);
        places.resize(15);
        assert!(take(&places, 1).is_empty(), "15 are free, and all of them gone");
        taken.truncate(20);
        assert!(take(&places, 1).is_empty());
        taken.truncate(10);
        assert_eq!(take(&places, 45).len(), 5);
        // The others are gone again before all have come back.
        places.resize(5);
        places.resize(22);
        assert_eq!(take(&places, 45).len(), 12);
        taken.clear();
        assert_eq!(take(&places, 45).len(), 22);
    }
}
