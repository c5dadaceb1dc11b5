//! Whether operators may send people here. The parts behind it are named on the metrics address only.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;

use super::Call;
use crate::store::Store;

/// A database that is slower than this serves nobody.
const WITHIN: Duration = Duration::from_secs(2);

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// People can be served: the database answers, and we are not about to stop. SignalWire's or Discord's silence is no
/// reason to send people away: they are told about it here.
pub(super) async fn ready(State(call): State<Call>) -> (StatusCode, &'static str) {
    if call.stop.is_cancelled() || !database_answers(&call.store).await {
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready\n");
    }
    (StatusCode::OK, "ready\n")
}

pub(super) async fn database_answers(store: &Store) -> bool {
    tokio::time::timeout(WITHIN, store.answers()).await.unwrap_or(false)
}
