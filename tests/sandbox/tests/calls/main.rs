//! Calls over real sockets: what a browser with the SignalWire SDK would do, played by `str0m` and a WebSocket client.

mod media;
mod tab;
