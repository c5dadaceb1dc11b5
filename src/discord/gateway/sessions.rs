//! What each shard's session is taken up with again: by this process when its socket breaks, by the next when this one
//! stops or dies. Nothing is missed then, and no IDENTIFY is spent.
//!
//! In: what the shards hear. Out: rows, soon after; a number that is a little behind brings some events twice.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;
use url::Url;

use crate::{
    clock::Clock,
    store::{GatewaySession, Store},
};

/// How far the rows may be behind.
const SAVED: Duration = Duration::from_secs(5);
/// A question or an answer takes no longer.
const WITHIN: Duration = Duration::from_secs(2);

pub(super) struct Sessions {
    store: Store,
    real: Clock,
    total: u32,
    intents: u64,
    known: Mutex<HashMap<u32, Known>>,
    begun: Notify,
}

struct Known {
    session: GatewaySession,
    is_saved: bool,
}

impl Sessions {
    pub fn new(store: Store, real: Clock, total: u32, intents: u64) -> Self {
        Self { store, real, total, intents, known: Mutex::default(), begun: Notify::new() }
    }

    /// What another process, or this one before its restart, left of the shard's session.
    pub async fn left(&self, shard: u32) -> Option<GatewaySession> {
        let name = super::name(shard, self.total);
        match self.real.timeout(WITHIN, self.store.gateway_session(&name)).await? {
            Ok(session) => session.filter(|session| session.intents == self.intents && is_socket(&session.url)),
            Err(error) => {
                tracing::warn!(shard, %error, "a shard's last session can't be read; it begins a new one");
                None
            }
        }
    }

    pub fn has(&self, shard: u32, id: &str, url: Option<&str>, seq: u64) {
        let mut known = self.known();
        if let Some(Known { session, is_saved }) = known.get_mut(&shard).filter(|known| known.session.id == id) {
            *is_saved &= session.seq == seq;
            session.seq = seq;
            return;
        }
        let Some(url) = url else { return };
        let session = GatewaySession { id: id.to_owned(), url: url.to_owned(), seq, intents: self.intents };
        known.insert(shard, Known { session, is_saved: false });
        self.begun.notify_one();
    }

    /// Writes down what is new, for ever.
    pub async fn save(&self) {
        loop {
            tokio::select! {
                () = self.begun.notified() => {}
                () = self.real.sleep(SAVED) => {}
            }
            let new: Vec<u32> = {
                let known = self.known();
                known.iter().filter(|(_, known)| !known.is_saved).map(|(shard, _)| *shard).collect()
            };
            for shard in new {
                self.save_one(shard).await;
            }
        }
    }

    /// This process leaves the shard to the next.
    pub async fn leave(&self, shard: u32) {
        self.save_one(shard).await;
        self.forget(shard);
    }

    /// Another process has the shard, and writes down its own.
    pub fn forget(&self, shard: u32) {
        self.known().remove(&shard);
    }

    async fn save_one(&self, shard: u32) {
        let new = self.known().get(&shard).filter(|known| !known.is_saved).map(|known| known.session.clone());
        let Some(session) = new else { return };
        let name = super::name(shard, self.total);
        match self.real.timeout(WITHIN, self.store.keep_gateway_session(&name, &session)).await {
            Some(Ok(())) => {
                if let Some(known) = self.known().get_mut(&shard).filter(|known| known.session == session) {
                    known.is_saved = true;
                }
            }
            _ => tracing::debug!(shard, "a shard's session can't be written down yet"),
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<u32, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether one can connect there; what the outside tells may be anything.
pub(super) fn is_socket(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "ws" | "wss") && url.has_host())
}
