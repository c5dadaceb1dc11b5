//! Stand-ins for the two outside parties, Discord and SignalWire: real ports, state, refusals and
//! switchable faults. Used by the tests and the demo; imports nothing of Greenroom.

/// Wall time that tests may move.
pub mod clock;

/// Telling a stand-in to misbehave.
pub mod fault;

/// A real port whose connections can be cut.
pub mod listen;

/// A small Discord.
pub mod discord;

/// A small SignalWire.
pub mod signalwire;

/// The page that looks like a chat server.
pub mod stage;
