//! Sessions whose events come through the event socket, and what that says of them: no news is good news, as long as
//! the connection they were asked for on lives.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Shared, UNSURE_MS, record::About};
use crate::{
    signalwire::{Error, relay::State},
    store::Present,
};

/// How often a session is asked for when that fails for a passing reason; after that the sweep sees to it.
const TRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How often the socket vouches for what is recorded; two of these may fail before a card says that it is unsure.
const VOUCHED: Duration = Duration::from_secs(20);
/// Sessions kept in mind; more than this are not live at once, so the rest are long over.
const MOST: usize = 16 * 1024;

/// SignalWire's session ids, each with the connection its events were asked for on.
#[derive(Debug, Default)]
pub(super) struct Followed(Mutex<HashMap<String, i64>>);

impl Followed {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, video_session_id: &str, connection: i64) {
        let mut followed = self.lock();
        if followed.len() >= MOST {
            followed.retain(|_, on| *on == connection);
        }
        if followed.len() < MOST {
            followed.insert(video_session_id.to_owned(), connection);
        }
    }

    pub fn count(&self) -> usize {
        self.lock().len()
    }

    pub fn remove(&self, video_session_id: &str) {
        self.lock().remove(video_session_id);
    }
}

impl Shared {
    /// The present connection, by when it began.
    pub fn connection(&self) -> Option<i64> {
        match *self.relay.state().borrow() {
            State::Connected { since } => Some(since),
            State::Down { .. } | State::Refused { .. } => None,
        }
    }

    /// Whether everything that happens in the session is heard by this process.
    pub fn is_followed(&self, video_session_id: &str) -> bool {
        let on = self.followed.lock().get(video_session_id).copied();
        on.is_some() && on == self.connection() && *self.on_duty.borrow()
    }

    /// Asks for a session's events. What comes of it is seen by [`Shared::is_followed`].
    pub async fn follow(&self, video_session_id: &str, event_channel: Option<&str>) {
        let Some(channel) = event_channel else { return };
        let Ok(_place) = self.places.acquire().await else { return };
        let mut pause = FIRST_PAUSE;
        for _ in 0..TRIES {
            let Some(connection) = self.connection() else { return };
            match self.relay.subscribe_room(channel).await {
                Ok(()) => return self.followed.add(video_session_id, connection),
                Err(Error::NotFound) => return,
                Err(error) => tracing::warn!(%error, "the events of a live session can't be had; trying again"),
            }
            self.clock.sleep(pause.mul_f64(self.random.jitter())).await;
            pause *= 2;
        }
    }
}

/// While the socket lives and tells of every live session, what is recorded of them holds.
pub(super) async fn stay_sure(shared: Arc<Shared>) {
    loop {
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = shared.clock.sleep(VOUCHED) => {}
        }
        if shared.connection().is_none() || !*shared.on_duty.borrow() {
            continue;
        }
        if let Err(error) = vouch(&shared).await {
            tracing::warn!(%error, "live sessions can't be vouched for; trying again");
        }
    }
}

async fn vouch(shared: &Shared) -> sqlx::Result<()> {
    let present = shared.store.present_sessions().await?;
    let live: Vec<&str> = present.iter().filter_map(|present| present.video_session_id.as_deref()).collect();
    if live.iter().all(|id| shared.is_followed(id)) {
        let now = shared.clock.unix_ms();
        for (session_id, room_key) in shared.store.hear_of_live_sessions(now, now - UNSURE_MS).await? {
            shared.wake.session(&session_id, &room_key);
        }
        return Ok(());
    }
    for video_session_id in live.into_iter().filter(|id| shared.is_followed(id)) {
        shared.recorder.hand_in(About::known(video_session_id), Vec::new()).await;
    }
    Ok(())
}

/// Live sessions whose events this process does not hear.
pub(super) fn unheard<'a>(shared: &Shared, present: &'a [Present]) -> Vec<&'a Present> {
    let is_unheard = |present: &&Present| {
        present.video_session_id.as_deref().is_some_and(|video_session_id| !shared.is_followed(video_session_id))
    };
    present.iter().filter(is_unheard).collect()
}
