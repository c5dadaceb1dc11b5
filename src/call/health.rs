//! Whether operators may send people here. The parts behind it are named on the metrics address only.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::extract::State;
use http::StatusCode;
use tokio_util::sync::CancellationToken;

use super::Call;
use crate::{clock::Clock, store::Store};

/// A database that is slower than this serves nobody.
const WITHIN: Duration = Duration::from_secs(2);
/// Balancers look every second or two, and then send nobody here any more.
const SEEN_WITHIN: Duration = Duration::from_secs(3);
/// Whoever asks twice within this goes by the answer.
const REGULAR: Duration = Duration::from_secs(30);

/// The way out: first nobody is sent here any more, then the door is closed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Leaving(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    begun: CancellationToken,
    /// When readiness was asked for last, and the time before. By the machine's time, as balancers go by theirs.
    asked: Mutex<[Option<Duration>; 2]>,
    real: Clock,
}

impl Default for Leaving {
    fn default() -> Self {
        let inner = Inner { begun: CancellationToken::new(), asked: Mutex::default(), real: Clock::system() };
        Self(Arc::new(inner))
    }
}

impl Leaving {
    /// Readiness ends. Returns once balancers have seen that; at once where there is none.
    pub async fn begin(&self) {
        self.0.begun.cancel();
        if self.is_watched() {
            tracing::info!("Greenroom is about to stop; balancers are told first");
            self.0.real.sleep(SEEN_WITHIN).await;
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.0.begun.is_cancelled()
    }

    fn is_asked(&self) {
        let mut asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked = [Some(self.0.real.monotonic()), asked[0]];
    }

    /// Whether somebody asks again and again.
    fn is_watched(&self) -> bool {
        let [_, before] = *self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        before.is_some_and(|before| self.0.real.monotonic() < before + REGULAR)
    }
}

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// People can be served: the database answers, and we are not about to stop. SignalWire's or Discord's silence is no
/// reason to send people away: they are told about it here.
pub(super) async fn ready(State(call): State<Call>) -> (StatusCode, &'static str) {
    call.leaving.is_asked();
    if call.leaving.has_begun() || !database_answers(&call.store).await {
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready\n");
    }
    (StatusCode::OK, "ready\n")
}

pub(super) async fn database_answers(store: &Store) -> bool {
    tokio::time::timeout(WITHIN, store.answers()).await.unwrap_or(false)
}
