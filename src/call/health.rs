//! Whether operators may send people here. The parts behind it are named on the metrics address only.

use axum::extract::State;
use http::StatusCode;

use super::Call;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// People can be served: the database answers, and we are not about to stop. SignalWire's or Discord's silence is no
/// reason to send people away: they are told about it here.
pub(super) async fn ready(State(call): State<Call>) -> (StatusCode, &'static str) {
    if call.stop.is_cancelled() || !call.store.answers().await {
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready\n");
    }
    (StatusCode::OK, "ready\n")
}
