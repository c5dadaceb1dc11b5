//! Calls over real sockets: what a browser with the SignalWire SDK would do, played by `str0m` and a WebSocket client.

#![expect(clippy::unwrap_used, reason = "all of it is test code, also what is no test by itself")]

mod away;
mod browser;
mod media;
mod refusal;
mod signalling;
mod tab;
