//! Browsers: the signalling of `@signalwire/js`, from `signalwire.connect` with a room token on.
//!
//! Comes in: a connection whose room token has been verified and whose first request awaits its answer.

use super::{
    Service,
    socket::{Connect, Wire, code, error},
    token::Claims,
};

/// What all browser connections of one stand-in share: calls by protocol, media.
#[derive(Default)]
pub struct Browsers {}

/// Speaks with one browser until it is gone.
pub async fn run(_service: Service, _claims: Claims, mut wire: Wire, connect: Connect) {
    let _ = wire.push("signalwire.connect", &error(&connect.id, code::NO_METHOD, "Browsers cannot join yet")).await;
}
