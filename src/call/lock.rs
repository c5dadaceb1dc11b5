//! A room's lock is the video service's own and keeps everybody out, also who may come in. For them it is opened, and
//! shut again as soon as they are in. Our own door stays shut meanwhile: a lock that is held open counts as locked.

use std::time::Duration;

use super::{Call, caller::Caller, problem::Problem};
use crate::{
    clock::millis,
    signalwire,
    store::{HeldLock, Standing},
    wake::Listener,
};

/// How long somebody may take from their room token to being inside.
const HELD_FOR: Duration = Duration::from_secs(30);
/// How long the video service may take to tell of the lock, before our own door goes by what is known.
const TOLD_WITHIN: Duration = Duration::from_secs(5);
/// Tries to shut it again, and the pause between them.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(2);
/// A lock that is held open for so much longer than it should be is shut by whoever notices: it was held open by a process
/// that died, or stopped.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);

impl Call {
    /// Opens the lock for the caller, if it is in their way. `moves`: they are inside, and come in once more.
    pub(super) async fn hold_lock_open(&self, caller: &Caller, moves: bool) -> Result<(), Problem> {
        let comes = |standing: &&Standing| standing.session.locked && (moves || !standing.inside);
        let Some(standing) = caller.standing.as_ref().filter(comes) else { return Ok(()) };
        let Some(video_session_id) = standing.session.video_session_id.clone() else { return Ok(()) };
        let held = Held {
            call: self.clone(),
            session_id: standing.session.id.clone(),
            room_key: caller.room.key.clone(),
            user_id: caller.session.user_id,
            video_session_id,
            before: standing.inside.then_some(standing.occupied),
        };
        let now = self.clock.unix_ms();
        self.store.hold_lock(&held.session_id, held.user_id, now + millis(HELD_FOR)).await?;
        if let Err(error) = self.relay.unlock(&held.video_session_id).await {
            self.store.let_lock_go(&held.session_id, held.user_id).await?;
            return Err(error.into());
        }
        self.tasks.spawn(held.until_inside());
        Ok(())
    }

    /// Shuts what nobody else did, until the stop.
    pub(super) async fn shut_forgotten_locks(self) {
        while self.tasks.stop().run_until_cancelled(self.clock.sleep(FORGOTTEN_AFTER)).await.is_some() {
            let before = self.clock.unix_ms() - millis(FORGOTTEN_AFTER);
            match self.store.forgotten_locks(before).await {
                Ok(forgotten) => {
                    for lock in forgotten {
                        self.shut_forgotten(&lock).await;
                    }
                }
                Err(error) => tracing::warn!(%error, "which locks are held open can't be read"),
            }
        }
    }

    async fn shut_forgotten(&self, lock: &HeldLock) {
        let shut = match self.relay.lock(&lock.video_session_id).await {
            // There is no such call any more.
            Ok(()) | Err(signalwire::Error::NotFound) => self.store.let_lock_go(&lock.session_id, lock.user_id).await,
            Err(error) => return tracing::warn!(%error, "a lock that was left open can't be shut; trying again"),
        };
        if let Err(error) = shut {
            tracing::warn!(%error, "a lock that was left open is shut, and that can't be kept");
        }
    }
}

/// A lock that is open for one person.
struct Held {
    call: Call,
    session_id: String,
    room_key: String,
    user_id: u64,
    video_session_id: String,
    /// Places taken before, of who was inside already.
    before: Option<u32>,
}

impl Held {
    async fn until_inside(self) {
        let is_in = |standing: &Standing| match self.before {
            Some(before) => standing.occupied > before,
            None => standing.inside,
        };
        self.wait(HELD_FOR, is_in).await;
        if let Err(error) = self.shut().await {
            tracing::error!(room.key = self.room_key, %error, "a lock that was held open can't be shut in our books");
        }
    }

    async fn shut(&self) -> sqlx::Result<()> {
        let store = &self.call.store;
        if !store.holds_lock(&self.session_id, self.user_id).await? {
            return Ok(());
        }
        for _ in 0..TRIES {
            let Err(error) = self.call.relay.lock(&self.video_session_id).await else {
                self.wait(TOLD_WITHIN, |standing| standing.is_locked).await;
                return store.let_lock_go(&self.session_id, self.user_id).await;
            };
            tracing::warn!(room.key = self.room_key, %error, "a room that was locked can't be locked again");
            let pause = self.call.clock.sleep(PAUSE);
            if self.call.tasks.stop().run_until_cancelled(pause).await.is_none() {
                break;
            }
        }
        // It counts as locked, and is tried again by whoever finds it forgotten.
        Ok(())
    }

    /// Until it is so, the call is over, we stop, or the time is up.
    async fn wait(&self, most: Duration, is_so: impl Fn(&Standing) -> bool) {
        let call = &self.call;
        let mut wakes = call.wake.listen();
        let until = call.clock.monotonic() + most;
        loop {
            match call.store.standing(&self.room_key, self.user_id).await {
                Ok(Some(standing)) if standing.session.id == self.session_id && !is_so(&standing) => {}
                Ok(_) => return,
                Err(error) => tracing::warn!(%error, "who is inside can't be read"),
            }
            tokio::select! {
                () = call.tasks.stop().cancelled() => return,
                () = call.clock.sleep_until(until) => return,
                () = concern(&mut wakes, &self.room_key) => {}
            }
        }
    }
}

/// Until something changed in the room, or may have.
async fn concern(wakes: &mut Listener, room_key: &str) {
    while wakes.next().await.is_some_and(|change| !change.is_in(room_key)) {}
}
