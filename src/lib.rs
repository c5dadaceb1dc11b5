//! Greenroom opens SignalWire video rooms from Discord. The modules follow the story of one call:
//!
//! ```text
//! command -> room -> link -> token -> call -> event -> channel
//! ```
//!
//! Someone types a slash command; a room is ensured at SignalWire; they get a link that is theirs
//! alone; the join page trades it for a room token; people talk; what happens in the room comes back
//! as facts; the channel shows them.

/// Everything the environment says, read once.
pub mod config;

/// Wall time, monotonic time and sleeping, handed in from outside.
pub mod clock;

/// Discord's ids tell when they were made.
mod snowflake;

/// What somebody is in a call.
mod role;

/// Answers of outside parties, read to a bound.
mod bounded;

/// Many askers, one call.
mod flight;

/// So much at once for each, and then so much in so long.
mod buckets;

/// Keys, sealed values and random identifiers.
pub mod secret;

/// The sentences people read, in their language.
pub mod words;

/// What runs beside the requests, and what becomes of the process when it dies.
pub mod tasks;

/// What operators' graphs are drawn from.
mod telemetry;

/// What is remembered, on SQLite or PostgreSQL.
pub mod store;

/// "Something about a session changed": the wake-up between steps of one process, and between processes.
pub mod wake;

/// Which of several processes does what only one may do at a time.
pub mod lease;

/// The outside party Discord.
pub mod discord;

/// The outside party SignalWire.
pub mod signalwire;

/// 1. Someone types `/video`.
pub mod command;

/// 2. A room is found or made.
pub mod room;

/// 3. Who may come in, and the link and session that prove who they are.
pub mod access;

/// 4. The join page, its room token and its live updates.
pub mod call;

/// 5. What happened in the room, recorded once.
pub mod event;

/// 6. The channel is made to show it.
pub mod channel;

/// All pieces joined and supervised.
pub mod app;

/// The command line.
pub mod cli;
